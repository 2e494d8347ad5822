#include "log/partition_log.h"

#include <algorithm>

#include "log/partition_log_impl.h"
#include "record/batch.h"

namespace freshet::log {

using record::BatchView;

namespace {
constexpr size_t kAppendTimesKept = 4096;
/// Positions in an index are 31 bits; a view of a whole segment should fit one mapping.
constexpr uint64_t kLargestSegmentBytes = uint64_t{1} << 30;
constexpr size_t kSnapshotsKept = 3;
constexpr uint64_t kWriteBehindBytes = uint64_t{1} << 20;
}  // namespace

PartitionLogImpl::PartitionLogImpl(io::FileSystem& fs, std::string folder, const LogOptions& options)
    : fs_(fs),
      folder_(std::move(folder)),
      options_(options),
      segment_bytes_(options.segment_bytes),
      segment_ms_(options.segment_ms) {}

Result<void> PartitionLogImpl::ready_to_write() {
  if (closed_) return fail(ErrorCode::kCancelled, "the log in {} is closed", folder_);
  RETURN_IF_ERROR(mend());
  const Segment& last = *segments_.back();
  if (last.file()->size() == last.written.size_bytes) return {};
  return last.file()->truncate(last.written.size_bytes);  // what a failed append left and could not remove
}

Result<void> PartitionLogImpl::mend() {
  if (!uncut_.empty()) {
    if (Result<void> cut = cut_unsynced(); !cut) {
      return fail(cut.error().code, "the log in {} takes no writes: {}; then {}", folder_, uncut_, cut.error().message);
    }
    uncut_.clear();
  }
  if (half_made_) {
    RETURN_IF_ERROR(Segment::remove_files(fs_, folder_, *half_made_));
    RETURN_IF_ERROR(fs_.sync_folder(folder_));
    half_made_.reset();
  }
  return {};
}

Result<Produced> PartitionLogImpl::produce(std::span<char> batch, int64_t now_ms) {
  ASSIGN_OR_RETURN(const BatchView view, BatchView::parse({batch.data(), batch.size()}));
  if (view.size_bytes() != batch.size())
    return fail(ErrorCode::kMalformed, "more than one record batch was produced at once");
  // First: what a failed sync left is no duplicate.
  if (Result<void> ready = ready_to_write(); !ready) {
    producers_.refused(view);
    return std::unexpected(std::move(ready).error());
  }
  ProducerStates::Check check = producers_.check(view);
  Produced produced{check.verdict, check.first, check.end, std::move(check.reason)};
  if (produced.verdict != ProduceVerdict::kAppended) return produced;
  const Result<Appended> appended = append(batch, now_ms);
  if (!appended) {
    producers_.refused(view);
    return std::unexpected(appended.error());
  }
  producers_.record(view, now_ms);  // looks into `batch`, which has its offsets now
  produced.first = appended->first;
  produced.end = appended->end;
  return produced;
}

Result<Appended> PartitionLogImpl::append(std::span<char> batches, int64_t now_ms) {
  RETURN_IF_ERROR(ready_to_write());
  if (batches.empty()) return fail(ErrorCode::kMalformed, "there is no record batch to append");
  Appended appended;
  appended.first = appended.end = segments_.back()->written.end;
  const std::string_view all(batches.data(), batches.size());
  int64_t newest_ms = -1;
  for (size_t at = 0; at < all.size();) {
    ASSIGN_OR_RETURN(const BatchView batch, BatchView::parse(all.substr(at)));
    record::set_base_offset(batches.data() + at, appended.end);
    record::set_leader_epoch(batches.data() + at, 0);
    appended.end = appended.end + (int64_t{batch.last_offset_delta()} + 1);
    newest_ms = std::max(newest_ms, batch.max_timestamp_ms());
    at += batch.size_bytes();
  }
  const Segment& last = *segments_.back();
  const uint64_t limit = std::min(segment_bytes_, kLargestSegmentBytes);
  const bool full = last.written.size_bytes + batches.size() > limit || appended.end - last.base() > INT32_MAX;
  if (last.written.size_bytes > 0 && (full || last_is_old(newest_ms))) RETURN_IF_ERROR(roll(appended.first));
  RETURN_IF_ERROR(write_and_publish(all, now_ms, appended));
  return appended;
}

Result<void> PartitionLogImpl::write_and_publish(std::string_view batches, int64_t now_ms, Appended& appended) {
  Segment& last = *segments_.back();
  if (Result<void> written = last.file()->append(batches); !written) {
    (void)last.file()->truncate(last.written.size_bytes);  // else the next append does it first
    return written;
  }
  // The disk works while more is appended.
  const bool much =
      (last.written.size_bytes + batches.size()) / kWriteBehindBytes != last.written.size_bytes / kWriteBehindBytes;
  if (much) start_sync();
  const std::lock_guard lock(mutex_);
  for (std::string_view rest = batches; !rest.empty();) {
    const auto batch = BatchView::parse(rest);  // sound: append() has looked at each
    last.note(*batch, options_.index_interval_bytes);
    rest.remove_prefix(batch->size_bytes());
  }
  if (!options_.sync_before_visible) last.visible = last.written;
  if (append_times_.empty()) append_times_first_ = appended.first;
  if (!append_times_.empty() && append_times_.back().wall_ms == now_ms) {
    append_times_.back().end = appended.end;
  } else {
    append_times_.push_back({appended.end, now_ms});
  }
  if (append_times_.size() > kAppendTimesKept) thin_append_times();
  return {};
}

/// Records that were appended soon after each other count as appended together, with the first of them: a little too
/// old, never too young, however far behind the reader is.
void PartitionLogImpl::thin_append_times() {
  const int64_t span_ms = append_times_.back().wall_ms - append_times_.front().wall_ms;
  const int64_t close_ms = span_ms / static_cast<int64_t>(kAppendTimesKept / 4) + 1;
  std::deque<AppendTime> kept;
  for (const AppendTime& entry : append_times_) {
    if (!kept.empty() && entry.wall_ms - kept.back().wall_ms <= close_ms) {
      kept.back().end = entry.end;
    } else {
      kept.push_back(entry);
    }
  }
  append_times_ = std::move(kept);
}

void PartitionLogImpl::refused(std::string_view batch) {
  if (const auto view = BatchView::parse(batch)) producers_.refused(*view);
}

void PartitionLogImpl::publish_visible() {
  const std::lock_guard lock(mutex_);
  segments_.back()->visible = segments_.back()->written;
}

void PartitionLogImpl::start_sync() {
  const Segment& last = *segments_.back();
  if (options_.sync_before_visible) last.file()->start_sync(last.visible.size_bytes);
}

Result<void> PartitionLogImpl::sync() {
  RETURN_IF_ERROR(ready_to_write());
  if (Result<void> synced = segments_.back()->file()->sync(); !synced) {
    if (options_.sync_before_visible) {
      ++cuts_;
      if (const Result<void> cut = cut_unsynced(); !cut) {
        uncut_ = synced.error().message + "; then " + cut.error().message;
      }
    }
    return synced;
  }
  publish_visible();
  return {};
}

Result<void> PartitionLogImpl::roll(Offset base) {
  RETURN_IF_ERROR(sync());
  Segment& full = *segments_.back();
  {
    const std::lock_guard lock(mutex_);
    full.note_last_timestamp();
  }
  RETURN_IF_ERROR(full.flush_indexes(fs_, true));
  RETURN_IF_ERROR(write_snapshot());
  Result<SegmentPointer> next = Segment::create(fs_, folder_, base);
  if (!next) {
    // A segment that was half made must not be found above batches that are yet to come.
    half_made_ = base;
    (void)mend();  // else before the next write
    return std::unexpected(std::move(next).error());
  }
  last_began_ms_.reset();
  const std::lock_guard lock(mutex_);
  (void)full.map_indexes(fs_);  // else they stay in memory
  recovery_point_ = base;
  segments_.push_back(std::move(*next));
  return {};
}

Result<void> PartitionLogImpl::write_snapshot() {
  const Offset end = segments_.back()->written.end;
  RETURN_IF_ERROR(fs_.replace_file(Segment::file_name(folder_, end, ".snapshot"), producers_.encode()));
  return remove_old_snapshots();
}

Result<void> PartitionLogImpl::remove_old_snapshots() {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, fs_.list(folder_));
  std::vector<std::string> snapshots;
  for (const std::string& name : names) {
    if (Segment::offset_of(name, ".snapshot")) snapshots.push_back(name);
  }
  for (size_t i = 0; i + kSnapshotsKept < snapshots.size(); ++i) {
    RETURN_IF_ERROR(fs_.remove(folder_ + "/" + snapshots[i]));
  }
  return {};
}

