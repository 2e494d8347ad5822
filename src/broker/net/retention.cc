#include "broker/net/retention.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/log_line.h"
#include "base/strings.h"

namespace freshet::broker {
namespace {

constexpr Offset kKeepNothing{std::numeric_limits<int64_t>::max()};

int64_t setting(const log::TopicInfo& topic, const char* name, int64_t otherwise) {
  const auto found = topic.settings.find(name);
  if (found == topic.settings.end()) return otherwise;
  std::from_chars(found->second.data(), found->second.data() + found->second.size(), otherwise);
  return otherwise;
}

bool is_compacted(const log::TopicInfo& topic) {
  const auto policy = topic.settings.find("cleanup.policy");
  return policy != topic.settings.end() && policy->second == "compact";
}

int64_t total_bytes(const log::LogManager& logs) {
  uint64_t total = 0;
  for (const auto& topic : logs.topics()) {
    if (topic->internal || is_compacted(*topic)) continue;  // nothing goes there by size
    for (int32_t i = 0; i < topic->partitions; ++i) {
      if (const auto log = logs.partition(topic->id, PartitionId(i))) total += log->size_bytes();
    }
  }
  return static_cast<int64_t>(total);
}

}  // namespace

void Retention::set_keep_from(KeepFrom keep_from) {
  const std::lock_guard lock(mutex_);
  keep_from_ = std::move(keep_from);
}

uint64_t Retention::dropped_bytes() const {
  const std::lock_guard lock(mutex_);
  return dropped_bytes_;
}

/// Internal topics are their owner's business, and compacted ones are never cut.
std::vector<Retention::Partition> Retention::partitions(const log::LogManager& logs) const {
  KeepFrom keep_from;
  {
    const std::lock_guard lock(mutex_);
    keep_from = keep_from_;
  }
  std::vector<Partition> found;
  for (const auto& topic : logs.topics()) {
    if (topic->internal || is_compacted(*topic)) continue;
    for (int32_t i = 0; i < topic->partitions; ++i) {
      auto log = logs.partition(topic->id, PartitionId(i));
      if (!log) continue;
      const Offset keep = keep_from ? keep_from(topic->name, PartitionId(i)) : kKeepNothing;
      found.push_back({fmt::format("{}-{}", topic->name, i), std::move(log), keep,
                       setting(*topic, "retention.ms", options_.retention_ms), setting(*topic, "retention.bytes", -1)});
    }
  }
  return found;
}

int64_t Retention::free_excess(std::vector<Partition>& partitions, int64_t excess, int64_t now_ms, bool even_if_kept) {
  std::sort(partitions.begin(), partitions.end(),
            [](const Partition& a, const Partition& b) { return a.log->size_bytes() > b.log->size_bytes(); });
  for (Partition& partition : partitions) {
    // Whole segments, the last of which may be larger than what is left of the excess.
    uint64_t wanted = 0;
    if (excess > 0) wanted = partition.log->oldest_closed_bytes();
    if (wanted == 0) continue;
    const int64_t size = static_cast<int64_t>(partition.log->size_bytes());
    const int64_t leave = std::max<int64_t>(0, size - std::max(excess, static_cast<int64_t>(wanted)));
    const Offset keep = even_if_kept ? kKeepNothing : partition.keep_from;
    const Result<uint64_t> freed = partition.log->apply_retention(now_ms, -1, leave, keep);
    if (!freed) {
      log_warn("broker", "cannot remove old segments of {}: {}", partition.name, freed.error().message);
      continue;
    }
    excess -= static_cast<int64_t>(*freed);
    if (!even_if_kept || *freed == 0) continue;
    const std::lock_guard lock(mutex_);
    dropped_bytes_ += *freed;
    log_warn("broker",
             "log.overrun is drop: {} of {} were removed before they were ingested; it begins at offset {} now",
             human_bytes(*freed), partition.name, partition.log->log_start().value);
  }
  return excess;
}

std::string Retention::run(const log::LogManager& logs, int64_t now_ms) {
  std::vector<Partition> all = partitions(logs);
  for (const Partition& partition : all) {
    const Result<uint64_t> freed =
        partition.log->apply_retention(now_ms, partition.retention_ms, partition.retention_bytes, partition.keep_from);
    if (!freed) log_warn("broker", "cannot remove old segments of {}: {}", partition.name, freed.error().message);
  }
  if (options_.max_bytes < 0) return {};
  int64_t excess = total_bytes(logs) - options_.max_bytes;
  for (int64_t before = excess + 1; excess > 0 && excess < before;) {
    before = excess;
    excess = free_excess(all, excess, now_ms, false);
  }
  if (excess <= 0) return {};
  // The segment that is being written is never removed: what else must be kept stands in the way. Far beyond the limit,
  // as with many partitions, what it holds counts too.
  const bool far = excess > options_.max_bytes / 4;
  const auto kept = std::find_if(all.begin(), all.end(), [&](const Partition& partition) {
    const log::PartitionLog& log = *partition.log;
    if (far) return partition.keep_from < log.log_end() && log.size_bytes() > 0;
    return partition.keep_from < log.open_segment_start() && log.oldest_closed_bytes() > 0;
  });
  if (kept == all.end()) return {};
  if (options_.overrun_drops) {
    free_excess(all, excess, now_ms, true);
    return {};
  }
  return fmt::format(
      "the log holds {} and its limit log.max_bytes is {}, but {} is ingested only up to offset {} of {}, and what is "
      "not "
      "ingested is not removed",
      human_bytes(static_cast<uint64_t>(total_bytes(logs))), human_bytes(static_cast<uint64_t>(options_.max_bytes)),
      kept->name, kept->keep_from.value, kept->log->log_end().value);
}

}  // namespace freshet::broker
