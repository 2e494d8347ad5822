#include "log/segment.h"

#include <algorithm>
#include <charconv>

namespace freshet::log {

using record::BatchView;

Segment::Segment(const std::string& folder, Offset base, std::shared_ptr<io::File> log_file)
    : base_(base),
      path_(file_name(folder, base, ".log")),
      file_(std::move(log_file)),
      offsets_(file_name(folder, base, ".index"), base),
      times_(file_name(folder, base, ".timeindex"), base) {
  written.end = written.max_timestamp_offset = base;
  visible = written;
}

std::string Segment::file_name(const std::string& folder, Offset base, std::string_view suffix) {
  return fmt::format("{}/{:020}{}", folder, base.value, suffix);
}

std::optional<Offset> Segment::offset_of(std::string_view name, std::string_view suffix) {
  constexpr size_t kDigits = 20;
  if (name.size() != kDigits + suffix.size() || !name.ends_with(suffix)) return std::nullopt;
  int64_t value = 0;
  const char* end = name.data() + kDigits;
  const auto [stop, error] = std::from_chars(name.data(), end, value);
  if (error != std::errc() || stop != end || value < 0) return std::nullopt;
  return Offset(value);
}

Result<std::shared_ptr<Segment>> Segment::create(io::FileSystem& fs, const std::string& folder, Offset base) {
  ASSIGN_OR_RETURN(auto file, fs.open(file_name(folder, base, ".log"), io::OpenMode::kCreateOrAppend));
  if (file->size() > 0) RETURN_IF_ERROR(file->truncate(0));
  auto segment = std::make_shared<Segment>(folder, base, std::shared_ptr<io::File>(std::move(file)));
  RETURN_IF_ERROR(segment->flush_indexes(fs, false));
  RETURN_IF_ERROR(fs.sync_folder(folder));
  return segment;
}

void Segment::note(const BatchView& batch, uint32_t index_interval_bytes) {
  const uint64_t position = written.size_bytes;
  if (batch.max_timestamp_ms() > written.max_timestamp_ms) {
    written.max_timestamp_ms = batch.max_timestamp_ms();
    written.max_timestamp_offset = batch.last_offset();
  }
  if (bytes_since_entry_ > index_interval_bytes) {
    offsets_.append(batch.last_offset(), position);
    times_.append_if_larger(written.max_timestamp_ms, written.max_timestamp_offset);
    bytes_since_entry_ = 0;
  }
  bytes_since_entry_ += batch.size_bytes();
  written.size_bytes += batch.size_bytes();
  written.end = batch.next_offset();
}

Result<void> Segment::flush_indexes(io::FileSystem& fs, bool sync) {
  RETURN_IF_ERROR(offsets_.file.flush(fs, sync));
  return times_.file.flush(fs, sync);
}

Result<void> Segment::map_indexes(io::FileSystem& fs) {
  RETURN_IF_ERROR(offsets_.file.map(fs));
  return times_.file.map(fs);
}

Result<void> Segment::remove_files(io::FileSystem& fs, const std::string& folder, Offset base) {
  // The batches last: without them the indexes would be left for ever, without the indexes they are built again.
  for (const std::string_view suffix : {".index", ".timeindex", ".log"}) {
    const std::string path = file_name(folder, base, suffix);
    if (fs.exists(path)) RETURN_IF_ERROR(fs.remove(path));
  }
  return {};
}

Result<ScanReport> Segment::scan(uint64_t position, std::optional<Offset> crc_from) {
  ScanReport report;
  const uint64_t size = file_->size();
  ASSIGN_OR_RETURN(const Slice slice, file_->view(position, static_cast<size_t>(size - position)));
  std::string_view rest = slice.bytes;
  written.size_bytes = position;
  bytes_since_entry_ = 0;
  const auto damaged = [&](std::string what) {
    report.damaged_at = written.size_bytes;
    report.damage = std::move(what);
  };
  while (!rest.empty()) {
    const Result<BatchView> batch = BatchView::parse(rest);
    if (!batch) {
      damaged(batch.error().message);
      break;
    }
    if (batch->base_offset() < written.end || batch->last_offset() - base_ > INT32_MAX) {
      damaged(fmt::format("a batch at offset {} follows offset {}", batch->base_offset().value, written.end.value - 1));
      break;
    }
    if (crc_from && batch->last_offset() >= *crc_from) {
      report.checked_bytes += batch->size_bytes();
      if (!batch->crc_matches()) {
        damaged(fmt::format("the CRC of the batch at offset {} does not match", batch->base_offset().value));
        break;
      }
    }
    note(*batch, kRebuildIntervalBytes);
    rest.remove_prefix(batch->size_bytes());
  }
  visible = written;
  return report;
}

uint64_t Segment::trusted_position(io::FileSystem& fs, Offset recovery_point) {
  const auto start_over = [&] {
    offsets_.file.keep(0);
    times_.file.keep(0);
    return uint64_t{0};
  };
  if (!offsets_.file.load(fs, false) || !times_.file.load(fs, false)) return start_over();
  if (!offsets_.plausible(file_->size()) || !times_.plausible()) return start_over();
  size_t kept = offsets_.count();
  while (kept > 0 && offsets_.at(kept - 1).offset >= recovery_point) --kept;
  if (kept == 0) return start_over();
  const OffsetIndex::Entry last = offsets_.at(kept - 1);
  const auto front = file_->view(last.position, static_cast<size_t>(file_->size() - last.position));
  if (!front) return start_over();
  const auto batch = BatchView::parse(front->bytes);
  if (!batch || batch->last_offset() != last.offset) return start_over();
  offsets_.file.keep(kept);
  size_t times_kept = times_.count();
  while (times_kept > 0 && times_.at(times_kept - 1).offset > last.offset) --times_kept;
  times_.file.keep(times_kept);
  if (times_kept > 0) {
    written.max_timestamp_ms = times_.last().timestamp_ms;
    written.max_timestamp_offset = times_.last().offset;
  }
  written.end = batch->base_offset();
  return last.position;
}

Result<std::shared_ptr<Segment>> Segment::open_last(io::FileSystem& fs, const std::string& folder, Offset base,
                                                    std::optional<Offset> recovery_point, ScanReport& report) {
  ASSIGN_OR_RETURN(auto file, fs.open(file_name(folder, base, ".log"), io::OpenMode::kCreateOrAppend));
  auto segment = std::make_shared<Segment>(folder, base, std::shared_ptr<io::File>(std::move(file)));
  const uint64_t start = recovery_point ? segment->trusted_position(fs, *recovery_point) : 0;
  ASSIGN_OR_RETURN(report, segment->scan(start, recovery_point.value_or(base)));
  return segment;
}

bool Segment::indexes_fit(Offset next_base) {
  if (!offsets_.plausible(file_->size()) || !times_.plausible()) return false;
  if (offsets_.count() > 0 && offsets_.at(offsets_.count() - 1).offset >= next_base) return false;
  return times_.count() > 0 && times_.last().offset < next_base;
}

Result<std::shared_ptr<Segment>> Segment::open_older(io::FileSystem& fs, const std::string& folder, Offset base,
                                                     Offset next_base, bool& rebuilt) {
  ASSIGN_OR_RETURN(auto file, fs.open(file_name(folder, base, ".log"), io::OpenMode::kRead));
  auto segment = std::make_shared<Segment>(folder, base, std::shared_ptr<io::File>(std::move(file)));
  Segment& s = *segment;
  rebuilt = false;
  // Only the tail behind the last index entry is looked at: that is enough to see that the segment is whole.
  if (s.offsets_.file.load(fs, true) && s.times_.file.load(fs, true) && s.indexes_fit(next_base)) {
    const OffsetIndex::Entry last =
        s.offsets_.count() == 0 ? OffsetIndex::Entry{base, 0} : s.offsets_.at(s.offsets_.count() - 1);
    Segment probe(folder, base, s.file_);
    ASSIGN_OR_RETURN(const ScanReport report, probe.scan(last.position, std::nullopt));
    if (report.damage.empty() && probe.written.end <= next_base) {
      s.written = probe.written;
      s.written.max_timestamp_ms = s.times_.last().timestamp_ms;
      s.written.max_timestamp_offset = s.times_.last().offset;
      s.visible = s.written;
      return segment;
    }
  }
  rebuilt = true;
  auto fresh = std::make_shared<Segment>(folder, base, s.file_);
  ASSIGN_OR_RETURN(const ScanReport report, fresh->scan(0, std::nullopt));
  if (!report.damage.empty()) {
    return fail(
        ErrorCode::kCorrupt,
        "{} is damaged at byte {}: {}; it lies before newer data, so nothing was cut: restore the file from a copy",
        s.path_, report.damaged_at, report.damage);
  }
  if (fresh->written.end > next_base) {
    return fail(ErrorCode::kCorrupt, "{} ends at offset {}, but the next segment begins at {}", s.path_,
                fresh->written.end.value, next_base.value);
  }
  fresh->note_last_timestamp();
  RETURN_IF_ERROR(fresh->flush_indexes(fs, true));
  RETURN_IF_ERROR(fresh->map_indexes(fs));
  return fresh;
}

}  // namespace freshet::log
