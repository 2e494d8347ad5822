#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "ingest/batch.h"
#include "ingest/intent.h"
#include "ingest/source.h"
#include "ingest/warehouse.h"

/// The exactly-once protocol of one lane (one target table of one shard) as a state machine. It owns no thread, clock,
/// socket or file: who drives it runs the actions that it yields and hands back their answers.
///
/// There are two channels, each with at most one action under way: the main channel (load, save an intent, insert,
/// repair) and the build channel (read and decode). So the next batch is decoded while one is in flight, and never more
/// than one intent is unanswered. How a batch goes and what follows an error is told in docs/exactly-once.md.
namespace freshet::ingest {

struct LaneConfig {
  Uuid project;
  std::string stream;
  std::string raw_table;   ///< as it stands in tokens
  std::string definition;  ///< hash of the stream's definition
  int decoder_version = 1;
  Epoch epoch;
  int32_t partitions = 0;
  int64_t floor_us = 20'000;
  /// After an insert, for each of its rows: what the next one waits, unless it is full. An insert, and the merges of
  /// its parts, cost as much as tens of thousands of rows: where many come, larger batches leave the processor to them.
  int64_t pause_ns_per_row = 3'000;
  int64_t pause_max_us = 150'000;
  int64_t max_rows = 200'000;
  int64_t max_bytes = int64_t{64} << 20;
  int64_t extend_rows = 10'000;        ///< while a batch is in flight, decode ahead only in pieces of at least this
  int64_t confirm_after_us = 500'000;  ///< an idle lane commits its position after this
  int64_t backoff_min_us = 50'000;
  int64_t backoff_max_us = 5'000'000;
  int freeze_after = 3;  ///< refusals of one batch by one view
};

// --- main channel -------------------------------------------------------------------------------------------------
struct LoadAction {};
struct SaveAction {
  std::vector<Commit> commits;
};
struct InsertAction {
  Table table = Table::kRaw;
  std::shared_ptr<const BuiltBatch> batch;
  std::string token;
  std::string query_id;
};
struct ProbeAction {};
struct CountAction {
  std::vector<Range> ranges;
  std::string query_id;  ///< how the ids of all queries of the batch begin
};
struct FillAction {
  Table table = Table::kRaw;
  std::shared_ptr<const BuiltBatch> batch;
  std::string token;
};
struct HealViewsAction {
  std::vector<Range> ranges;
  std::string token;
};
struct RebuildViewsAction {};
struct RestartEngineAction {
  std::string reason;
};
/// Takes the trigger of a view away that no repeat of the insert will satisfy. The batch is then sent again with its
/// token: raw and the views that hold it already take no notice, those that miss it get it.
struct FreezeViewAction {
  std::string trigger;
  std::string error;  ///< ClickHouse's words
};
using MainAction = std::variant<LoadAction, SaveAction, InsertAction, ProbeAction, CountAction, FillAction,
                                HealViewsAction, RebuildViewsAction, RestartEngineAction, FreezeViewAction>;

/// Answer to LoadAction.
struct Loaded {
  EngineFacts facts;
  std::vector<Commit> committed;
  std::vector<Bounds> bounds;  ///< by partition
  std::vector<StoredRows> raw;
  std::vector<StoredRows> dead;
  struct Anchor {
    PartitionId partition;
    Offset offset;        ///< the committed offset
    uint32_t anchor = 0;  ///< record_anchor() of the record before it
  };
  std::vector<Anchor> anchors;  ///< where the log still holds that record
};
/// Answer to CountAction.
struct Counted {
  std::vector<StoredRows> raw;
  std::vector<StoredRows> dead;
};

/// Where the lane stands, for status and metrics.
struct LaneStatus {
  enum class State { kStarting, kRunning, kWaiting, kStopped, kFailed };
  State state = State::kStarting;
  std::string problem;         ///< why it waits or failed; empty when all is well
  std::string failing_view;    ///< trigger that makes inserts fail
  std::optional<Error> error;  ///< kFailed: what a person must decide
};

class Lane {
 public:
  explicit Lane(LaneConfig config);

  // What happened.
  /// True when it moved.
  bool advance(PartitionId partition, Offset high_watermark);
  void on_loaded(Result<Loaded> loaded, int64_t now_us);
  void on_saved(Result<void> saved, int64_t now_us);
  void on_inserted(const InsertAnswer& answer, int64_t now_us);
  void on_probed(Result<EngineFacts> facts, int64_t now_us);
  void on_counted(Result<Counted> counted, int64_t now_us);
  /// Answer to FillAction, HealViewsAction, RebuildViewsAction.
  void on_repaired(Result<void> repaired, int64_t now_us);
  void on_engine_restarted(int64_t now_us);
  void on_view_frozen(Result<void> frozen, int64_t now_us);
  void on_built(Result<BuildAnswer> built, int64_t now_us);
  /// Finish what is in flight, confirm the position, take nothing new.
  void stop();
  /// Before anything else: load, settle the intents of an earlier process, confirm, and stop.
  void settle_only() { settling_ = stopping_ = true; }

