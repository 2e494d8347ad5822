#include <charconv>

#include "log/partition_log_impl.h"
#include "record/batch.h"

/// Where a partition and its segments begin: records deleted by an administrator, segments by age.
namespace freshet::log {

namespace {

/// One number and a newline. Kafka keeps the same in one file for all partitions, which it writes once a minute.
std::string start_path(const std::string& folder) { return folder + "/log-start-offset"; }

}  // namespace

void PartitionLogImpl::set_segment_limits(uint64_t segment_bytes, int64_t segment_ms) {
  segment_bytes_ = segment_bytes;
  segment_ms_ = segment_ms;
}

/// As Kafka: by the records' own timestamps, so that a log of old events is not cut into a segment for each batch.
bool PartitionLogImpl::last_is_old(int64_t timestamp_ms) {
  if (segment_ms_ < 0 || timestamp_ms < 0) return false;
  if (!last_began_ms_) {
    const Segment& last = *segments_.back();
    const auto view = last.file()->view(0, static_cast<size_t>(last.written.size_bytes));
    const auto first = view ? record::BatchView::parse(view->bytes) : std::unexpected(view.error());
    if (!first) return false;
    last_began_ms_ = first->max_timestamp_ms();
  }
  return *last_began_ms_ >= 0 && timestamp_ms - *last_began_ms_ > segment_ms_;
}

Result<void> PartitionLogImpl::delete_before(Offset offset) {
  RETURN_IF_ERROR(ready_to_write());
  if (offset > high_watermark()) {
    return fail(ErrorCode::kOffsetOutOfRange, "offset {} lies beyond the log in {}, which ends at {}", offset.value,
                folder_, high_watermark().value);
  }
  if (offset > log_start()) {
    const std::string text = fmt::format("{}\n", offset.value);
    if (!fs_.replace_file(start_path(folder_), text)) {
      RETURN_IF_ERROR(drop_below(offset));  // a full disk has room then
      RETURN_IF_ERROR(fs_.replace_file(start_path(folder_), text));
    }
    const std::lock_guard lock(mutex_);
    log_start_ = offset;
  }
  RETURN_IF_ERROR(drop_below(log_start()));
  if (log_start() < segments_.back()->written.end || segments_.back()->written.size_bytes == 0) return {};
  RETURN_IF_ERROR(roll(log_start()));
  return drop_below(log_start());
}

/// Whole segments, never the last.
Result<void> PartitionLogImpl::drop_below(Offset offset) {
  size_t count = 0;
  while (count + 1 < segments_.size() && segments_[count + 1]->base() <= offset) ++count;
  return drop_front(count);
}

uint64_t PartitionLogImpl::removable_bytes(Offset keep_from) const {
  const std::lock_guard lock(mutex_);
  uint64_t bytes = 0;
  for (size_t i = 0; i + 1 < segments_.size() && segments_[i + 1]->base() <= keep_from; ++i) {
    bytes += segments_[i]->written.size_bytes;
  }
  return bytes;
}

Result<void> PartitionLogImpl::restore_log_start() {
  const std::string path = start_path(folder_);
  if (!fs_.exists(path)) return {};
  constexpr size_t kLargestFile = 64;
  ASSIGN_OR_RETURN(const std::string text, fs_.read_file(path, kLargestFile));
  int64_t offset = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), offset);
  if (error != std::errc() || offset < 0 || std::string_view(end, text.data() + text.size()) != "\n") {
    return fail(ErrorCode::kCorrupt, "{} must hold one number: the offset that the partition starts at", path);
  }
  // Not beyond the end: a lost tail must not let deleted offsets be given a second time.
  RETURN_IF_ERROR(ensure_end_at_least(Offset(offset)));
  {
    const std::lock_guard lock(mutex_);
    log_start_ = Offset(offset);
  }
  return drop_below(Offset(offset));  // what a kill left
}

}  // namespace freshet::log
