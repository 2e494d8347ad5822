#include "log/log_manager.h"

#include <algorithm>
#include <charconv>
#include <mutex>
#include <set>

#include "base/strings.h"
#include "log/topic_registry.h"

namespace freshet::log {
namespace {

constexpr size_t kTopicNameLimit = 249;
constexpr int32_t kPartitionsLimit = 10'000;
constexpr std::string_view kDeleteSuffix = "-delete";

Result<void> check_name(const std::string& name) {
  const bool characters = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
  if (name.empty() || name.size() > kTopicNameLimit || name == "." || name == ".." || !characters) {
    return fail(ErrorCode::kInvalidTopic,
                "'{}' is not a valid topic name: 1 to {} letters, digits, '.', '_' and '-', and not '.' or '..'", name,
                kTopicNameLimit);
  }
  return {};
}

/// The topic and partition in a folder's name, or none.
std::optional<std::pair<std::string, int32_t>> parse_folder(const std::string& name) {
  const size_t dash = name.rfind('-');
  if (dash == std::string::npos || dash == 0) return std::nullopt;
  int32_t partition = -1;
  const char* end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data() + dash + 1, end, partition);
  if (error != std::errc() || stop != end || partition < 0) return std::nullopt;
  return std::pair(name.substr(0, dash), partition);
}

/// The topic id in TOPIC-PARTITION.UUID-delete.
std::optional<Uuid> deleted_id(const std::string& name) {
  constexpr size_t kUuidCharacters = 36;
  if (!name.ends_with(kDeleteSuffix) || name.size() < kUuidCharacters + kDeleteSuffix.size() + 1) return std::nullopt;
  const size_t at = name.size() - kDeleteSuffix.size() - kUuidCharacters;
  Uuid id;
  if (name[at - 1] != '.' || !Uuid::parse(name.substr(at, kUuidCharacters), id)) return std::nullopt;
  return id;
}

using Partitions = std::vector<std::shared_ptr<PartitionLog>>;

class LogManagerImpl final : public LogManager {
 public:
  LogManagerImpl(io::FileSystem& fs, std::string folder, const LogOptions& options)
      : fs_(fs), folder_(std::move(folder)), options_(options) {}

  Result<void> open_all(std::vector<std::string>& warnings);

  const std::string& folder() const override { return folder_; }
  const LogOptions& options() const override { return options_; }
  const std::string& cluster_id() const override { return registry_.cluster_id; }
  std::vector<std::shared_ptr<const TopicInfo>> topics() const override {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<const TopicInfo>> all;
    all.reserve(registry_.topics.size());
    for (const auto& [name, topic] : registry_.topics) all.push_back(topic);
    return all;
  }
  std::shared_ptr<const TopicInfo> find(const std::string& name) const override {
    const std::lock_guard lock(mutex_);
    const auto found = registry_.topics.find(name);
    return found == registry_.topics.end() ? nullptr : found->second;
  }
  std::shared_ptr<const TopicInfo> find(const Uuid& id) const override {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(id);
    return found == open_.end() ? nullptr : found->second.info;
  }
  std::shared_ptr<PartitionLog> partition(const Uuid& topic, PartitionId partition) const override {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(topic);
    if (found == open_.end() || partition.value < 0) return nullptr;
    const auto index = static_cast<size_t>(partition.value);
    return index < found->second.partitions.size() ? found->second.partitions[index] : nullptr;
  }

  Result<std::shared_ptr<const TopicInfo>> create(const std::string& name, const Uuid& id, int32_t partitions,
                                                  std::map<std::string, std::string> settings, bool internal) override;
  Result<std::shared_ptr<const TopicInfo>> grow(const Uuid& id, int32_t partitions) override;
  Result<std::shared_ptr<const TopicInfo>> configure(const Uuid& id,
                                                     std::map<std::string, std::string> settings) override;
  Result<void> remove(const std::string& name) override;
  Result<void> checkpoint() override {
    return for_all([](PartitionLog& log) { return log.checkpoint(); });
  }
  Result<void> close() override {
    return for_all([](PartitionLog& log) { return log.close(); });
  }

 private:
  struct OpenTopic {
    std::shared_ptr<const TopicInfo> info;
    Partitions partitions;
  };

