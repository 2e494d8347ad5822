#include "cli/consume_range.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <memory>

#include "cli/kafka_handle.h"

namespace freshet::cli {
namespace {

constexpr int kTimeoutMs = 10'000;

/// Offsets by time; -1 where no record is so late.
Result<std::map<int32_t, int64_t>> offsets_by_time(rd_kafka_s* consumer, const std::string& topic,
                                                   const std::vector<int32_t>& partitions, int64_t time_ms) {
  const std::unique_ptr<rd_kafka_topic_partition_list_t, decltype(&rd_kafka_topic_partition_list_destroy)> list(
      rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())), rd_kafka_topic_partition_list_destroy);
  for (const int32_t partition : partitions)
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = time_ms;
  const rd_kafka_resp_err_t error = rd_kafka_offsets_for_times(consumer, list.get(), kTimeoutMs);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return fail(ErrorCode::kKafkaRefused, "cannot find the offsets of a time: {}", rd_kafka_err2str(error));
  std::map<int32_t, int64_t> offsets;
  for (int i = 0; i < list->cnt; ++i) {
    const rd_kafka_topic_partition_t& found = list->elems[i];
    if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return fail(ErrorCode::kKafkaRefused, "cannot find the offset of a time in {}-{}: {}", topic, found.partition,
                  rd_kafka_err2str(found.err));
    }
    offsets[found.partition] = found.offset;
  }
  return offsets;
}

}  // namespace

Result<std::map<int32_t, int64_t>> offsets_at(rd_kafka_s* consumer, const std::string& topic,
                                              const std::vector<int32_t>& partitions, const RecordPosition& position) {
  using Kind = RecordPosition::Kind;
  std::map<int32_t, int64_t> offsets;
  if (position.kind == Kind::kTime) {
    ASSIGN_OR_RETURN(offsets, offsets_by_time(consumer, topic, partitions, position.value));
  }
  for (const int32_t partition : partitions) {
    if (position.kind == Kind::kOffset) {
      offsets[partition] = position.value;
      continue;
    }
    if (position.kind == Kind::kTime && offsets[partition] >= 0) continue;
    ASSIGN_OR_RETURN(const auto watermarks, read_watermarks(consumer, topic, partition));
    const auto [low, high] = watermarks;
    offsets[partition] = position.kind == Kind::kBeginning ? low
                         : position.kind == Kind::kLast    ? std::max(low, high - position.value)
                                                           : high;
  }
  return offsets;
}

ConsumeRange::ConsumeRange(const std::map<int32_t, int64_t>& starts) {
  for (const auto& [partition, start] : starts) partitions_[partition] = {start, start, -1};
}

void ConsumeRange::set_stops(const std::map<int32_t, int64_t>& stops) {
  for (const auto& [partition, stop] : stops) partitions_[partition].stop = stop;
}

bool ConsumeRange::take(int32_t partition, int64_t offset) {
  Partition& range = partitions_[partition];
  range.next = std::max(range.next, offset + 1);
  return offset >= range.start && (range.stop < 0 || offset < range.stop);
}

void ConsumeRange::reached(int32_t partition, int64_t next_offset) {
  Partition& range = partitions_[partition];
  range.next = std::max(range.next, next_offset);
}

bool ConsumeRange::is_over() const {
  return std::all_of(partitions_.begin(), partitions_.end(), [](const auto& entry) {
    return entry.second.stop >= 0 && entry.second.next >= entry.second.stop;
  });
}

std::string ConsumeRange::short_of_their_ends() const {
  std::vector<std::string> texts;
  for (const auto& [partition, range] : partitions_) {
    if (range.stop >= 0 && range.next >= range.stop) continue;
    texts.push_back(range.stop < 0 ? fmt::format("{} (at {})", partition, range.next)
                                   : fmt::format("{} (at {} of {})", partition, range.next, range.stop));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace freshet::cli
