#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <system_error>

#include "io/file_system.h"

namespace freshet::io {
namespace {

ErrorCode code_of(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return ErrorCode::kDiskFull;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kPermission;
    case ENOENT:
    case ENOTDIR:
      return ErrorCode::kNotFound;
    default:
      return ErrorCode::kIo;
  }
}

std::unexpected<Error> system_failure(const char* what, const std::string& path, int error) {
  return fail(code_of(error), "cannot {} {}: {}", what, path, std::generic_category().message(error));
}

/// Calls `function` again when a signal interrupted it.
template <class F>
auto retried(F function) {
  auto result = function();
  while (result < 0 && errno == EINTR) result = function();
  return result;
}

struct Mapping {
  void* at;
  size_t size;
  Mapping(void* address, size_t length) : at(address), size(length) {}
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { ::munmap(at, size); }
};

/// A file is mapped in windows that begin at multiples of kWindowStep and overlap, so that what is at most kWindowStep
/// long lies in one window wholly. A window may reach beyond the end of a file that still grows: those bytes are never
/// touched.
constexpr uint64_t kWindowStep = uint64_t{256} << 20;
constexpr uint64_t kWindowSize = 2 * kWindowStep;
/// Files as small as that are mapped to their size: indexes, mostly, which do not grow while they are read.
constexpr uint64_t kSmallFile = uint64_t{16} << 20;

class RealFile final : public File {
 public:
  RealFile(std::string path, int descriptor, uint64_t size)
      : path_(std::move(path)), descriptor_(descriptor), size_(size) {}
  ~RealFile() override { ::close(descriptor_); }

  using File::append;
  Result<void> append(std::span<const std::string_view> parts) override;
  Result<void> write_at(uint64_t offset, std::string_view bytes) override;
  Result<void> truncate(uint64_t size) override;
  Result<void> sync() override {
    if (retried([&] { return ::fdatasync(descriptor_); }) < 0) return system_failure("sync", path_, errno);
    return {};
  }
  void start_sync(uint64_t from) override {
    const uint64_t end = size();
    if (from >= end) return;
    const auto at = static_cast<off64_t>(from);
    [[maybe_unused]] const int hint =
        ::sync_file_range(descriptor_, at, static_cast<off64_t>(end - from), SYNC_FILE_RANGE_WRITE);
  }
  uint64_t size() const override { return size_.load(std::memory_order_acquire); }
  Result<std::string> read_at(uint64_t offset, size_t size) const override;
  Result<Slice> view(uint64_t offset, size_t size) const override;

 private:
  Result<std::shared_ptr<const Mapping>> map(uint64_t offset, uint64_t size) const;

