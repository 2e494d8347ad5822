#include "io/memory_file_system.h"

#include <algorithm>
#include <utility>

namespace freshet::io {

namespace {

/// Bytes of a file as the process sees them, and as the disk holds them. A buffer is never changed where a view may
/// look: it is copied when a view is out and more is to be written than its capacity holds.
struct Node {
  bool folder = false;
  std::shared_ptr<std::string> content = std::make_shared<std::string>();
  std::string synced;
  uint64_t synced_prefix = 0;  ///< bytes that are the same in both
};
using NodePointer = std::shared_ptr<Node>;

std::string normal(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}
std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos || slash == 0 ? std::string() : path.substr(0, slash);
}
bool below(const std::string& path, const std::string& folder) {
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

}  // namespace

struct MemoryFileSystem::State {
  std::mutex mutex;
  uint64_t generation = 0;  ///< raised by power_cut() and kill(): older files are dead
  std::map<std::string, NodePointer> entries;
  std::map<std::string, NodePointer> synced_entries;
  FaultHook hook;
  struct Planned {
    uint64_t left;
    std::string name;
    Fault fault;
  };
  std::vector<Planned> planned;
  std::optional<uint64_t> capacity;
  uint64_t used = 0;
  uint64_t operations = 0;

  Fault next(std::string_view name, const std::string& path) {
    ++operations;
    for (auto it = planned.begin(); it != planned.end(); ++it) {
      if (!it->name.empty() && it->name != name) continue;
      if (--it->left > 0) continue;
      Fault fault = it->fault;
      planned.erase(it);
      return fault;
    }
    return hook ? hook(operations, name, path) : Fault{};
  }
  Result<void> fault(std::string_view name, const std::string& path) {
    Fault fault = next(name, path);
    if (fault.error) return std::unexpected(std::move(*fault.error));
    if (fault.write_only) return fail(ErrorCode::kIo, "cannot {} {}: injected fault", name, path);
    return {};
  }
  NodePointer find(const std::string& path) const {
    const auto it = entries.find(path);
    return it == entries.end() ? nullptr : it->second;
  }
  /// Also the parents' own entries are durable only when their folder was synced.
  void count_used() {
    used = 0;
    for (const auto& [path, node] : entries) used += node->content->size();
  }
};

namespace {

using State = MemoryFileSystem::State;

/// Before a change in place: nobody's view may see it.
void make_own(Node& node, size_t capacity) {
  if (node.content.use_count() == 1) {
    if (node.content->capacity() < capacity) node.content->reserve(std::max(capacity, 2 * node.content->capacity()));
    return;
  }
  auto copy = std::make_shared<std::string>();
  copy->reserve(std::max(capacity, 2 * node.content->size()));
  copy->assign(*node.content);
  node.content = std::move(copy);
}

class MemoryFile final : public File {
 public:
  MemoryFile(std::shared_ptr<State> state, NodePointer node, std::string path, uint64_t generation)
      : state_(std::move(state)), node_(std::move(node)), path_(std::move(path)), generation_(generation) {}

  using File::append;
  Result<void> append(std::span<const std::string_view> parts) override {
    const std::lock_guard lock(state_->mutex);
    RETURN_IF_ERROR(alive());
    std::string bytes;
    for (const std::string_view part : parts) bytes.append(part);
    Fault fault = state_->next("append", path_);
    if (!fault.error && state_->capacity && state_->used + bytes.size() > *state_->capacity) {
      fault.error = Error{ErrorCode::kDiskFull, "cannot write to " + path_ + ": No space left on device", {}, 0, 0};
      fault.write_only = *state_->capacity > state_->used ? static_cast<size_t>(*state_->capacity - state_->used) : 0;
    }
    if (!fault.error && !fault.write_only) {
      put(bytes);
      return {};
    }
    if (fault.write_only) put(std::string_view(bytes).substr(0, *fault.write_only));
    if (fault.error) return std::unexpected(std::move(*fault.error));
    return fail(ErrorCode::kIo, "cannot write to {}: short write", path_);
  }

  Result<void> write_at(uint64_t offset, std::string_view bytes) override {
    const std::lock_guard lock(state_->mutex);
    RETURN_IF_ERROR(alive());
    if (offset + bytes.size() > node_->content->size()) {
      return fail(ErrorCode::kInternal, "write beyond the end of {}", path_);
    }
    RETURN_IF_ERROR(state_->fault("write_at", path_));
    make_own(*node_, node_->content->size());
    std::copy(bytes.begin(), bytes.end(), node_->content->begin() + static_cast<std::ptrdiff_t>(offset));
    node_->synced_prefix = std::min(node_->synced_prefix, offset);
    return {};
  }

  Result<void> truncate(uint64_t size) override {
    const std::lock_guard lock(state_->mutex);
    RETURN_IF_ERROR(alive());
    RETURN_IF_ERROR(state_->fault("truncate", path_));
    if (size == node_->content->size()) return {};
    make_own(*node_, size);
    state_->used += size;
    state_->used -= node_->content->size();
    node_->content->resize(size);
    node_->synced_prefix = std::min(node_->synced_prefix, size);
    return {};
  }