  // What to do. At most one action a channel is under way.
  std::optional<MainAction> next_main(int64_t now_us);
  std::optional<BuildAction> next_build(int64_t now_us, int64_t wall_ms);
  /// When next_main(), which yielded nothing, may yield something without a new answer; INT64_MAX: never.
  int64_t next_main_deadline_us() const { return wake_at_us_; }
  /// The same of next_build(), which also yields when advance() brought records.
  int64_t next_build_deadline_us() const { return build_wake_at_us_; }

  // What is known.
  LaneStatus status() const;
  bool running() const { return phase_ != Phase::kStart && phase_ != Phase::kLoading && phase_ != Phase::kFailed; }
  /// First offset that is not known to be visible in raw and every view.
  Offset position(PartitionId partition) const;
  const PartitionState& state(PartitionId partition) const;
  /// Below this the log is not needed any more.
  Offset confirmed(PartitionId partition) const;
  /// Batches done since the last call, in order.
  std::vector<std::shared_ptr<const BuiltBatch>> take_done();
  /// Nothing open, sealed or in flight: only new records bring work.
  bool idle() const { return phase_ == Phase::kReady && !flying_ && !sealed_ && !building_ && open_.ranges.empty(); }
  bool intent_open() const { return flying_.has_value() && flying_->saved; }

 private:
  enum class Phase {
    kStart,
    kLoading,
    kReady,
    kSaving,
    kInserting,
    kBackoff,
    kProbing,
    kRebuilding,
    kCounting,
    kRepairing,
    kRestarting,
    kFreezing,
    kConfirming,
    kStopped,
    kFailed
  };

  struct Partition {
    Offset next;      ///< done up to here
    Offset building;  ///< taken into the open, sealed or flying batch up to here
    Offset high_watermark;
    Offset confirmed;  ///< committed as done
    PartitionState state;
    bool unconfirmed = false;
  };
  struct Batch {
    Intent intent;                            ///< without a partition's state
    std::shared_ptr<const BuiltBatch> built;  ///< null: to be built again from the log
    bool saved = false;
    bool dead_done = false;
    bool changed = false;                ///< what the log yields now is not what the intent says
    bool recounted = false;              ///< raw has decided once
    bool lost = false;                   ///< the log does not hold the ranges any more
    std::optional<uint64_t> spoilt_run;  ///< engine run that may remember a token without its part
    int attempts = 0;
    int view_refusals = 0;  ///< by failing_view_, one after the other
    std::deque<MainAction> repairs;
    std::vector<StoredRows> counted_raw;
    std::vector<StoredRows> counted_dead;
  };

  // lane_recovery.cc: at the start
  void recover(const Loaded& loaded);
  bool recover_partition(PartitionId id, const Loaded& loaded, const std::optional<Intent>& intent, Offset committed);
  void take_stored_position(PartitionId id, const StoredRows& raw, const StoredRows& dead, Offset start);
  void refuse_short_log(PartitionId id, Offset end);
  void queue_doubt(const Intent& intent);
  // lane_doubt.cc: after an error
  void doubt(const std::string& error, int64_t now_us);
  bool trusted() const;
  void decide(int64_t now_us);
  void decide_by_counts(int64_t now_us);
  void rebuilt(Result<BuildAnswer> built, int64_t now_us);
  void run_repairs(int64_t now_us);
  // lane.cc
  void begin(Batch batch, int64_t now_us);
  void save_intent();
  void insert_next(int64_t now_us);
  void finish(int64_t now_us);
  void confirm();
  void back_off(int64_t now_us);
  void give_up(Error error);
  Result<std::vector<Commit>> commits_of(const Batch& batch) const;
  Intent confirmation(PartitionId id) const;
  std::string token(Table table) const;
  std::string query_id(Table table) const;
  std::string query_prefix() const;
  int64_t available() const;
  std::vector<Wanted> wanted(int64_t rows) const;
  Partition& at(PartitionId id) { return partitions_[static_cast<size_t>(id.value)]; }
  const Partition& at(PartitionId id) const { return partitions_[static_cast<size_t>(id.value)]; }

  const LaneConfig config_;
  Phase phase_ = Phase::kStart;
  bool stopping_ = false;
  bool settling_ = false;
  std::vector<Partition> partitions_;
  EngineFacts facts_;

  std::optional<MainAction> pending_;  ///< to be handed out next
  std::optional<Batch> flying_;
  std::deque<Batch> doubts_;  ///< intents of an earlier process, to be settled first
  std::vector<std::shared_ptr<const BuiltBatch>> done_;
  int64_t last_insert_us_ = INT64_MIN / 2;
  int64_t paused_until_us_ = INT64_MIN / 2;
  int64_t last_done_us_ = 0;
  int64_t confirm_not_before_us_ = INT64_MIN / 2;  ///< after a confirmation that was not saved
  int64_t backoff_us_ = 0;
  int64_t backoff_until_us_ = 0;
  int64_t wake_at_us_ = INT64_MAX;
  int64_t build_wake_at_us_ = INT64_MAX;

  bool building_ = false;    ///< a BuildAction is under way
  bool rebuilding_ = false;  ///< …and it is one of an intent's ranges
  BuildAnswer open_;         ///< the batch being built
  std::shared_ptr<const BuiltBatch> sealed_;
  int64_t build_backoff_until_us_ = 0;
  size_t first_wanted_ = 0;  ///< rotates when there are more partitions than ranges fit

  std::string problem_;
  std::string failing_view_;
  std::optional<Error> error_;
};

}  // namespace freshet::ingest