  std::string partition_folder(const std::string& topic, int32_t partition) const {
    return fmt::format("{}/{}-{}", folder_, topic, partition);
  }
  Result<void> finish_deletions(const std::vector<std::string>& names);
  Result<void> check_unknown_folders(const std::vector<std::string>& names);
  Result<Partitions> open_partitions(const TopicInfo& topic, const RecoveryPoints& points,
                                     std::vector<std::string>& warnings);
  LogOptions options_for(const TopicInfo& topic) const;
  /// Makes the partitions from `first` on; those already made are removed again when one fails.
  Result<Partitions> make_partitions(const TopicInfo& topic, int32_t first);
  /// The registry with this topic in place of the one of its name, on the disk first and then for everybody.
  Result<void> publish(const std::shared_ptr<const TopicInfo>& info, Partitions partitions);
  Result<void> rename_deleted(const TopicInfo& topic);
  template <class F>
  Result<void> for_all(F change);

  io::FileSystem& fs_;
  const std::string folder_;
  const LogOptions options_;
  mutable std::mutex mutex_;
  TopicRegistry registry_;          // protected by mutex_; only the writer changes it, cluster_id never
  std::map<Uuid, OpenTopic> open_;  // protected by mutex_; only the writer changes it
};

Result<void> LogManagerImpl::open_all(std::vector<std::string>& warnings) {
  RETURN_IF_ERROR(fs_.create_folders(folder_));
  ASSIGN_OR_RETURN(const std::vector<std::string> names, fs_.list(folder_));
  Result<TopicRegistry> registry = TopicRegistry::load(fs_, folder_);
  if (registry) {
    registry_ = std::move(*registry);
  } else if (registry.error().code == ErrorCode::kNotFound) {
    for (const std::string& name : names) {
      if (parse_folder(name)) {
        return fail(ErrorCode::kCorrupt,
                    "{0} holds the folder {1}, but {0}/topics.json is missing: restore it from a copy", folder_, name);
      }
    }
    registry_.cluster_id = base64_id(options_.cluster_id_if_new);
    RETURN_IF_ERROR(registry_.save(fs_, folder_));
  } else {
    return std::unexpected(std::move(registry).error());
  }
  RETURN_IF_ERROR(finish_deletions(names));
  RETURN_IF_ERROR(check_unknown_folders(names));
  const RecoveryPoints points = RecoveryPoints::load(fs_, folder_);
  for (const auto& [name, topic] : registry_.topics) {
    ASSIGN_OR_RETURN(Partitions partitions, open_partitions(*topic, points, warnings));
    open_[topic->id] = {topic, std::move(partitions)};
  }
  return {};
}

Result<void> LogManagerImpl::finish_deletions(const std::vector<std::string>& names) {
  std::set<Uuid> deleted;
  for (const std::string& name : names) {
    if (const auto id = deleted_id(name)) deleted.insert(*id);
  }
  if (deleted.empty()) return {};
  std::vector<std::shared_ptr<const TopicInfo>> half;
  for (const auto& [name, topic] : registry_.topics) {
    if (deleted.contains(topic->id)) half.push_back(topic);
  }
  for (const auto& topic : half) {
    RETURN_IF_ERROR(rename_deleted(*topic));
    registry_.topics.erase(topic->name);
  }
  if (!half.empty()) RETURN_IF_ERROR(registry_.save(fs_, folder_));
  ASSIGN_OR_RETURN(const std::vector<std::string> now, fs_.list(folder_));
  for (const std::string& name : now) {
    if (deleted_id(name)) RETURN_IF_ERROR(fs_.remove_all(folder_ + "/" + name));
  }
  return {};
}

/// A folder without a topic: the trace of a creation that did not finish holds no record and goes; anything else stays.
Result<void> LogManagerImpl::check_unknown_folders(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const auto parsed = parse_folder(name);
    if (!parsed || !fs_.exists(folder_ + "/" + name)) continue;
    const auto topic = registry_.topics.find(parsed->first);
    if (topic != registry_.topics.end() && parsed->second < topic->second->partitions) continue;
    const std::string path = folder_ + "/" + name;
    ASSIGN_OR_RETURN(const std::vector<std::string> files, fs_.list(path));
    for (const std::string& file : files) {
      if (!file.ends_with(".log")) continue;
      ASSIGN_OR_RETURN(const uint64_t size, fs_.file_size(path + "/" + file));
      if (size == 0) continue;
      return fail(ErrorCode::kCorrupt,
                  "{} holds records of a topic that {}/topics.json does not name: move it away or restore the file",
                  path, folder_);
    }
    RETURN_IF_ERROR(fs_.remove_all(path));
  }
  return {};
}

