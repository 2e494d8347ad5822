#include <algorithm>

#include "log/partition_log_impl.h"
#include "record/record_reader.h"

/// Reading: every function takes what it needs under the lock and looks at the files without it.
namespace freshet::log {

using record::BatchView;

namespace {

std::unexpected<Error> damaged(const std::string& path, uint64_t position, const Error& error) {
  return fail(ErrorCode::kCorrupt, "{} is damaged at byte {}: {}", path, position, error.message);
}

}  // namespace

PartitionLogImpl::Place PartitionLogImpl::locate_in(size_t index, Offset offset) const {
  const Segment& segment = *segments_[index];
  Place place;
  place.file = segment.file();
  place.path = segment.path();
  place.end = segment.visible.size_bytes;
  place.position = std::min(segment.offsets().lookup(offset).position, place.end);
  place.index = index;
  return place;
}

PartitionLogImpl::Place PartitionLogImpl::locate(Offset offset) const {
  const auto after =
      std::upper_bound(segments_.begin(), segments_.end(), offset,
                       [](Offset value, const SegmentPointer& segment) { return value < segment->base(); });
  return locate_in(after == segments_.begin() ? 0 : static_cast<size_t>(after - segments_.begin()) - 1, offset);
}

Result<Read> PartitionLogImpl::read(Offset from, size_t max_bytes) const {
  Offset at = from;
  while (true) {
    Place place;
    Offset next_base{-1};
    {
      const std::lock_guard lock(mutex_);
      const Offset end = segments_.back()->visible.end;
      if (at == from && (from < start() || from > end)) {
        return fail(ErrorCode::kOffsetOutOfRange, "offset {} is outside of the log in {}, which holds {} to {}",
                    from.value, folder_, start().value, end.value);
      }
      if (at >= end) return Read{{}, at};
      place = locate(at);
      if (place.index + 1 < segments_.size()) next_base = segments_[place.index + 1]->base();
    }
    ASSIGN_OR_RETURN(Slice slice, place.file->view(place.position, static_cast<size_t>(place.end - place.position)));
    const std::string_view all = slice.bytes;
    size_t begin = 0, end = 0;
    Offset next = at;
    bool found = false;
    while (end < all.size()) {
      const auto batch = BatchView::parse(all.substr(end));
      if (!batch) return damaged(place.path, place.position + end, batch.error());
      if (!found && batch->last_offset() < at) {
        begin = end += batch->size_bytes();
        continue;
      }
      if (found && end - begin + batch->size_bytes() > max_bytes) break;
      found = true;
      end += batch->size_bytes();
      next = batch->next_offset();
      if (end - begin >= max_bytes) break;
    }
    if (found) return Read{{all.substr(begin, end - begin), std::move(slice.owner)}, next};
    if (next_base.value < 0) return Read{{}, at};
    at = std::max(at, next_base);  // a gap: on with the next segment
  }
}

Result<PartitionLog::TimestampedOffset> PartitionLogImpl::offset_for_timestamp(int64_t timestamp_ms) const {
  // More than one segment is looked at only where the first one's matches lie before the log's start.
  for (Offset looked_at(-1);;) {
    Place place;
    Offset from, below;
    {
      const std::lock_guard lock(mutex_);
      size_t index = 0;
      while (index < segments_.size() &&
             (segments_[index]->base() <= looked_at || segments_[index]->visible.max_timestamp_ms < timestamp_ms)) {
        ++index;
      }
      if (index == segments_.size()) return TimestampedOffset{};
      looked_at = segments_[index]->base();
      from = start();
      const Offset begin = std::max(from, segments_[index]->times().lookup_below(timestamp_ms).offset);
      place = locate_in(index, begin);
      below = segments_.back()->visible.end;
    }
    ASSIGN_OR_RETURN(const TimestampedOffset found, first_record_at(std::move(place), timestamp_ms, from, below));
    if (found.offset.value >= 0) return found;
  }
}

Result<PartitionLog::TimestampedOffset> PartitionLogImpl::first_record_at(Place place, int64_t timestamp_ms,
                                                                          Offset from, Offset below) const {
  ASSIGN_OR_RETURN(const Slice slice,
                   place.file->view(place.position, static_cast<size_t>(place.end - place.position)));
  std::string_view rest = slice.bytes;
  record::RecordReader reader;
  record::Record record;
  while (!rest.empty()) {
    const auto batch = BatchView::parse(rest);
    if (!batch) return damaged(place.path, place.end - rest.size(), batch.error());
    rest.remove_prefix(batch->size_bytes());
    if (batch->max_timestamp_ms() < timestamp_ms || batch->last_offset() < from) continue;
    RETURN_IF_ERROR(reader.start(*batch));
    while (reader.next(record)) {
      if (record.offset >= below) return TimestampedOffset{};
      if (record.offset >= from && record.timestamp_ms >= timestamp_ms) {
        return TimestampedOffset{record.offset, record.timestamp_ms};
      }
    }
    if (reader.error() != nullptr) return std::unexpected(*reader.error());
  }
  return TimestampedOffset{};
}

/// The largest timestamp of the records from `from` on in a segment of which a part is deleted; -1 without any.
Result<int64_t> PartitionLogImpl::largest_timestamp(const Place& place, Offset from) const {
  ASSIGN_OR_RETURN(const Slice slice,
                   place.file->view(place.position, static_cast<size_t>(place.end - place.position)));
  int64_t largest_ms = -1;
  record::RecordReader reader;
  record::Record record;
  for (std::string_view rest = slice.bytes; !rest.empty();) {
    const auto batch = BatchView::parse(rest);
    if (!batch) return damaged(place.path, place.end - rest.size(), batch.error());
    rest.remove_prefix(batch->size_bytes());
    if (batch->last_offset() < from || batch->max_timestamp_ms() <= largest_ms) continue;
    if (batch->base_offset() >= from) {
      largest_ms = batch->max_timestamp_ms();
      continue;
    }
    RETURN_IF_ERROR(reader.start(*batch));
    while (reader.next(record)) {
      if (record.offset >= from) largest_ms = std::max(largest_ms, record.timestamp_ms);
    }
    if (reader.error() != nullptr) return std::unexpected(*reader.error());
  }
  return largest_ms;
}

Result<PartitionLog::TimestampedOffset> PartitionLogImpl::max_timestamp() const {
  Place partial;
  Offset from;
  int64_t largest_ms = -1;
  {
    const std::lock_guard lock(mutex_);
    from = start();
    for (size_t i = 0; i < segments_.size(); ++i) {
      if (i + 1 < segments_.size() && segments_[i + 1]->base() <= from) continue;  // deleted, and not removed yet
      const auto& visible = segments_[i]->visible;
      const bool cut = from > segments_[i]->base() && visible.max_timestamp_offset < from;
      if (cut) partial = locate_in(i, from);
      if (!cut) largest_ms = std::max(largest_ms, visible.max_timestamp_ms);
    }
  }
  if (partial.file) {
    ASSIGN_OR_RETURN(const int64_t of_partial_ms, largest_timestamp(partial, from));
    largest_ms = std::max(largest_ms, of_partial_ms);
  }
  return largest_ms < 0 ? TimestampedOffset{} : offset_for_timestamp(largest_ms);
}

}  // namespace freshet::log
