#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/ids.h"
#include "io/file_system.h"
#include "log/producer_state.h"

/// A partition: a folder of segment files in Kafka's own on-disk format (record batches v2 verbatim, `.index`,
/// `.timeindex`, named by base offset).
namespace freshet::log {

struct LogOptions {
  /// LogManager only: what the cluster id is made from when the folder is new (random; the log has no randomness of its
  /// own).
  Uuid cluster_id_if_new{};
  uint64_t segment_bytes = uint64_t{256} << 20;
  int64_t segment_ms = 604'800'000;  ///< Kafka's segment.ms: by the records' timestamps; -1: size alone decides
  uint32_t index_interval_bytes = 4096;
  bool sync_before_visible = true;  ///< durability: power. The high watermark is the synced end; else the written end
};

/// What recovery found and did.
struct RecoveryReport {
  uint64_t truncated_bytes = 0;
  std::string reason;          ///< empty: nothing was cut
  uint64_t checked_bytes = 0;  ///< whose CRCs were computed
  uint32_t rebuilt_indexes = 0;
};

struct Appended {
  Offset first;
  Offset end;  ///< one past the last
};

/// Answer to produce(). With kAppended and kDuplicate the offsets are set, else `reason` is.
struct Produced {
  ProduceVerdict verdict = ProduceVerdict::kAppended;
  Offset first{-1};
  Offset end{-1};  ///< acks=all: answer once high_watermark() >= end, for a duplicate too: its first copy may not be
                   ///< synced yet
  std::string reason;
};

struct Read {
  Slice batches;  ///< whole record batches as they lie, possibly beginning before the offset asked for
  Offset next;    ///< offset after the last batch in `batches`
};

/// Everything that changes it: one writer thread. Everything const: any thread, beside the writer.
/// Destroyed without close(), it is as if the process had been killed: nothing is lost, the next open checks more.
class PartitionLog {
 public:
  /// Makes the folder where it is missing. Checks the CRCs of what lies above `recovery_point` in the last segment and
  /// cuts it at the first batch that is damaged or out of order; the segments before it must fit together (else
  /// kCorrupt). Without a recovery point the whole last segment is checked. Missing or wrong indexes are built again.
  static Result<std::unique_ptr<PartitionLog>> open(io::FileSystem& fs, std::string folder, const LogOptions& options,
                                                    RecoveryReport& report,
                                                    std::optional<Offset> recovery_point = std::nullopt);
  virtual ~PartitionLog() = default;

  /// The one way for a client's batch into the log: checks the producer's sequence, answers duplicates with their first
  /// offsets, appends otherwise and remembers it. `batch`: exactly one batch that record::check_produced() accepted (on
  /// another thread); base offset and leader epoch are written into it in place. An error (disk full, …) leaves log and
  /// producer state as they were.
  virtual Result<Produced> produce(std::span<char> batch, int64_t now_ms) = 0;

  /// For batches of our own (internal topics): one or more record batches v2, without sequence checks; base offsets and
  /// leader epoch are written into them in place. On failure the file is cut back to where it was.
  virtual Result<Appended> append(std::span<char> batches, int64_t now_ms) = 0;
  /// What was appended survives a power cut, and becomes visible with sync_before_visible. When the disk refuses, what
  /// was not yet visible is cut off again: none of it may be acknowledged.
  virtual Result<void> sync() = 0;
  /// How often a refused sync, also one within append(), checkpoint() or apply_retention(), has cut off what was not
  /// yet visible: what was appended before the number changed is gone. The writer thread only.
  virtual uint64_t cuts() const = 0;
  /// A hint that sync() will follow, for who syncs several partitions: their writes then run side by side, and the file
  /// system commits its journal once for all of them (four partitions with 8 MB each: 30 to 70 ms instead of 160).
  virtual void start_sync() = 0;
  /// sync(), indexes and producer snapshot written too. Below recovery_point() a later open need not check.
  virtual Result<void> checkpoint() = 0;
  virtual Offset recovery_point() const = 0;
  /// checkpoint(), and nothing may be appended afterwards; reading goes on.
  virtual Result<void> close() = 0;

  virtual Offset log_start() const = 0;
  virtual Offset log_end() const = 0;
  virtual Offset high_watermark() const = 0;
  virtual uint64_t size_bytes() const = 0;
  /// Of the oldest segment that retention may remove; 0: there is only the one that is being written.
  virtual uint64_t oldest_closed_bytes() const = 0;
  /// Where the segment that is being written begins.
  virtual Offset open_segment_start() const = 0;
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
  /// Wall time at which the batch that holds `offset` was appended, as far as still known (recent appends); 0
  /// otherwise.
  virtual int64_t appended_at_ms(Offset offset) const = 0;

  /// Sizes of the segments that come next; the writer thread only.
  virtual void set_segment_limits(uint64_t segment_bytes, int64_t segment_ms) = 0;
  /// The log starts at `offset`: what lies before it is not read any more, and whole segments of it are removed. Kept
  /// in the file `log-start-offset` of the folder, written before it takes effect. Nothing happens below the log start;
  /// kOffsetOutOfRange above the high watermark.
  virtual Result<void> delete_before(Offset offset) = 0;
  /// The idempotent producers that are remembered, by id; the writer thread only.
  virtual std::vector<ProducerSummary> producers() const = 0;
  /// A producer's batch that was refused before it came here, to be sent again: of a producer that is not known,
  /// nothing after it is accepted before it. Writer's thread.
  virtual void refused(std::string_view batch) = 0;
  /// Forgets idempotent producers that have been silent for a day (Kafka's producer.id.expiration.ms).
  virtual void expire_producers(int64_t now_ms) = 0;
  /// Removes whole segments before `keep_from` that are older than `retention_ms` or in excess of `max_bytes`
  /// (either: -1 for no limit; the age is that of a segment's newest record); returns bytes freed. Never the last
  /// segment.
  virtual Result<uint64_t> apply_retention(int64_t now_ms, int64_t retention_ms, int64_t max_bytes,
                                           Offset keep_from) = 0;
  /// What apply_retention() could remove before `keep_from`: whole segments, never the last one.
  virtual uint64_t removable_bytes(Offset keep_from) const = 0;
  /// The end must be at least `offset` (a committed position survived where the log's tail did not). Leaves a gap in
  /// the offsets, between two segments; read() below it goes on after it.
  virtual Result<void> ensure_end_at_least(Offset offset) = 0;
};

}  // namespace freshet::log