LogOptions LogManagerImpl::options_for(const TopicInfo& topic) const {
  LogOptions options = options_;
  const auto number = [&](const char* name) -> std::optional<int64_t> {
    const auto setting = topic.settings.find(name);
    if (setting == topic.settings.end()) return std::nullopt;
    int64_t value = 0;
    const std::string_view text = trim(setting->second);
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && stop == text.data() + text.size() ? std::optional(value) : std::nullopt;
  };
  constexpr int64_t kLeastSegmentBytes = 14;
  if (const auto bytes = number("segment.bytes"); bytes && *bytes >= kLeastSegmentBytes) {
    options.segment_bytes = static_cast<uint64_t>(*bytes);
  }
  if (const auto ms = number("segment.ms"); ms && *ms > 0) options.segment_ms = *ms;
  return options;
}

Result<Partitions> LogManagerImpl::open_partitions(const TopicInfo& topic, const RecoveryPoints& points,
                                                   std::vector<std::string>& warnings) {
  Partitions partitions;
  for (int32_t i = 0; i < topic.partitions; ++i) {
    const std::string folder = partition_folder(topic.name, i);
    if (!fs_.exists(folder)) {
      return fail(ErrorCode::kCorrupt, "the folder {} of topic '{}' is missing: restore it from a copy", folder,
                  topic.name);
    }
    RecoveryReport report;
    ASSIGN_OR_RETURN(auto log, PartitionLog::open(fs_, folder, options_for(topic), report, points.find(topic.id, i)));
    if (!report.reason.empty()) warnings.push_back(report.reason);
    if (report.rebuilt_indexes > 0) {
      warnings.push_back(
          fmt::format("{}: the indexes of {} segments were built again", folder, report.rebuilt_indexes));
    }
    partitions.push_back(std::move(log));
  }
  return partitions;
}

Result<std::shared_ptr<const TopicInfo>> LogManagerImpl::create(const std::string& name, const Uuid& id,
                                                                int32_t partitions,
                                                                std::map<std::string, std::string> settings,
                                                                bool internal) {
  RETURN_IF_ERROR(check_name(name));
  if (find(name)) return fail(ErrorCode::kTopicExists, "topic '{}' exists already", name);
  if (find(id)) return fail(ErrorCode::kTopicExists, "a topic with the id {} exists already", id.to_string());
  if (partitions < 1 || partitions > kPartitionsLimit) {
    return fail(ErrorCode::kInvalidTopic, "topic '{}' cannot have {} partitions: 1 to {} are possible", name,
                partitions, kPartitionsLimit);
  }
  auto info = std::make_shared<const TopicInfo>(TopicInfo{name, id, partitions, std::move(settings), internal});
  // The folders first, then the registry, which makes them a topic: a crash in between leaves empty folders.
  ASSIGN_OR_RETURN(Partitions opened, make_partitions(*info, 0));
  RETURN_IF_ERROR(publish(info, std::move(opened)));
  return info;
}

Result<Partitions> LogManagerImpl::make_partitions(const TopicInfo& topic, int32_t first) {
  Result<void> made;
  Partitions opened;
  for (int32_t i = first; i < topic.partitions && made; ++i) {
    RecoveryReport report;
    auto log = PartitionLog::open(fs_, partition_folder(topic.name, i), options_for(topic), report);
    if (log) {
      opened.push_back(std::move(*log));
    } else {
      made = std::unexpected(std::move(log).error());
    }
  }
  if (made) made = fs_.sync_folder(folder_);
  if (made) return opened;
  for (int32_t i = first; i < topic.partitions; ++i) (void)fs_.remove_all(partition_folder(topic.name, i));
  return std::unexpected(std::move(made).error());
}

Result<void> LogManagerImpl::publish(const std::shared_ptr<const TopicInfo>& info, Partitions partitions) {
  TopicRegistry next;
  {
    const std::lock_guard lock(mutex_);
    next = registry_;
  }
  next.topics[info->name] = info;
  // A save that failed may have taken effect: the folders stay, and the next open() removes those that are not named.
  RETURN_IF_ERROR(next.save(fs_, folder_));
  const std::lock_guard lock(mutex_);
  registry_.topics = std::move(next.topics);
  open_[info->id] = {info, std::move(partitions)};
  return {};
}