  const std::string path_;
  const int descriptor_;
  std::atomic<uint64_t> size_;
  mutable std::mutex mutex_;
  mutable std::map<uint64_t, std::shared_ptr<const Mapping>> windows_;  // protected by mutex_
};

Result<void> RealFile::append(std::span<const std::string_view> parts) {
  constexpr size_t kPartsPerCall = 64;
  uint64_t at = size();
  size_t part = 0;
  size_t done_of_part = 0;
  while (part < parts.size()) {
    iovec vectors[kPartsPerCall];
    size_t count = 0;
    for (size_t i = part; i < parts.size() && count < kPartsPerCall; ++i) {
      const std::string_view rest = parts[i].substr(i == part ? done_of_part : 0);
      vectors[count++] = {const_cast<char*>(rest.data()), rest.size()};
    }
    const ssize_t written =
        retried([&] { return ::pwritev(descriptor_, vectors, static_cast<int>(count), static_cast<off_t>(at)); });
    if (written < 0) return system_failure("write to", path_, errno);
    at += static_cast<uint64_t>(written);
    size_.store(at, std::memory_order_release);  // also what a failure leaves behind, for truncate()
    size_t left = static_cast<size_t>(written);
    while (part < parts.size() && left >= parts[part].size() - done_of_part) {
      left -= parts[part].size() - done_of_part;
      done_of_part = 0;
      ++part;
    }
    done_of_part += left;
    if (written == 0 && part < parts.size()) return system_failure("write to", path_, ENOSPC);
  }
  return {};
}

Result<void> RealFile::write_at(uint64_t offset, std::string_view bytes) {
  if (offset + bytes.size() > size()) return fail(ErrorCode::kInternal, "write beyond the end of {}", path_);
  while (!bytes.empty()) {
    const ssize_t written =
        retried([&] { return ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
    if (written <= 0) return system_failure("write to", path_, written < 0 ? errno : ENOSPC);
    bytes.remove_prefix(static_cast<size_t>(written));
    offset += static_cast<uint64_t>(written);
  }
  return {};
}

Result<void> RealFile::truncate(uint64_t size) {
  if (retried([&] { return ::ftruncate(descriptor_, static_cast<off_t>(size)); }) < 0) {
    return system_failure("truncate", path_, errno);
  }
  size_.store(size, std::memory_order_release);
  return {};
}

Result<std::string> RealFile::read_at(uint64_t offset, size_t size) const {
  const uint64_t end = this->size();
  if (offset >= end) return std::string();
  std::string bytes(static_cast<size_t>(std::min<uint64_t>(size, end - offset)), '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = retried([&] {
      return ::pread(descriptor_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    });
    if (got < 0) return system_failure("read", path_, errno);
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

Result<std::shared_ptr<const Mapping>> RealFile::map(uint64_t offset, uint64_t size) const {
  void* at = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor_, static_cast<off_t>(offset));
  if (at == MAP_FAILED) return system_failure("map", path_, errno);
  return std::make_shared<const Mapping>(at, size);
}

Result<Slice> RealFile::view(uint64_t offset, size_t size) const {
  const uint64_t end = this->size();
  if (offset >= end || size == 0) return Slice{};
  size = static_cast<size_t>(std::min<uint64_t>(size, end - offset));
  const uint64_t window = offset / kWindowStep * kWindowStep;
  if (offset + size > window + kWindowSize) {  // longer than any window: a mapping of its own
    ASSIGN_OR_RETURN(auto mapping, map(window, offset - window + size));
    const char* base = static_cast<const char*>(mapping->at);
    return Slice{{base + (offset - window), size}, std::move(mapping)};
  }
  const std::lock_guard lock(mutex_);
  std::shared_ptr<const Mapping>& mapping = windows_[window];
  if (!mapping || offset + size > window + mapping->size) {
    const uint64_t length = end <= kSmallFile ? end : kWindowSize;
    ASSIGN_OR_RETURN(mapping, map(window, length));
  }
  return Slice{{static_cast<const char*>(mapping->at) + (offset - window), size}, mapping};
}

class RealFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    const int flags = O_CLOEXEC | (mode == OpenMode::kRead ? O_RDONLY : O_RDWR | O_CREAT);
    const int descriptor = retried([&] { return ::open(path.c_str(), flags, 0644); });
    if (descriptor < 0) return system_failure("open", path, errno);
    struct stat info{};
    if (::fstat(descriptor, &info) < 0) {
      const int error = errno;
      ::close(descriptor);
      return system_failure("read the size of", path, error);
    }
    return std::make_unique<RealFile>(path, descriptor, static_cast<uint64_t>(info.st_size));
  }

  Result<std::vector<std::string>> list(const std::string& folder) override {
    DIR* stream = ::opendir(folder.c_str());
    if (stream == nullptr) return system_failure("list", folder, errno);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(stream)) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    const int error = errno;
    ::closedir(stream);
    if (error != 0) return system_failure("list", folder, error);
    std::sort(names.begin(), names.end());
    return names;
  }

  bool exists(const std::string& path) override { return ::access(path.c_str(), F_OK) == 0; }

  Result<uint64_t> file_size(const std::string& path) override {
    struct stat info{};
    if (::stat(path.c_str(), &info) < 0) return system_failure("read the size of", path, errno);
    return static_cast<uint64_t>(info.st_size);
  }

  Result<void> create_folders(const std::string& path) override {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return system_failure("create the folder", path, error.value());
    return {};
  }

  Result<void> remove(const std::string& path) override {
    if (::remove(path.c_str()) < 0) return system_failure("remove", path, errno);
    return {};
  }

  Result<void> remove_all(const std::string& path) override {
    std::error_code error;
    std::filesystem::remove_all(path, error);
    if (error) return system_failure("remove", path, error.value());
    return {};
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) < 0) return system_failure("rename", from + " to " + to, errno);
    return {};
  }

  Result<void> sync_folder(const std::string& folder) override {
    const int descriptor = retried([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (descriptor < 0) return system_failure("open", folder, errno);
    const int result = retried([&] { return ::fsync(descriptor); });
    const int error = errno;
    ::close(descriptor);
    if (result < 0) return system_failure("sync", folder, error);
    return {};
  }

  Result<uint64_t> free_bytes(const std::string& path) override {
    struct statvfs info{};
    if (::statvfs(path.c_str(), &info) < 0) return system_failure("read the free space of", path, errno);
    return static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
  }
};

}  // namespace

FileSystem& real_file_system() {
  static RealFileSystem instance;
  return instance;
}

}  // namespace freshet::io