Result<void> PartitionLogImpl::checkpoint() {
  const Segment& last = *segments_.back();
  if (uncut_.empty() && !half_made_ && recovery_point() == last.written.end && !closed_) return {};  // nothing new
  RETURN_IF_ERROR(sync());
  RETURN_IF_ERROR(segments_.back()->flush_indexes(fs_, true));
  RETURN_IF_ERROR(write_snapshot());
  const std::lock_guard lock(mutex_);
  recovery_point_ = segments_.back()->written.end;
  return {};
}

Result<void> PartitionLogImpl::close() {
  if (closed_) return {};
  RETURN_IF_ERROR(checkpoint());
  closed_ = true;
  return {};
}

Result<void> PartitionLogImpl::drop_front(size_t count) {
  std::vector<SegmentPointer> dropped;
  {
    const std::lock_guard lock(mutex_);
    const auto middle = segments_.begin() + static_cast<std::ptrdiff_t>(count);
    dropped.assign(segments_.begin(), middle);
    segments_.erase(segments_.begin(), middle);
  }
  for (const SegmentPointer& segment : dropped) RETURN_IF_ERROR(Segment::remove_files(fs_, folder_, segment->base()));
  return dropped.empty() ? Result<void>{} : fs_.sync_folder(folder_);
}

Result<uint64_t> PartitionLogImpl::apply_retention(int64_t now_ms, int64_t retention_ms, int64_t max_bytes,
                                                   Offset keep_from) {
  RETURN_IF_ERROR(ready_to_write());
  const auto expired = [&](const Segment& segment) {
    return retention_ms >= 0 && segment.written.max_timestamp_ms >= 0 &&
           now_ms - segment.written.max_timestamp_ms > retention_ms;
  };
  const Segment& last = *segments_.back();
  const bool all_expired = std::all_of(segments_.begin(), segments_.end(), [&](const auto& s) { return expired(*s); });
  if (all_expired && last.written.size_bytes > 0 && last.written.end <= keep_from) {
    RETURN_IF_ERROR(roll(last.written.end));
  }
  uint64_t total = size_bytes();
  uint64_t freed = 0;
  size_t count = 0;
  while (count + 1 < segments_.size() && segments_[count + 1]->base() <= keep_from) {
    const Segment& segment = *segments_[count];
    // By size: only while what is left is still at least the limit, as Kafka does.
    const bool too_much = max_bytes >= 0 && total - segment.written.size_bytes >= static_cast<uint64_t>(max_bytes);
    if (!too_much && !expired(segment)) break;
    total -= segment.written.size_bytes;
    freed += segment.written.size_bytes;
    ++count;
  }
  RETURN_IF_ERROR(drop_front(count));
  return freed;
}