Result<std::shared_ptr<const TopicInfo>> LogManagerImpl::grow(const Uuid& id, int32_t partitions) {
  const auto old = find(id);
  if (!old) return fail(ErrorCode::kUnknownTopic, "the topic does not exist any more");
  if (partitions <= old->partitions || partitions > kPartitionsLimit) {
    return fail(ErrorCode::kInvalidTopic, "topic '{}' has {} partitions and cannot have {}", old->name, old->partitions,
                partitions);
  }
  auto info = std::make_shared<TopicInfo>(*old);
  info->partitions = partitions;
  ASSIGN_OR_RETURN(Partitions fresh, make_partitions(*info, old->partitions));
  Partitions all;
  {
    const std::lock_guard lock(mutex_);
    all = open_.at(id).partitions;
  }
  all.insert(all.end(), fresh.begin(), fresh.end());
  RETURN_IF_ERROR(publish(info, std::move(all)));
  return info;
}

Result<std::shared_ptr<const TopicInfo>> LogManagerImpl::configure(const Uuid& id,
                                                                   std::map<std::string, std::string> settings) {
  const auto old = find(id);
  if (!old) return fail(ErrorCode::kUnknownTopic, "the topic does not exist any more");
  auto info = std::make_shared<TopicInfo>(*old);
  info->settings = std::move(settings);
  Partitions partitions;
  {
    const std::lock_guard lock(mutex_);
    partitions = open_.at(id).partitions;
  }
  RETURN_IF_ERROR(publish(info, partitions));
  const LogOptions options = options_for(*info);
  for (const auto& log : partitions) log->set_segment_limits(options.segment_bytes, options.segment_ms);
  return info;
}

Result<void> LogManagerImpl::rename_deleted(const TopicInfo& topic) {
  constexpr size_t kNameKept = 180;  // a file's name has at most 255 bytes
  for (int32_t i = 0; i < topic.partitions; ++i) {
    const std::string from = partition_folder(topic.name, i);
    if (!fs_.exists(from)) continue;
    RETURN_IF_ERROR(fs_.rename(from, fmt::format("{}/{}-{}.{}{}", folder_, topic.name.substr(0, kNameKept), i,
                                                 topic.id.to_string(), kDeleteSuffix)));
  }
  return fs_.sync_folder(folder_);
}

Result<void> LogManagerImpl::remove(const std::string& name) {
  const auto topic = find(name);
  if (!topic) return fail(ErrorCode::kUnknownTopic, "topic '{}' does not exist", name);
  const Result<void> renamed = rename_deleted(*topic);
  // Nothing renamed yet: the topic lives on.
  if (!renamed && fs_.exists(partition_folder(name, 0))) return renamed;
  TopicRegistry next;
  {
    // From the first rename on the topic is gone, whatever fails later: open() finishes what is left.
    const std::lock_guard lock(mutex_);
    registry_.topics.erase(name);
    open_.erase(topic->id);
    next = registry_;
  }
  RETURN_IF_ERROR(renamed);
  RETURN_IF_ERROR(next.save(fs_, folder_));
  ASSIGN_OR_RETURN(const std::vector<std::string> names, fs_.list(folder_));
  for (const std::string& folder : names) {
    if (deleted_id(folder) == topic->id) RETURN_IF_ERROR(fs_.remove_all(folder_ + "/" + folder));
  }
  return {};
}

template <class F>
Result<void> LogManagerImpl::for_all(F change) {
  std::vector<OpenTopic> all;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, topic] : open_) all.push_back(topic);
  }
  RecoveryPoints points;
  Result<void> first_failure;
  for (const OpenTopic& topic : all) {
    std::vector<int64_t>& offsets = points.by_topic[topic.info->id];
    for (const auto& log : topic.partitions) {
      Result<void> done = change(*log);
      if (!done && first_failure) first_failure = std::move(done);
      offsets.push_back(log->recovery_point().value);
    }
  }
  Result<void> saved = points.save(fs_, folder_);
  return first_failure ? saved : first_failure;
}

}  // namespace

Result<std::unique_ptr<LogManager>> LogManager::open(io::FileSystem& fs, std::string folder, const LogOptions& options,
                                                     std::vector<std::string>& warnings) {
  auto manager = std::make_unique<LogManagerImpl>(fs, std::move(folder), options);
  RETURN_IF_ERROR(manager->open_all(warnings));
  return manager;
}

}  // namespace freshet::log
