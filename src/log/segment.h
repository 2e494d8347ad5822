#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/ids.h"
#include "io/file_system.h"
#include "log/sparse_index.h"
#include "record/batch.h"

namespace freshet::log {

/// How far the content of a segment goes.
struct Extent {
  uint64_t size_bytes = 0;
  Offset end;  ///< one past the last record
  int64_t max_timestamp_ms = -1;
  Offset max_timestamp_offset;  ///< last offset of the batch that brought it
};

/// What a check of a segment's batches found.
struct ScanReport {
  uint64_t checked_bytes = 0;  ///< whose CRCs were computed
  uint64_t damaged_at = 0;     ///< position of the first batch that is not sound
  std::string damage;          ///< a phrase; empty: everything is sound
};

/// One file of batches with its two indexes: OFFSET.log, OFFSET.index, OFFSET.timeindex (OFFSET in 20 digits).
/// Guarded by its partition: the writer changes it under the partition's lock, readers look up under it.
class Segment {
 public:
  Segment(const std::string& folder, Offset base, std::shared_ptr<io::File> log_file);

  static std::string file_name(const std::string& folder, Offset base, std::string_view suffix);
  /// The offset in a file's name, if it has 20 digits and that suffix.
  static std::optional<Offset> offset_of(std::string_view name, std::string_view suffix);

  static Result<std::shared_ptr<Segment>> create(io::FileSystem& fs, const std::string& folder, Offset base);
  /// The last segment: checks its batches, with CRCs from `recovery_point` on (without one: all), and sets the extents
  /// to what is sound. Cuts nothing: see the report.
  static Result<std::shared_ptr<Segment>> open_last(io::FileSystem& fs, const std::string& folder, Offset base,
                                                    std::optional<Offset> recovery_point, ScanReport& report);
  /// A segment before the last: its indexes are used as they are when they fit, else built again (`rebuilt`). kCorrupt
  /// when its end does not fit the next segment's base.
  static Result<std::shared_ptr<Segment>> open_older(io::FileSystem& fs, const std::string& folder, Offset base,
                                                     Offset next_base, bool& rebuilt);

  Offset base() const { return base_; }
  const std::shared_ptr<io::File>& file() const { return file_; }
  const std::string& path() const { return path_; }
  const OffsetIndex& offsets() const { return offsets_; }
  const TimeIndex& times() const { return times_; }

  /// Takes a batch that was written at the end into `written` and, every `index_interval_bytes`, into the indexes.
  void note(const record::BatchView& batch, uint32_t index_interval_bytes);
  Result<void> flush_indexes(io::FileSystem& fs, bool sync);
  /// Nothing more will be appended: the largest timestamp goes into its index.
  void note_last_timestamp() { times_.append_if_larger(written.max_timestamp_ms, written.max_timestamp_offset); }
  /// After the last flush_indexes(): they are read from the files from now on.
  Result<void> map_indexes(io::FileSystem& fs);
  /// Whichever of the three are there.
  static Result<void> remove_files(io::FileSystem& fs, const std::string& folder, Offset base);

  Extent written;
  Extent visible;

 private:
  /// Batches from `position` on go into `extent` and the indexes.
  Result<ScanReport> scan(uint64_t position, std::optional<Offset> crc_from);
  /// Where the scan of the last segment may begin: keeps the index entries below the recovery point that are sound.
  uint64_t trusted_position(io::FileSystem& fs, Offset recovery_point);
  bool indexes_fit(Offset next_base);

  Offset base_;
  std::string path_;
  std::shared_ptr<io::File> file_;
  OffsetIndex offsets_;
  TimeIndex times_;
  uint64_t bytes_since_entry_ = 0;
};

inline constexpr uint32_t kRebuildIntervalBytes = 4096;  ///< Kafka's default index.interval.bytes

}  // namespace freshet::log
