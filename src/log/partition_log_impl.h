#pragma once

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "log/partition_log.h"
#include "log/segment.h"

namespace freshet::log {

/// The partition over segment files. Private to the layer: others use PartitionLog.
class PartitionLogImpl final : public PartitionLog {
 public:
  PartitionLogImpl(io::FileSystem& fs, std::string folder, const LogOptions& options);

  /// Once, before anything else.
  Result<void> recover(std::optional<Offset> recovery_point, RecoveryReport& report);

  Result<Produced> produce(std::span<char> batch, int64_t now_ms) override;
  Result<Appended> append(std::span<char> batches, int64_t now_ms) override;
  Result<void> sync() override;
  uint64_t cuts() const override { return cuts_; }
  void start_sync() override;
  Result<void> checkpoint() override;
  Offset recovery_point() const override;
  Result<void> close() override;
  Offset log_start() const override;
  Offset log_end() const override;
  Offset high_watermark() const override;
  uint64_t size_bytes() const override;
  uint64_t oldest_closed_bytes() const override;
  Offset open_segment_start() const override;
  Result<Read> read(Offset from, size_t max_bytes) const override;
  Result<TimestampedOffset> offset_for_timestamp(int64_t timestamp_ms) const override;
  Result<TimestampedOffset> max_timestamp() const override;
  int64_t appended_at_ms(Offset offset) const override;
  void refused(std::string_view batch) override;
  void expire_producers(int64_t now_ms) override { producers_.expire(now_ms); }
  Result<uint64_t> apply_retention(int64_t now_ms, int64_t retention_ms, int64_t max_bytes, Offset keep_from) override;
  uint64_t removable_bytes(Offset keep_from) const override;
  Result<void> ensure_end_at_least(Offset offset) override;
  void set_segment_limits(uint64_t segment_bytes, int64_t segment_ms) override;
  Result<void> delete_before(Offset offset) override;
  std::vector<ProducerSummary> producers() const override { return producers_.summaries(); }

 private:
  using SegmentPointer = std::shared_ptr<Segment>;

  // Recovery.
  Result<std::vector<Offset>> find_segments();
  Result<void> open_last_segment(Offset base, std::optional<Offset> recovery_point, RecoveryReport& report);
  Result<void> restore_producers();
  /// What delete_before() wrote down.
  Result<void> restore_log_start();
  Result<void> scan_producers(Offset from, Offset to, bool history);
  /// A batch's offset, about kHistoryBytes before `until`.
  Offset history_start(Offset until) const;
  /// After a refused sync: back to what was synced before.
  Result<void> cut_unsynced();

  // Writing.
  Result<void> ready_to_write();
  Result<void> mend();
  Result<void> write_and_publish(std::string_view batches, int64_t now_ms, Appended& appended);
  Result<void> roll(Offset base);
  /// Whether a batch with this timestamp belongs into a new segment, by segment_ms.
  bool last_is_old(int64_t timestamp_ms);
  Result<void> write_snapshot();
  Result<void> remove_old_snapshots();
  void publish_visible();
  void thin_append_times();
  Result<void> drop_front(size_t count);
  Result<void> drop_below(Offset offset);

  // Reading.
  struct Place {
    std::shared_ptr<io::File> file;
    std::string path;
    uint64_t position = 0;  ///< of a batch
    uint64_t end = 0;       ///< of what may be read
    size_t index = 0;       ///< of the segment
  };
  /// Where to look for `offset`; the lock must be held.
  Place locate(Offset offset) const;
  Place locate_in(size_t segment, Offset offset) const;
  /// Of the records in [from, below).
  Result<TimestampedOffset> first_record_at(Place place, int64_t timestamp_ms, Offset from, Offset below) const;
  Result<int64_t> largest_timestamp(const Place& place, Offset from) const;
  /// The lock must be held.
  Offset start() const { return std::max(log_start_, segments_.front()->base()); }

  // Constant after construction.
  io::FileSystem& fs_;
  const std::string folder_;
  const LogOptions options_;

  // The writer's own.
  ProducerStates producers_;
  // What a failing disk left undone; nothing is written before.
  std::string uncut_;                ///< why what a refused sync left could not be cut away; empty: it could
  std::string lost_;                 ///< batches that a refused sync took back, until their producers are noted
  std::optional<Offset> half_made_;  ///< a segment above batches that are yet to come; its files could not be removed
  bool closed_ = false;
  uint64_t cuts_ = 0;
  uint64_t segment_bytes_;
  int64_t segment_ms_;
  std::optional<int64_t> last_began_ms_;  ///< timestamp of the last segment's first batch, once it was looked at

  // Protected by mutex_; only the writer changes them.
  mutable std::mutex mutex_;
  std::vector<SegmentPointer> segments_;  ///< ascending, never empty once recovered
  Offset log_start_;                      ///< by delete_before(); below the first segment's base it means nothing
  Offset recovery_point_;
  struct AppendTime {
    Offset end;
    int64_t wall_ms = 0;
  };
  Offset append_times_first_;
  std::deque<AppendTime> append_times_;
};

}  // namespace freshet::log
