#include "broker/net/retention.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/log_line.h"
#include "base/strings.h"
#include "broker/core/topic_settings.h"

namespace freshet::broker {
namespace {

constexpr Offset kKeepNothing{std::numeric_limits<int64_t>::max()};

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

Offset Retention::keep_from(const std::string& topic, PartitionId partition) const {
  KeepFrom keep_from;
  {
    const std::lock_guard lock(mutex_);
    keep_from = keep_from_;
  }
  return keep_from ? keep_from(topic, partition) : kKeepNothing;
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
                       setting_or(topic->settings, "retention.ms", options_.retention_ms),
                       setting_or(topic->settings, "retention.bytes", -1)});
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

void Retention::note_growth(int64_t total_bytes, int64_t now_ms) {
  constexpr double kMemoryS = 60;
  const double elapsed_s = static_cast<double>(now_ms - last_ms_) / 1000;
  if (last_bytes_ >= 0 && elapsed_s > 0) {
    const double weight = std::exp(-elapsed_s / kMemoryS);
    grown_bytes_ = grown_bytes_ * weight + static_cast<double>(std::max<int64_t>(0, total_bytes - last_bytes_));
    grown_s_ = grown_s_ * weight + elapsed_s;
  }
  last_ms_ = now_ms;
}

void Retention::note_use(const std::vector<Partition>& partitions, int64_t total_bytes) {
  last_bytes_ = total_bytes;
  LogUse use;
  use.bytes = use.kept_bytes = total_bytes;
  use.max_bytes = options_.max_bytes;
  for (const Partition& partition : partitions) {
    use.kept_bytes -= static_cast<int64_t>(partition.log->removable_bytes(partition.keep_from));
  }
  if (grown_s_ > 0) use.bytes_per_s = grown_bytes_ / grown_s_;
  constexpr double kLeastRate = 1;  // bytes/s: below it, "for years" is no figure
  if (use.max_bytes >= 0 && use.bytes_per_s >= kLeastRate) {
    const auto room = static_cast<double>(std::max<int64_t>(0, use.max_bytes - use.kept_bytes));
    use.holds_for_s = static_cast<int64_t>(room / use.bytes_per_s);
  }
  const std::lock_guard lock(mutex_);
  use_ = use;
}

LogUse Retention::use() const {
  const std::lock_guard lock(mutex_);
  return use_;
}

std::string Retention::run(const log::LogManager& logs, int64_t now_ms) {
  note_growth(total_bytes(logs), now_ms);
  std::vector<Partition> all = partitions(logs);
  const std::string refusal = apply(logs, all, now_ms);
  note_use(all, total_bytes(logs));
  return refusal;
}

std::string Retention::apply(const log::LogManager& logs, std::vector<Partition>& all, int64_t now_ms) {
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