  Result<void> sync() override {
    const std::lock_guard lock(state_->mutex);
    RETURN_IF_ERROR(alive());
    RETURN_IF_ERROR(state_->fault("sync", path_));
    node_->synced.resize(node_->synced_prefix);
    node_->synced.append(*node_->content, node_->synced_prefix);
    node_->synced_prefix = node_->content->size();
    return {};
  }

  uint64_t size() const override {
    const std::lock_guard lock(state_->mutex);
    return node_->content->size();
  }

  Result<std::string> read_at(uint64_t offset, size_t size) const override {
    const std::lock_guard lock(state_->mutex);
    RETURN_IF_ERROR(alive());
    if (offset >= node_->content->size()) return std::string();
    return node_->content->substr(offset, size);
  }

  Result<Slice> view(uint64_t offset, size_t size) const override {
    const std::lock_guard lock(state_->mutex);
    RETURN_IF_ERROR(alive());
    if (offset >= node_->content->size()) return Slice{};
    return Slice{std::string_view(*node_->content).substr(offset, size), node_->content};
  }

 private:
  Result<void> alive() const {
    if (generation_ != state_->generation) return fail(ErrorCode::kIo, "{} was open when the process ended", path_);
    return {};
  }
  void put(std::string_view bytes) {
    // Views look at bytes that stay where they are as long as the buffer need not grow.
    if (node_->content->size() + bytes.size() > node_->content->capacity()) {
      make_own(*node_, node_->content->size() + bytes.size());
    }
    node_->content->append(bytes);
    state_->used += bytes.size();
  }

