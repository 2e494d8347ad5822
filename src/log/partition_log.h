#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "base/ids.h"
#include "io/file_system.h"

/// A partition: a folder of segment files in Kafka's own on-disk format (record batches v2 verbatim, `.index`,
/// `.timeindex`, named by base offset).
namespace freshet::log {

struct LogOptions {
  uint64_t segment_bytes = uint64_t{256} << 20;
  uint32_t index_interval_bytes = 4096;
  bool sync_before_visible = true;  ///< durability: power. The high watermark is the synced end; else the written end
};

/// What recovery found and did.
struct RecoveryReport {
  uint64_t truncated_bytes = 0;
  std::string reason;  ///< empty: nothing was cut
};

struct Appended {
  Offset first;
  Offset end;  ///< one past the last
};

struct Read {
  Slice batches;      ///< whole record batches as they lie, possibly beginning before the offset asked for
  Offset next;        ///< offset after the last batch in `batches`
};

/// append(), sync(), roll and deletion: one writer thread. Everything const: any thread, beside the writer.
class PartitionLog {
 public:
  static Result<std::unique_ptr<PartitionLog>> open(io::FileSystem& fs, std::string folder, const LogOptions& options,
                                                    RecoveryReport& report);
  virtual ~PartitionLog() = default;

  /// `batches`: one or more checked record batches v2; base offsets and leader epoch are written into them in place.
  /// On failure the file is cut back to where it was.
  virtual Result<Appended> append(std::string& batches, int64_t now_ms) = 0;
  virtual Result<void> sync() = 0;

  virtual Offset log_start() const = 0;
  virtual Offset log_end() const = 0;
  virtual Offset high_watermark() const = 0;
  virtual uint64_t size_bytes() const = 0;
  /// Batches from the one that holds `from` on, below the high watermark, at most `max_bytes` but at least one batch.
  /// Empty at the high watermark; kOffsetOutOfRange outside of [log start, high watermark].
  virtual Result<Read> read(Offset from, size_t max_bytes) const = 0;
  struct TimestampedOffset {
    Offset offset{-1};
    int64_t timestamp_ms = -1;
  };
  /// First record at or after the timestamp (KIP-79); -1 without one.
  virtual Result<TimestampedOffset> offset_for_timestamp(int64_t timestamp_ms) const = 0;
  /// The record with the largest timestamp (KIP-734).
  virtual Result<TimestampedOffset> max_timestamp() const = 0;
  /// Wall time at which the batch that holds `offset` was appended, as far as still known (recent appends); 0 otherwise.
  virtual int64_t appended_at_ms(Offset offset) const = 0;

  /// Removes whole segments before `keep_from` that are older than `retention_ms` or in excess of `max_bytes`; returns bytes freed.
  virtual Result<uint64_t> apply_retention(int64_t now_ms, int64_t retention_ms, int64_t max_bytes, Offset keep_from) = 0;
  /// The end must be at least `offset` (a committed position survived where the log's tail did not).
  virtual Result<void> ensure_end_at_least(Offset offset) = 0;
};

}  // namespace freshet::log