Result<void> PartitionLogImpl::ensure_end_at_least(Offset offset) {
  RETURN_IF_ERROR(ready_to_write());
  if (segments_.back()->written.end >= offset) return {};
  const bool was_empty = segments_.back()->written.size_bytes == 0;
  RETURN_IF_ERROR(roll(offset));
  if (!was_empty) return {};
  SegmentPointer empty;
  {
    const std::lock_guard lock(mutex_);
    empty = segments_[segments_.size() - 2];
    segments_.erase(segments_.end() - 2);
  }
  return Segment::remove_files(fs_, folder_, empty->base());
}

Offset PartitionLogImpl::recovery_point() const {
  const std::lock_guard lock(mutex_);
  return recovery_point_;
}

Offset PartitionLogImpl::log_start() const {
  const std::lock_guard lock(mutex_);
  return start();
}

Offset PartitionLogImpl::log_end() const {
  const std::lock_guard lock(mutex_);
  return segments_.back()->written.end;
}

Offset PartitionLogImpl::high_watermark() const {
  const std::lock_guard lock(mutex_);
  return segments_.back()->visible.end;
}

uint64_t PartitionLogImpl::size_bytes() const {
  const std::lock_guard lock(mutex_);
  uint64_t total = 0;
  for (const SegmentPointer& segment : segments_) total += segment->written.size_bytes;
  return total;
}

uint64_t PartitionLogImpl::oldest_closed_bytes() const {
  const std::lock_guard lock(mutex_);
  return segments_.size() > 1 ? segments_.front()->written.size_bytes : 0;
}

Offset PartitionLogImpl::open_segment_start() const {
  const std::lock_guard lock(mutex_);
  return segments_.back()->base();
}

int64_t PartitionLogImpl::appended_at_ms(Offset offset) const {
  const std::lock_guard lock(mutex_);
  if (append_times_.empty() || offset < append_times_first_) return 0;
  const auto found = std::upper_bound(append_times_.begin(), append_times_.end(), offset,
                                      [](Offset value, const AppendTime& entry) { return value < entry.end; });
  return found == append_times_.end() ? 0 : found->wall_ms;
}

}  // namespace freshet::log
