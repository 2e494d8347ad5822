#include <algorithm>
#include <set>

#include "broker/core/group_coordinator.h"
#include "broker/core/group_turn.h"

/// The coordinator's part that deals with committed offsets: commit, fetch, expiry, compaction.
namespace freshet::broker {

using kafka::KafkaError;
using kafka::OffsetCommitRequest;
using kafka::OffsetCommitResponse;
using kafka::OffsetFetchRequest;
using kafka::OffsetFetchResponse;

namespace {

constexpr uint64_t kCompactAboveBytes = 16 << 20;
constexpr uint64_t kCompactAboveTimes = 4;  ///< as large as what the last compaction left
constexpr size_t kCompactionBatchBytes = 256 << 10;

OffsetCommitResponse all_partitions(const OffsetCommitRequest& request, KafkaError error) {
  OffsetCommitResponse response;
  for (const auto& topic : request.topics) {
    auto& answered = response.topics.emplace_back();
    answered.name = topic.name;
    for (const auto& partition : topic.partitions) answered.partitions.push_back({partition.index, error});
  }
  return response;
}

void fail_written(OffsetCommitResponse& response) {
  for (auto& topic : response.topics) {
    for (auto& partition : topic.partitions) {
      if (partition.error == KafkaError::kNone) partition.error = KafkaError::kCoordinatorNotAvailable;
    }
  }
}

}  // namespace

void GroupCoordinator::commit(const OffsetCommitRequest& request, int16_t version, const PartitionExists& exists,
                              const Now& now, Respond<OffsetCommitResponse> respond) {
  const Turn turn(*this);
  const auto refuse = [&](KafkaError error) { effects_.answer(std::move(respond), all_partitions(request, error)); };
  if (request.group_id.size() > settings_.max_id_bytes) return refuse(KafkaError::kInvalidGroupId);
  if (reserved_.contains(request.group_id)) return refuse(KafkaError::kGroupAuthorizationFailed);
  Entry* group = entry(request.group_id);
  if (group == nullptr) {
    if (request.generation_id >= 0)
      return refuse(version >= 9 ? KafkaError::kGroupIdNotFound : KafkaError::kIllegalGeneration);
    group = make_entry(request.group_id, now);
    if (group == nullptr) return refuse(KafkaError::kGroupMaxSizeReached);
  }
  const KafkaError error = group->group.check_commit(request.member_id, request.group_instance_id,
                                                     request.generation_id, now.steady_us / 1000);
  reschedule(*group);
  if (error != KafkaError::kNone) return refuse(error);

  OffsetCommitResponse response = all_partitions(request, KafkaError::kNone);
  std::vector<GroupRecord> records;
  for (size_t t = 0; t < request.topics.size(); ++t) {
    const auto& topic = request.topics[t];
    for (size_t p = 0; p < topic.partitions.size(); ++p) {
      const auto& partition = topic.partitions[p];
      KafkaError& result = response.topics[t].partitions[p].error;
      const std::string_view metadata = partition.metadata.value_or("");
      if (!exists(topic.name, partition.index)) {
        result = KafkaError::kUnknownTopicOrPartition;
      } else if (metadata.size() > settings_.max_offset_metadata_bytes) {
        result = KafkaError::kOffsetMetadataTooLarge;
      } else {
        records.push_back(
            make_record(OffsetKey{std::string(request.group_id), std::string(topic.name), partition.index},
                        OffsetValue{partition.offset, partition.leader_epoch, std::string(metadata), now.wall_ms, -1}));
      }
    }
  }
  if (records.empty()) return effects_.answer(std::move(respond), std::move(response));
  append(group, std::move(records),
         [this, respond = std::move(respond), response = std::move(response)](bool durable, const Now&) mutable {
           if (!durable) fail_written(response);
           effects_.answer(std::move(respond), std::move(response));
         });
}

void GroupCoordinator::commit_positions(const std::string& group, const std::vector<Position>& positions,
                                        const Now& now, Respond<KafkaError> respond) {
  const Turn turn(*this);
  const auto large = [&](const Position& position) {
    return position.metadata.size() > settings_.max_offset_metadata_bytes;
  };
  Entry* owner = make_entry(group, now);
  KafkaError error =
      owner == nullptr ? KafkaError::kGroupMaxSizeReached : owner->group.check_commit({}, {}, -1, now.steady_us / 1000);
  if (error == KafkaError::kNone && std::ranges::any_of(positions, large)) error = KafkaError::kOffsetMetadataTooLarge;
  if (error != KafkaError::kNone || positions.empty()) return effects_.answer(std::move(respond), KafkaError(error));
  std::vector<GroupRecord> records;
  for (const Position& position : positions) {
    records.push_back(
        make_record(OffsetKey{group, position.topic, position.partition},
                    OffsetValue{position.offset, position.leader_epoch, position.metadata, now.wall_ms, -1}));
  }
  append(owner, std::move(records), [this, respond = std::move(respond)](bool durable, const Now&) mutable {
    effects_.answer(std::move(respond), durable ? KafkaError::kNone : KafkaError::kCoordinatorNotAvailable);
  });
}

std::vector<GroupCoordinator::Position> GroupCoordinator::committed(std::string_view group) const {
  std::vector<Position> positions;
  const OffsetStore::Topics* topics = offsets_.find(group);
  if (topics == nullptr) return positions;
  for (const auto& [topic, partitions] : *topics) {
    for (const auto& [partition, value] : partitions) {
      positions.push_back({topic, partition, value.offset, value.leader_epoch, value.metadata});
    }
  }
  return positions;
}

namespace {

using FetchedTopics = std::vector<OffsetFetchResponse::Topic>;

size_t size_bytes(const FetchedTopics& topics) {
  constexpr size_t kPartitionBytes = 24;  // without its metadata
  size_t size = 0;
  for (const auto& topic : topics) {
    size += topic.name.size();
    for (const auto& partition : topic.partitions) size += kPartitionBytes + partition.metadata.value_or("").size();
  }
  return size;
}

}  // namespace

FetchedTopics GroupCoordinator::fetch_topics(
    std::string_view group, const std::optional<std::vector<OffsetFetchRequest::Topic>>& wanted) const {
  FetchedTopics answered;
  const auto filled = [](int32_t partition, const OffsetValue& value) {
    return OffsetFetchResponse::Partition{partition, value.offset, value.leader_epoch, value.metadata,
                                          KafkaError::kNone};
  };
  if (!wanted) {
    const OffsetStore::Topics* topics = offsets_.find(group);
    if (topics == nullptr) return answered;
    for (const auto& [name, partitions] : *topics) {
      auto& topic = answered.emplace_back();
      topic.name = name;
      for (const auto& [partition, value] : partitions) topic.partitions.push_back(filled(partition, value));
    }
    return answered;
  }
  // Each partition once: an answer must not grow with repetitions.
  std::set<std::pair<std::string_view, int32_t>> seen;
  for (const OffsetFetchRequest::Topic& asked : *wanted) {
    auto& topic = answered.emplace_back();
    topic.name = asked.name;
    for (const int32_t partition : asked.partitions) {
      if (!seen.emplace(asked.name, partition).second) continue;
      const OffsetValue* value = offsets_.find(group, asked.name, partition);
      topic.partitions.push_back(value != nullptr ? filled(partition, *value)
                                                  : OffsetFetchResponse::Partition{.index = partition});
    }
    if (topic.partitions.empty() && !asked.partitions.empty()) answered.pop_back();
  }
  return answered;
}

OffsetFetchResponse GroupCoordinator::fetch(const OffsetFetchRequest& request, int16_t version) const {
  OffsetFetchResponse response;
  if (version < 8) {
    response.topics = fetch_topics(request.group_id, request.topics);
    return response;
  }
  std::set<std::string_view> seen;
  size_t size = 0;
  for (const OffsetFetchRequest::Group& group : request.groups) {
    if (!seen.insert(group.group_id).second) continue;
    auto& answered = response.groups.emplace_back();
    answered.group_id = group.group_id;
    if (size <= settings_.max_fetched_bytes) {
      answered.topics = fetch_topics(group.group_id, group.topics);
      size += size_bytes(answered.topics);
    }
    if (size > settings_.max_fetched_bytes) {  // ask for fewer groups
      answered.topics.clear();
      answered.error = KafkaError::kInvalidRequest;
    }
  }
  return response;
}

void GroupCoordinator::forget_topic(std::string_view topic, const Now&) {
  const Turn turn(*this);
  std::set<std::string> keys;
  for (const OffsetKey& key : offsets_.of_topic(topic)) keys.insert(make_record(key, std::nullopt).key);
  for (const auto& records : under_way_) {  // committed, though not durable yet
    for (const GroupRecord& record : *records) {
      const auto parsed = parse_record(record.key, std::nullopt);
      const auto* offset = parsed ? std::get_if<OffsetRecord>(&*parsed) : nullptr;
      if (offset != nullptr && offset->key.topic == topic) keys.insert(record.key);
    }
  }
  std::vector<GroupRecord> tombstones;
  for (const std::string& key : keys) tombstones.push_back({key, std::nullopt});
  if (!tombstones.empty()) append(nullptr, std::move(tombstones), nullptr);
}

bool GroupCoordinator::never_expires(std::string_view group) const {
  return reserved_.contains(group) || group.starts_with(settings_.own_prefix);
}

/// Offsets of groups that have been empty for long go, and with its last offset a group itself.
void GroupCoordinator::clean_up(const Now& now) {
  cleanup_due_ms_ = now.steady_us / 1000 + settings_.cleanup_interval_ms;
  for (auto at = entries_.begin(); at != entries_.end();) {
    Entry& entry = *at->second;
    const std::string& id = at->first;
    if (!entry.group.idle() || entry.writes > 0) {
      ++at;
    } else if (offsets_.find(id) != nullptr) {
      if (!never_expires(id)) expire_offsets(entry, now);
      ++at;
    } else {
      std::vector<GroupRecord> tombstone;
      if (stored_groups_.contains(id)) tombstone.push_back(make_record(GroupKey{id}, std::nullopt));
      unschedule(entry);
      at = entries_.erase(at);
      if (!tombstone.empty()) append(nullptr, std::move(tombstone), nullptr);
    }
  }
}

void GroupCoordinator::expire_offsets(Entry& entry, const Now& now) {
  const std::string& id = entry.group.id();
  // A group without a protocol never had members: then each offset's own age counts (KIP-211).
  const int64_t since_ms = entry.group.protocol_type().empty() ? 0 : entry.empty_since_wall_ms;
  std::vector<GroupRecord> tombstones;
  for (const auto& [topic, partitions] : *offsets_.find(id)) {
    for (const auto& [partition, value] : partitions) {
      const int64_t unused_since_ms = std::max(since_ms, value.commit_timestamp_ms);
      const bool expired = value.expire_timestamp_ms >= 0
                               ? value.expire_timestamp_ms <= now.wall_ms
                               : now.wall_ms - unused_since_ms >= settings_.offsets_retention_ms;
      if (expired) tombstones.push_back(make_record(OffsetKey{id, topic, partition}, std::nullopt));
    }
  }
  if (!tombstones.empty()) append(&entry, std::move(tombstones), nullptr);
}

void GroupCoordinator::compact_if_large(uint64_t log_bytes) {
  if (compacting_ || log_bytes < std::max(kCompactAboveBytes, kCompactAboveTimes * compacted_bytes_)) return;
  std::vector<std::vector<GroupRecord>> batches(1);
  uint64_t total = 0;
  size_t batch_bytes = 0;
  const auto add = [&](GroupRecord record) {
    const size_t size = record.key.size() + (record.value ? record.value->size() : 0);
    if (batch_bytes > 0 && batch_bytes + size > kCompactionBatchBytes) {
      batches.emplace_back();
      batch_bytes = 0;
    }
    batch_bytes += size;
    total += size;
    batches.back().push_back(std::move(record));
  };
  for (const auto& [id, value] : stored_groups_) add(make_record(GroupKey{id}, value));
  for (const auto& [group, topics] : offsets_.groups()) {
    for (const auto& [topic, partitions] : topics) {
      for (const auto& [partition, value] : partitions) add(make_record(OffsetKey{group, topic, partition}, value));
    }
  }
  // What is still under way lies before the compaction in the log, and goes with the segments before it.
  for (const auto& records : under_way_) {
    batches.emplace_back();
    batch_bytes = 0;
    for (const GroupRecord& record : *records) add(record);
  }
  std::erase_if(batches, [](const auto& batch) { return batch.empty(); });
  if (batches.empty()) return;
  compacting_ = true;
  log_.replace_with(std::move(batches), [this, total](bool durable, const Now&) {
    const Turn turn(*this);
    compacting_ = false;
    if (durable) compacted_bytes_ = total;
  });
}

}  // namespace freshet::broker
