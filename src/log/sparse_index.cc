#include "log/sparse_index.h"

#include <algorithm>

namespace freshet::log {
namespace {

/// First index in [0, count) for which `before` is false.
template <class Before>
size_t partition_point(size_t count, Before before) {
  size_t low = 0;
  while (count > 0) {
    const size_t half = count / 2;
    if (before(low + half)) {
      low += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return low;
}

}  // namespace

void IndexFile::keep(size_t count) {
  grown_.resize(std::min(grown_.size(), count * entry_bytes_));
  flushed_bytes_ = std::min(flushed_bytes_, grown_.size());
}

Result<void> IndexFile::load(io::FileSystem& fs, bool map) {
  grown_.clear();
  mapped_ = {};
  flushed_bytes_ = 0;
  ASSIGN_OR_RETURN(auto file, fs.open(path_, io::OpenMode::kRead));
  if (file->size() % entry_bytes_ != 0) return fail(ErrorCode::kCorrupt, "{} does not hold whole entries", path_);
  if (map) {
    ASSIGN_OR_RETURN(mapped_, file->view(0, static_cast<size_t>(file->size())));
    return {};
  }
  ASSIGN_OR_RETURN(grown_, file->read_at(0, static_cast<size_t>(file->size())));
  flushed_bytes_ = grown_.size();
  return {};
}

Result<void> IndexFile::flush(io::FileSystem& fs, bool sync) {
  if (!file_) {
    ASSIGN_OR_RETURN(file_, fs.open(path_, io::OpenMode::kCreateOrAppend));
  }
  if (file_->size() != flushed_bytes_) {
    flushed_bytes_ = std::min<size_t>(flushed_bytes_, static_cast<size_t>(file_->size()));
    RETURN_IF_ERROR(file_->truncate(flushed_bytes_));
  }
  if (flushed_bytes_ < grown_.size()) {
    RETURN_IF_ERROR(file_->append(std::string_view(grown_).substr(flushed_bytes_)));
    flushed_bytes_ = grown_.size();
  }
  return sync ? file_->sync() : Result<void>{};
}

Result<void> IndexFile::map(io::FileSystem& fs) {
  file_.reset();
  ASSIGN_OR_RETURN(auto file, fs.open(path_, io::OpenMode::kRead));
  ASSIGN_OR_RETURN(Slice slice, file->view(0, static_cast<size_t>(file->size())));
  if (slice.bytes != grown_) return fail(ErrorCode::kIo, "{} does not hold what was written to it", path_);
  if (!slice.owner) return {};  // empty
  mapped_ = std::move(slice);
  grown_ = std::string();
  return {};
}

OffsetIndex::Entry OffsetIndex::at(size_t i) const {
  const char* entry = file.entry(i);
  return {base_ + load_big<int32_t>(entry), static_cast<uint32_t>(load_big<int32_t>(entry + 4))};
}

void OffsetIndex::append(Offset last_offset, uint64_t position) {
  char entry[kEntryBytes];
  store_big(entry, static_cast<int32_t>(last_offset - base_));
  store_big(entry + 4, static_cast<int32_t>(position));
  file.append({entry, sizeof entry});
}

OffsetIndex::Entry OffsetIndex::lookup(Offset offset) const {
  const size_t after = partition_point(count(), [&](size_t i) { return at(i).offset <= offset; });
  return after == 0 ? Entry{base_, 0} : at(after - 1);
}

bool OffsetIndex::plausible(uint64_t segment_bytes) const {
  const size_t entries = count();
  Entry previous{base_ + -1, 0};
  for (size_t i = 0; i < entries; ++i) {
    const Entry entry = at(i);
    if (entry.offset <= previous.offset || entry.position >= segment_bytes) return false;
    if (i > 0 && entry.position <= previous.position) return false;
    previous = entry;
  }
  return true;
}

TimeIndex::Entry TimeIndex::at(size_t i) const {
  const char* entry = file.entry(i);
  return {load_big<int64_t>(entry), base_ + load_big<int32_t>(entry + 8)};
}

void TimeIndex::append_if_larger(int64_t timestamp_ms, Offset offset) {
  if (timestamp_ms <= last().timestamp_ms) return;
  char entry[kEntryBytes];
  store_big(entry, timestamp_ms);
  store_big(entry + 8, static_cast<int32_t>(offset - base_));
  file.append({entry, sizeof entry});
}

TimeIndex::Entry TimeIndex::lookup_below(int64_t timestamp_ms) const {
  const size_t after = partition_point(count(), [&](size_t i) { return at(i).timestamp_ms < timestamp_ms; });
  return after == 0 ? Entry{-1, base_} : at(after - 1);
}

bool TimeIndex::plausible() const {
  Entry previous{-1, base_};
  for (size_t i = 0; i < count(); ++i) {
    const Entry entry = at(i);
    if (entry.timestamp_ms <= previous.timestamp_ms || entry.offset < previous.offset) return false;
    previous = entry;
  }
  return true;
}

}  // namespace freshet::log