  std::shared_ptr<State> state_;
  NodePointer node_;
  const std::string path_;
  const uint64_t generation_;
};

}  // namespace

MemoryFileSystem::MemoryFileSystem() : state_(std::make_shared<State>()) {}
MemoryFileSystem::~MemoryFileSystem() = default;

Result<std::unique_ptr<File>> MemoryFileSystem::open(const std::string& raw, OpenMode mode) {
  const std::string path = normal(raw);
  const std::lock_guard lock(state_->mutex);
  NodePointer node = state_->find(path);
  if (node && node->folder) return fail(ErrorCode::kIo, "cannot open {}: Is a directory", path);
  if (!node) {
    const std::string parent = parent_of(path);
    if (mode == OpenMode::kRead || (!parent.empty() && !state_->find(parent))) {
      return fail(ErrorCode::kNotFound, "cannot open {}: No such file or directory", path);
    }
    RETURN_IF_ERROR(state_->fault("create", path));
    node = std::make_shared<Node>();
    state_->entries[path] = node;
  }
  return std::make_unique<MemoryFile>(state_, std::move(node), path, state_->generation);
}

Result<std::vector<std::string>> MemoryFileSystem::list(const std::string& raw) {
  const std::string folder = normal(raw);
  const std::lock_guard lock(state_->mutex);
  if (!state_->find(folder)) return fail(ErrorCode::kNotFound, "cannot list {}: No such file or directory", folder);
  std::vector<std::string> names;
  for (auto it = state_->entries.lower_bound(folder + "/"); it != state_->entries.end() && below(it->first, folder);
       ++it) {
    const std::string name = it->first.substr(folder.size() + 1);
    if (name.find('/') == std::string::npos) names.push_back(name);
  }
  return names;
}

bool MemoryFileSystem::exists(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  return state_->find(normal(path)) != nullptr;
}

Result<uint64_t> MemoryFileSystem::file_size(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  const NodePointer node = state_->find(normal(path));
  if (!node) return fail(ErrorCode::kNotFound, "cannot read the size of {}: No such file or directory", path);
  return node->content->size();
}

Result<void> MemoryFileSystem::create_folders(const std::string& raw) {
  const std::string path = normal(raw);
  const std::lock_guard lock(state_->mutex);
  if (state_->find(path)) return {};
  RETURN_IF_ERROR(state_->fault("create_folders", path));
  for (std::string folder = path; !folder.empty(); folder = parent_of(folder)) {
    NodePointer& node = state_->entries[folder];
    if (node) {
      if (!node->folder) return fail(ErrorCode::kIo, "cannot create the folder {}: {} is a file", path, folder);
      break;
    }
    node = std::make_shared<Node>();
    node->folder = true;
  }
  return {};
}

Result<void> MemoryFileSystem::remove(const std::string& raw) {
  const std::string path = normal(raw);
  const std::lock_guard lock(state_->mutex);
  const auto it = state_->entries.find(path);
  if (it == state_->entries.end())
    return fail(ErrorCode::kNotFound, "cannot remove {}: No such file or directory", path);
  const auto child = state_->entries.lower_bound(path + "/");
  if (child != state_->entries.end() && below(child->first, path)) {
    return fail(ErrorCode::kIo, "cannot remove {}: Directory not empty", path);
  }
  RETURN_IF_ERROR(state_->fault("remove", path));
  state_->entries.erase(it);
  state_->count_used();
  return {};
}

Result<void> MemoryFileSystem::remove_all(const std::string& raw) {
  const std::string path = normal(raw);
  const std::lock_guard lock(state_->mutex);
  if (!state_->find(path)) return {};
  RETURN_IF_ERROR(state_->fault("remove", path));
  std::erase_if(state_->entries, [&](const auto& entry) { return entry.first == path || below(entry.first, path); });
  state_->count_used();
  return {};
}

Result<void> MemoryFileSystem::rename(const std::string& raw_from, const std::string& raw_to) {
  const std::string from = normal(raw_from), to = normal(raw_to);
  const std::lock_guard lock(state_->mutex);
  if (!state_->find(from)) {
    return fail(ErrorCode::kNotFound, "cannot rename {} to {}: No such file or directory", from, to);
  }
  RETURN_IF_ERROR(state_->fault("rename", from));
  std::map<std::string, NodePointer> moved;
  std::erase_if(state_->entries, [&](const auto& entry) {
    if (entry.first != from && !below(entry.first, from)) return false;
    moved[to + entry.first.substr(from.size())] = entry.second;
    return true;
  });
  for (auto& [path, node] : moved) state_->entries[path] = std::move(node);
  // What the folder that moves holds on disk moves with its entry; here, the synced view keeps the old name until
  // sync_folder() of the parent, which takes both.
  return {};
}

Result<void> MemoryFileSystem::sync_folder(const std::string& raw) {
  const std::string folder = normal(raw);
  const std::lock_guard lock(state_->mutex);
  if (!state_->find(folder)) return fail(ErrorCode::kNotFound, "cannot sync {}: No such file or directory", folder);
  RETURN_IF_ERROR(state_->fault("sync_folder", folder));
  // Names directly in the folder become durable; a sub-folder that came by rename brings what was durable in it.
  std::map<std::string, NodePointer>& synced = state_->synced_entries;
  std::map<const Node*, std::string> old_folders;
  for (const auto& [path, node] : synced) {
    if (node->folder) old_folders[node.get()] = path;
  }
  std::map<std::string, NodePointer> next;
  for (const auto& [path, node] : synced) {
    if (!below(path, folder)) next[path] = node;
  }
  for (std::string up = folder; !up.empty(); up = parent_of(up)) next[up] = state_->find(up);
  for (auto it = state_->entries.lower_bound(folder + "/"); it != state_->entries.end() && below(it->first, folder);
       ++it) {
    if (it->first.find('/', folder.size() + 1) != std::string::npos) continue;
    next[it->first] = it->second;
    const auto old = old_folders.find(it->second.get());
    if (old == old_folders.end()) continue;
    for (const auto& [path, node] : synced) {
      if (below(path, old->second)) next[it->first + path.substr(old->second.size())] = node;
    }
  }
  synced = std::move(next);
  return {};
}

Result<uint64_t> MemoryFileSystem::free_bytes(const std::string&) {
  const std::lock_guard lock(state_->mutex);
  if (!state_->capacity) return uint64_t{1} << 40;
  return *state_->capacity > state_->used ? *state_->capacity - state_->used : 0;
}

void MemoryFileSystem::set_fault_hook(FaultHook hook) {
  const std::lock_guard lock(state_->mutex);
  state_->hook = std::move(hook);
}

void MemoryFileSystem::fail_once(uint64_t n, Fault fault, std::string name) {
  const std::lock_guard lock(state_->mutex);
  state_->planned.push_back({n, std::move(name), std::move(fault)});
}

void MemoryFileSystem::set_capacity(std::optional<uint64_t> bytes) {
  const std::lock_guard lock(state_->mutex);
  state_->capacity = bytes;
  state_->count_used();
}

uint64_t MemoryFileSystem::operations() const {
  const std::lock_guard lock(state_->mutex);
  return state_->operations;
}

void MemoryFileSystem::power_cut(const Torn& torn) {
  const std::lock_guard lock(state_->mutex);
  ++state_->generation;
  state_->entries = state_->synced_entries;
  for (auto& [path, node] : state_->entries) {
    std::string left = node->synced;
    const std::string& written = *node->content;
    if (torn && written.size() > left.size() && node->synced_prefix == left.size()) {
      const uint64_t unsynced = written.size() - left.size();
      left.append(written, left.size(), std::min(torn(path, unsynced), unsynced));
    }
    auto survivor = std::make_shared<Node>();
    survivor->folder = node->folder;
    survivor->synced_prefix = left.size();
    survivor->synced = left;
    survivor->content = std::make_shared<std::string>(std::move(left));
    node = std::move(survivor);
  }
  state_->synced_entries = state_->entries;
  state_->count_used();
}

void MemoryFileSystem::kill() {
  const std::lock_guard lock(state_->mutex);
  ++state_->generation;
}

}  // namespace freshet::io
