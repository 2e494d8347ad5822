#include <algorithm>

#include "log/partition_log_impl.h"
#include "record/batch.h"

/// From files to a partition: after an orderly stop, a kill, a power cut.
namespace freshet::log {

using record::BatchView;

namespace {

/// How far before a snapshot the last batches of its producers are looked for: their requests in flight lie in it.
constexpr uint64_t kHistoryBytes = uint64_t{8} << 20;

}  // namespace

Result<std::unique_ptr<PartitionLog>> PartitionLog::open(io::FileSystem& fs, std::string folder,
                                                         const LogOptions& options, RecoveryReport& report,
                                                         std::optional<Offset> recovery_point) {
  auto log = std::make_unique<PartitionLogImpl>(fs, std::move(folder), options);
  RETURN_IF_ERROR(log->recover(recovery_point, report));
  return log;
}

Result<void> PartitionLogImpl::recover(std::optional<Offset> recovery_point, RecoveryReport& report) {
  report = {};
  RETURN_IF_ERROR(fs_.create_folders(folder_));
  ASSIGN_OR_RETURN(std::vector<Offset> bases, find_segments());
  if (bases.empty()) {
    ASSIGN_OR_RETURN(SegmentPointer first, Segment::create(fs_, folder_, Offset(0)));
    segments_.push_back(std::move(first));
    RETURN_IF_ERROR(restore_producers());
    return restore_log_start();
  }
  for (size_t i = 0; i + 1 < bases.size(); ++i) {
    bool rebuilt = false;
    Result<SegmentPointer> segment = Segment::open_older(fs_, folder_, bases[i], bases[i + 1], rebuilt);
    if (!segment && i + 2 == bases.size()) {
      ASSIGN_OR_RETURN(const uint64_t last_bytes, fs_.file_size(Segment::file_name(folder_, bases.back(), ".log")));
      if (last_bytes == 0) {  // a roll that failed, whose removal a power cut undid: the one before it is the last
        RETURN_IF_ERROR(Segment::remove_files(fs_, folder_, bases.back()));
        bases.pop_back();
        break;
      }
    }
    if (!segment) return std::unexpected(std::move(segment).error());
    report.rebuilt_indexes += rebuilt ? 1 : 0;
    segments_.push_back(std::move(*segment));
  }
  RETURN_IF_ERROR(open_last_segment(bases.back(), recovery_point, report));
  RETURN_IF_ERROR(restore_producers());
  return restore_log_start();
}

Result<std::vector<Offset>> PartitionLogImpl::find_segments() {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, fs_.list(folder_));
  std::vector<Offset> bases;
  for (const std::string& name : names) {
    if (const auto base = Segment::offset_of(name, ".log")) bases.push_back(*base);
    if (name.ends_with(".tmp")) RETURN_IF_ERROR(fs_.remove(folder_ + "/" + name));
  }
  for (const std::string& name : names) {  // indexes whose segment was being removed
    for (const std::string_view suffix : {".index", ".timeindex"}) {
      const auto base = Segment::offset_of(name, suffix);
      if (base && !std::binary_search(bases.begin(), bases.end(), *base))
        RETURN_IF_ERROR(fs_.remove(folder_ + "/" + name));
    }
  }
  // An empty segment before the last one is the trace of a raised log end: see ensure_end_at_least().
  std::vector<Offset> kept;
  for (size_t i = 0; i < bases.size(); ++i) {
    if (i + 1 < bases.size()) {
      ASSIGN_OR_RETURN(const uint64_t size, fs_.file_size(Segment::file_name(folder_, bases[i], ".log")));
      if (size == 0) {
        RETURN_IF_ERROR(Segment::remove_files(fs_, folder_, bases[i]));
        continue;
      }
    }
    kept.push_back(bases[i]);
  }
  return kept;
}

Result<void> PartitionLogImpl::open_last_segment(Offset base, std::optional<Offset> recovery_point,
                                                 RecoveryReport& report) {
  ScanReport scan;
  ASSIGN_OR_RETURN(SegmentPointer last, Segment::open_last(fs_, folder_, base, recovery_point, scan));
  const Offset end = last->written.end;
  report.checked_bytes += scan.checked_bytes;
  if (!scan.damage.empty()) {
    if (recovery_point && end < *recovery_point) {
      return fail(ErrorCode::kCorrupt,
                  "{} is damaged at byte {}: {}; everything below offset {} was known to be safe on the disk, so "
                  "nothing was cut: "
                  "restore the file from a copy",
                  last->path(), scan.damaged_at, scan.damage, recovery_point->value);
    }
    const uint64_t size = last->file()->size();
    report.truncated_bytes = size - scan.damaged_at;
    report.reason = fmt::format("{} was cut at byte {} (offset {}), {} bytes were lost: {}", last->path(),
                                scan.damaged_at, end.value, report.truncated_bytes, scan.damage);
    RETURN_IF_ERROR(last->file()->truncate(scan.damaged_at));
  } else if (recovery_point && end < *recovery_point) {
    report.reason = fmt::format("{} ends at offset {}, although everything below {} was safe on the disk once",
                                last->path(), end.value, recovery_point->value);
  }
  // After a kill the tail may be in memory only; what becomes visible now must not be lost by a later power cut.
  if (options_.sync_before_visible && (scan.checked_bytes > 0 || report.truncated_bytes > 0)) {
    RETURN_IF_ERROR(last->file()->sync());
  }
  // The same holds for the file's name: the process may have died between making the segment and syncing its folder.
  if (options_.sync_before_visible) RETURN_IF_ERROR(fs_.sync_folder(folder_));
  recovery_point_ = recovery_point ? std::min(std::max(*recovery_point, base), end) : base;
  segments_.push_back(std::move(last));
  return {};
}

