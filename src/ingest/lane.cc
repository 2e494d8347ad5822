#include "ingest/lane.h"

#include <algorithm>
#include <limits>

#include "base/log_line.h"

namespace freshet::ingest {
namespace {
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
}

Lane::Lane(LaneConfig config) : config_(std::move(config)), partitions_(static_cast<size_t>(config_.partitions)) {}

bool Lane::advance(PartitionId partition, Offset high_watermark) {
  Partition& p = at(partition);
  if (high_watermark <= p.high_watermark) return false;
  p.high_watermark = high_watermark;
  return true;
}

/// What has no intent yet is dropped: it is taken again at the next start.
void Lane::stop() {
  stopping_ = true;
  sealed_.reset();
}

// --- main channel ---------------------------------------------------------------------------------------------------

std::optional<MainAction> Lane::next_main(int64_t now_us) {
  wake_at_us_ = kNever;
  if (pending_) return std::exchange(pending_, std::nullopt);
  switch (phase_) {
    case Phase::kStart:
      if (now_us < backoff_until_us_) {
        wake_at_us_ = backoff_until_us_;
        return std::nullopt;
      }
      if (stopping_ && !settling_) {
        phase_ = Phase::kStopped;
        return std::nullopt;
      }
      phase_ = Phase::kLoading;
      return LoadAction{};
    case Phase::kBackoff:
      if (now_us < backoff_until_us_) {
        wake_at_us_ = backoff_until_us_;
        return std::nullopt;
      }
      phase_ = Phase::kProbing;
      return ProbeAction{};
    case Phase::kReady:
      break;
    default:
      return std::nullopt;
  }
  if (!doubts_.empty()) {
    Batch batch = std::move(doubts_.front());
    doubts_.pop_front();
    // What is decoded ahead, once this batch is built again, begins behind it.
    for (const Range& r : batch.intent.ranges) at(r.partition).building = std::max(at(r.partition).building, r.end);
    flying_ = std::move(batch);
    phase_ = Phase::kProbing;
    return ProbeAction{};
  }
  if (sealed_) {
    const int64_t due = last_insert_us_ + config_.floor_us;
    if (now_us >= due) {
      Batch batch;
      batch.built = std::exchange(sealed_, nullptr);
      begin(std::move(batch), now_us);
    } else {
      wake_at_us_ = due;
    }
  } else if (std::any_of(partitions_.begin(), partitions_.end(), [](const Partition& p) { return p.unconfirmed; })) {
    const int64_t due = stopping_ ? confirm_not_before_us_ : last_done_us_ + config_.confirm_after_us;
    if (now_us >= due) {
      confirm();
    } else {
      wake_at_us_ = due;
    }
  } else if (stopping_) {
    phase_ = Phase::kStopped;
  }
  return std::exchange(pending_, std::nullopt);
}

void Lane::begin(Batch batch, int64_t now_us) {
  const BuiltBatch& built = *batch.built;
  batch.intent.epoch = config_.epoch;
  batch.intent.scope = facts_.scope;
  batch.intent.definition = config_.definition;
  batch.intent.decoder_version = config_.decoder_version;
  batch.intent.ranges = built.ranges;
  batch.intent.inserted_at_ms = built.inserted_at_ms;
  batch.intent.raw = built.raw_print;
  batch.intent.dead = built.dead_print;
  last_insert_us_ = now_us;
  flying_ = std::move(batch);
  save_intent();
}

void Lane::save_intent() {
  auto commits = commits_of(*flying_);
  if (!commits) return give_up(commits.error());
  phase_ = Phase::kSaving;
  pending_ = SaveAction{std::move(*commits)};
}

/// The intent for each of its partitions, and a confirmation for those of the batch before that are not in it: so that
/// never more than one intent is unanswered, and saving one says that all before it is done.
Result<std::vector<Commit>> Lane::commits_of(const Batch& batch) const {
  std::vector<Commit> commits;
  std::vector<bool> seen(partitions_.size());
  for (const Range& range : batch.intent.ranges) {
    const auto index = static_cast<size_t>(range.partition.value);
    if (seen[index]) continue;
    seen[index] = true;
    Intent intent = batch.intent;
    intent.state = at(range.partition).state;
    ASSIGN_OR_RETURN(std::string text, encode(intent));
    commits.push_back({range.partition, at(range.partition).next, std::move(text)});
  }
  for (size_t i = 0; i < partitions_.size(); ++i) {
    if (seen[i] || !partitions_[i].unconfirmed) continue;
    const PartitionId id(static_cast<int32_t>(i));
    ASSIGN_OR_RETURN(std::string text, encode(confirmation(id)));
    commits.push_back({id, at(id).next, std::move(text)});
  }
  return commits;
}

Intent Lane::confirmation(PartitionId id) const {
  Intent intent;
  intent.epoch = config_.epoch;
  intent.scope = facts_.scope;
  intent.definition = config_.definition;
  intent.decoder_version = config_.decoder_version;
  intent.state = at(id).state;
  return intent;
}

void Lane::confirm() {
  auto commits = commits_of(Batch{});
  if (!commits) return give_up(commits.error());
  phase_ = Phase::kConfirming;
  pending_ = SaveAction{std::move(*commits)};
}

void Lane::on_saved(Result<void> saved, int64_t now_us) {
  if (!saved) {
    // Nothing was inserted under this intent. Whether it was written or not, writing it again is the same.
    problem_ = saved.error().to_string();
    if (phase_ == Phase::kConfirming) {
      last_done_us_ = now_us;
      confirm_not_before_us_ = now_us + config_.backoff_min_us;
      // While settling it must be written: what is made afterwards relies on nothing being in doubt.
      phase_ = stopping_ && !settling_ ? Phase::kStopped : Phase::kReady;
      return;
    }
    return back_off(now_us);
  }
  for (Partition& p : partitions_) {
    if (p.unconfirmed) p.confirmed = p.next;
    p.unconfirmed = false;
  }
  if (phase_ == Phase::kConfirming) {
    phase_ = Phase::kReady;
    problem_.clear();
    return;
  }
  flying_->saved = true;
  if (flying_->intent.counted) return run_repairs(now_us);
  insert_next(now_us);
}

/// Dead letters, then raw: when raw holds the batch, so does everything before it.
void Lane::insert_next(int64_t now_us) {
  Batch& batch = *flying_;
  Table table = Table::kRaw;
  if (!batch.dead_done && batch.built->dead_print.rows > 0) {
    table = Table::kDead;
  } else if (batch.built->raw_print.rows == 0) {
    return finish(now_us);
  }
  phase_ = Phase::kInserting;
  ++batch.attempts;
  pending_ = InsertAction{table, batch.built, token(table), query_id(table)};
}

void Lane::on_inserted(const InsertAnswer& answer, int64_t now_us) {
  const bool same_view = failing_view_ == answer.failing_view;
  failing_view_ = answer.failing_view;
  flying_->view_refusals = answer.view_refuses ? (same_view ? flying_->view_refusals : 0) + 1 : 0;
  if (flying_->view_refusals >= config_.freeze_after) {
    problem_ = answer.error;
    flying_->view_refusals = 0;
    if (answer.verdict == InsertVerdict::kNeedsRepair) flying_->spoilt_run = answer.run;
    phase_ = Phase::kFreezing;
    pending_ = FreezeViewAction{answer.failing_view, answer.error};
    return;
  }
  switch (answer.verdict) {
    case InsertVerdict::kDone:
      if (answer.run != facts_.run) {
        // What a token is worth was judged for another run of the engine: this one may remember it without the part.
        return doubt("the engine was started again meanwhile", now_us);
      }
      if (!flying_->dead_done && flying_->built->dead_print.rows > 0) {
        flying_->dead_done = true;
        return insert_next(now_us);
      }
      return finish(now_us);
    case InsertVerdict::kNeedsRepair:
      problem_ = answer.error;
      flying_->spoilt_run = answer.run;
      phase_ = Phase::kRestarting;
      pending_ = RestartEngineAction{answer.error};
      return;
    case InsertVerdict::kDoubt:
    case InsertVerdict::kUnreachable:
      return doubt(answer.error, now_us);
  }
}

void Lane::finish(int64_t now_us) {
  Batch& batch = *flying_;
  const auto rows_of = [](const std::vector<StoredRows>& rows, PartitionId id) {
    for (const StoredRows& stored : rows) {
      if (stored.partition == id) return stored.rows;
    }
    return int64_t{0};
  };
  // A partition whose position was taken from the tables counts these rows already.
  std::vector<bool> gains(partitions_.size());
  for (const Range& range : batch.intent.ranges) {
    if (at(range.partition).next <= range.first) gains[static_cast<size_t>(range.partition.value)] = true;
  }
  for (const Range& range : batch.intent.ranges) {
    Partition& p = at(range.partition);
    p.next = std::max(p.next, range.end);
    p.building = std::max(p.building, range.end);
    p.unconfirmed = true;
  }
  if (batch.built) {
    for (const PartitionGain& gain : batch.built->gains) {
      if (!gains[static_cast<size_t>(gain.partition.value)]) continue;
      PartitionState& state = at(gain.partition).state;
      state.raw += gain.raw;
      state.dead += gain.dead;
      state.skipped += gain.skipped;
      state.anchor = gain.anchor;
    }
    done_.push_back(batch.built);
  } else {
    // The log has let go of the records: what the tables hold is what there was.
    for (size_t i = 0; i < partitions_.size(); ++i) {
      if (!gains[i]) continue;
      const PartitionId id(static_cast<int32_t>(i));
      PartitionState& state = partitions_[i].state;
      state.raw += rows_of(batch.counted_raw, id);
      state.dead += rows_of(batch.counted_dead, id);
      state.skipped = partitions_[i].next.value - state.start - state.raw - state.dead - state.duplicates - state.late;
      state.anchor = 0;
    }
  }
  const int64_t rows = batch.built ? batch.built->raw_print.rows : 0;
  paused_until_us_ = now_us + std::min(config_.pause_max_us, rows * config_.pause_ns_per_row / 1000);
  flying_.reset();
  phase_ = Phase::kReady;
  backoff_us_ = 0;
  problem_.clear();
  failing_view_.clear();
  last_done_us_ = now_us;
}

void Lane::back_off(int64_t now_us) {
  backoff_us_ = std::clamp(backoff_us_ * 2, config_.backoff_min_us, config_.backoff_max_us);
  backoff_until_us_ = now_us + backoff_us_;
  phase_ = Phase::kBackoff;
}

void Lane::give_up(Error error) {
  log_error("ingest", "stream {} stopped: {}", config_.stream, error.to_string());
  problem_ = error.message;
  error_ = std::move(error);
  phase_ = Phase::kFailed;
  pending_.reset();
}

std::string Lane::token(Table table) const {
  const Hash128 name = batch_name(config_.project, config_.stream, config_.epoch, flying_->intent.ranges);
  return insert_token(name, flying_->intent.generation, table == Table::kRaw ? config_.raw_table : "dead_letters");
}

std::string Lane::query_id(Table table) const { return "freshet-" + token(table); }

std::string Lane::query_prefix() const {
  return "freshet-" + batch_name(config_.project, config_.stream, config_.epoch, flying_->intent.ranges).hex() + ":";
}

// --- build channel --------------------------------------------------------------------------------------------------

int64_t Lane::available() const {
  int64_t records = 0;
  for (const Partition& p : partitions_) records += std::max<int64_t>(0, p.high_watermark - p.building);
  return records;
}

std::vector<Wanted> Lane::wanted(int64_t rows) const {
  std::vector<Wanted> list;
  const size_t room = kMaxRanges - std::min(kMaxRanges, open_.ranges.size());
  for (size_t i = 0; i < partitions_.size() && list.size() < room; ++i) {
    const size_t index = (first_wanted_ + i) % partitions_.size();
    const Partition& p = partitions_[index];
    if (p.building < p.high_watermark)
      list.push_back({PartitionId(static_cast<int32_t>(index)), p.building, p.high_watermark});
  }
  if (list.empty()) return list;
  const int64_t share = std::max<int64_t>(1, rows / static_cast<int64_t>(list.size()));
  for (Wanted& w : list) w.end = std::min(w.end, w.first + share);
  return list;
}

std::optional<BuildAction> Lane::next_build(int64_t now_us, int64_t wall_ms) {
  build_wake_at_us_ = kNever;
  if (building_) return std::nullopt;
  if (phase_ == Phase::kRebuilding) {
    BuildAction action;
    action.exact = true;
    action.seal = true;
    action.inserted_at_ms = flying_->intent.inserted_at_ms;
    for (const Range& r : flying_->intent.ranges) action.wanted.push_back({r.partition, r.first, r.end});
    building_ = rebuilding_ = true;
    return action;
  }
  const bool starting =
      phase_ == Phase::kStart || phase_ == Phase::kLoading || !doubts_.empty() || (flying_ && !flying_->built);
  if (starting || phase_ == Phase::kFailed || phase_ == Phase::kStopped || sealed_ || stopping_) return std::nullopt;
  if (now_us < build_backoff_until_us_) {
    build_wake_at_us_ = build_backoff_until_us_;
    return std::nullopt;
  }
  const int64_t waiting = available();
  const bool full = open_.rows >= config_.max_rows || open_.bytes >= config_.max_bytes ||
                    open_.ranges.size() + partitions_.size() > kMaxRanges;
  if (open_.rows == 0 && open_.ranges.empty() && waiting == 0) return std::nullopt;

  BuildAction action;
  action.max_rows = config_.max_rows;
  action.max_bytes = config_.max_bytes;
  action.inserted_at_ms = wall_ms;
  const bool idle = phase_ == Phase::kReady && !flying_;
  const int64_t due = std::max(last_insert_us_ + config_.floor_us, paused_until_us_);
  if (idle && now_us >= due) {
    action.seal = true;
  } else if (full) {
    action.seal = true;
  } else if (waiting < config_.extend_rows) {
    if (idle) build_wake_at_us_ = due;
    return std::nullopt;
  }
  if (!full || open_.ranges.empty()) {
    action.wanted = wanted(config_.max_rows - open_.rows);
    first_wanted_ = partitions_.empty() ? 0 : (first_wanted_ + action.wanted.size()) % partitions_.size();
  }
  building_ = true;
  return action;
}

void Lane::on_built(Result<BuildAnswer> built, int64_t now_us) {
  building_ = false;
  if (rebuilding_) {
    rebuilding_ = false;
    return rebuilt(std::move(built), now_us);
  }
  if (!built) {
    // The builder has dropped its open batch: take everything again from where the last one ended.
    problem_ = built.error().to_string();
    open_ = {};
    for (Partition& p : partitions_) p.building = p.next;
    const auto skip = [this](const std::vector<Range>& ranges) {
      for (const Range& r : ranges) at(r.partition).building = std::max(at(r.partition).building, r.end);
    };
    if (flying_) skip(flying_->intent.ranges);
    if (sealed_) skip(sealed_->ranges);
    build_backoff_until_us_ = now_us + config_.backoff_max_us / 5;
    return;
  }
  for (const Range& range : built->ranges)
    at(range.partition).building = std::max(at(range.partition).building, range.end);
  if (!flying_) problem_.clear();
  if (built->sealed) {
    open_ = {};
    if (!built->sealed->ranges.empty() && !stopping_) sealed_ = built->sealed;
  } else {
    open_ = std::move(*built);
  }
}

// --- what is known --------------------------------------------------------------------------------------------------

LaneStatus Lane::status() const {
  LaneStatus status;
  status.problem = problem_;
  status.failing_view = failing_view_;
  status.error = error_;
  switch (phase_) {
    case Phase::kStart:
    case Phase::kLoading:
      status.state = LaneStatus::State::kStarting;
      break;
    case Phase::kStopped:
      status.state = LaneStatus::State::kStopped;
      break;
    case Phase::kFailed:
      status.state = LaneStatus::State::kFailed;
      break;
    default:
      status.state = problem_.empty() ? LaneStatus::State::kRunning : LaneStatus::State::kWaiting;
  }
  return status;
}

Offset Lane::position(PartitionId partition) const { return at(partition).next; }
const PartitionState& Lane::state(PartitionId partition) const { return at(partition).state; }
Offset Lane::confirmed(PartitionId partition) const { return at(partition).confirmed; }

std::vector<std::shared_ptr<const BuiltBatch>> Lane::take_done() { return std::exchange(done_, {}); }

}  // namespace freshet::ingest
