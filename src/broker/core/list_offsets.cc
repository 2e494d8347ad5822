#include "broker/core/handlers.h"
#include "broker/core/repeats.h"

namespace freshet::broker {
namespace {

using kafka::KafkaError;
using kafka::ListOffsetsRequest;
using kafka::ListOffsetsResponse;

/// Versions from which the special timestamps are known: KIP-734, KIP-405, KIP-1005.
bool knows(int64_t timestamp_ms, int16_t version) {
  switch (timestamp_ms) {
    case ListOffsetsRequest::kLatest:
    case ListOffsetsRequest::kEarliest:
      return true;
    case ListOffsetsRequest::kMaxTimestamp:
      return version >= 7;
    case ListOffsetsRequest::kEarliestLocal:
      return version >= 8;
    case ListOffsetsRequest::kLatestTiered:
      return version >= 9;
    default:
      return timestamp_ms >= 0;
  }
}

void answer(const log::PartitionLog& log, int64_t timestamp_ms, ListOffsetsResponse::Partition& out) {
  const Offset high_watermark = log.high_watermark();
  switch (timestamp_ms) {
    case ListOffsetsRequest::kLatest:
      out.offset = high_watermark.value;
      out.leader_epoch = 0;
      return;
    case ListOffsetsRequest::kEarliest:
    case ListOffsetsRequest::kEarliestLocal:
      out.offset = log.log_start().value;
      out.leader_epoch = 0;
      return;
    case ListOffsetsRequest::kLatestTiered:
      return;  // nothing is tiered: -1
    default:
      break;
  }
  const Result<log::PartitionLog::TimestampedOffset> found =
      timestamp_ms == ListOffsetsRequest::kMaxTimestamp ? log.max_timestamp() : log.offset_for_timestamp(timestamp_ms);
  if (!found) {
    out.error = KafkaError::kKafkaStorageError;
    return;
  }
  // What is not visible yet does not exist for consumers.
  if (found->offset.value < 0 || found->offset >= high_watermark) return;
  out.offset = found->offset.value;
  out.timestamp_ms = found->timestamp_ms;
  out.leader_epoch = 0;
}

using Named = std::pair<std::string_view, int32_t>;

Repeats<Named> repeats_of(const ListOffsetsRequest& request) {
  std::vector<Named> named;
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) named.emplace_back(topic.name, partition.index);
  }
  return Repeats<Named>(std::move(named));
}

}  // namespace

void handle(Core& core, const Call& call, const ListOffsetsRequest& request) {
  ListOffsetsResponse response;
  // A search by time reads a whole batch: as in Kafka, a partition may be asked about once.
  const Repeats<Named> repeats = repeats_of(request);
  for (const auto& wanted : request.topics) {
    const auto topic = core.catalog().find(wanted.name);
    auto& answered = response.topics.emplace_back();
    answered.name = wanted.name;
    for (const auto& partition : wanted.partitions) {
      auto& out = answered.partitions.emplace_back();
      out.index = partition.index;
      const auto* log = topic ? topic->partition(partition.index) : nullptr;
      if (repeats.contains({wanted.name, partition.index})) {
        out.error = KafkaError::kInvalidRequest;
      } else if (log == nullptr) {
        out.error = KafkaError::kUnknownTopicOrPartition;
      } else if (!knows(partition.timestamp_ms, call.version)) {
        out.error = KafkaError::kUnsupportedVersion;
      } else if (partition.current_leader_epoch > 0) {
        out.error = KafkaError::kUnknownLeaderEpoch;
      } else {
        answer(**log, partition.timestamp_ms, out);
      }
    }
  }
  core.reply(call, response);
}

}  // namespace freshet::broker