Result<void> PartitionLogImpl::restore_producers() {
  producers_.clear();
  const Offset end = segments_.back()->written.end;
  ASSIGN_OR_RETURN(const std::vector<std::string> names, fs_.list(folder_));
  Offset from = segments_.front()->base();
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    const auto offset = Segment::offset_of(*name, ".snapshot");
    if (!offset) continue;
    const std::string path = folder_ + "/" + *name;
    const Result<std::string> bytes =
        *offset > end ? Result<std::string>(fail(ErrorCode::kCorrupt, "beyond the end")) : fs_.read_file(path);
    if (bytes && producers_.decode(*bytes)) {
      from = *offset;
      break;
    }
    RETURN_IF_ERROR(fs_.remove(path));
  }
  if (producers_.size() > 0) RETURN_IF_ERROR(scan_producers(history_start(from), from, true));
  return scan_producers(from, end, false);
}

Offset PartitionLogImpl::history_start(Offset until) const {
  uint64_t bytes = 0;
  for (size_t i = segments_.size(); i-- > 0;) {
    const Segment& segment = *segments_[i];
    if (segment.base() >= until) continue;
    const OffsetIndex& index = segment.offsets();
    const uint64_t position = index.lookup(until).position;
    if (bytes + position < kHistoryBytes) {
      bytes += position;
      continue;
    }
    const uint64_t start = position - std::min(position, kHistoryBytes - bytes);
    for (size_t e = index.count(); e-- > 0;) {
      if (index.at(e).position <= start) return index.at(e).offset;
    }
    return segment.base();
  }
  return segments_.front()->base();
}

Result<void> PartitionLogImpl::scan_producers(Offset from, Offset to, bool history) {
  for (size_t i = 0; i < segments_.size(); ++i) {
    const Segment& segment = *segments_[i];
    if (segment.base() >= to || (i + 1 < segments_.size() && segments_[i + 1]->base() <= from)) continue;
    const uint64_t position = segment.offsets().lookup(from).position;
    ASSIGN_OR_RETURN(const Slice slice,
                     segment.file()->view(position, static_cast<size_t>(segment.written.size_bytes - position)));
    for (std::string_view rest = slice.bytes; !rest.empty();) {
      const auto batch = BatchView::parse(rest);
      if (!batch) {
        return fail(ErrorCode::kCorrupt, "{} is damaged at byte {}: {}", segment.path(),
                    segment.written.size_bytes - rest.size(), batch.error().message);
      }
      rest.remove_prefix(batch->size_bytes());
      if (batch->base_offset() >= to) break;
      if (batch->last_offset() < from) continue;
      history ? producers_.add_history(*batch) : producers_.record(*batch, 0);
    }
  }
  return {};
}

Result<void> PartitionLogImpl::cut_unsynced() {
  const SegmentPointer old = segments_.back();
  const Offset synced_end = old->visible.end;
  const uint64_t size = std::min(old->file()->size(), old->written.size_bytes);
  if (size > old->visible.size_bytes) {
    const auto tail = old->file()->view(old->visible.size_bytes, static_cast<size_t>(size - old->visible.size_bytes));
    if (tail) lost_ = tail->bytes;
  }
  RETURN_IF_ERROR(old->file()->truncate(old->visible.size_bytes));
  ScanReport scan;
  ASSIGN_OR_RETURN(SegmentPointer fresh, Segment::open_last(fs_, folder_, old->base(), synced_end, scan));
  if (!scan.damage.empty() || fresh->written.end != synced_end) {
    return fail(ErrorCode::kCorrupt, "{} does not end where it was synced", fresh->path());
  }
  {
    const std::lock_guard lock(mutex_);
    segments_.back() = std::move(fresh);
    last_began_ms_.reset();
    recovery_point_ = std::min(recovery_point_, synced_end);
    while (!append_times_.empty() && append_times_.back().end > synced_end) append_times_.pop_back();
  }
  RETURN_IF_ERROR(restore_producers());
  for (std::string_view rest = lost_; !rest.empty();) {
    const auto batch = BatchView::parse(rest);
    if (!batch) break;
    producers_.refused(*batch);
    rest.remove_prefix(batch->size_bytes());
  }
  lost_ = {};
  return {};
}

}  // namespace freshet::log
