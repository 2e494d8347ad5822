// After an error: is the token still good for a repeat? If not, raw decides.
#include "base/log_line.h"
#include "ingest/lane.h"

namespace freshet::ingest {

void Lane::doubt(const std::string& error, int64_t now_us) {
  problem_ = error;
  if (flying_->attempts <= 1) log_warn("ingest", "stream {}: a batch is in doubt: {}", config_.stream, error);
  back_off(now_us);
}

void Lane::on_engine_restarted(int64_t now_us) { back_off(now_us); }

void Lane::on_view_frozen(Result<void> frozen, int64_t now_us) {
  if (!frozen) problem_ = frozen.error().to_string();
  if (frozen) backoff_us_ = 0;
  back_off(now_us);
}

void Lane::on_probed(Result<EngineFacts> facts, int64_t now_us) {
  if (!facts) {
    problem_ = facts.error().to_string();
    return back_off(now_us);
  }
  if (facts->scope.raw_uuid != facts_.scope.raw_uuid) {
    return give_up(
        {ErrorCode::kRawReplaced,
         "the raw table was dropped or replaced while Freshet was running; start it again to choose how to go on",
         {},
         0,
         0});
  }
  facts_ = std::move(*facts);
  decide(now_us);
}

/// A token is good for a repeat in the scope that it was given to, while the engine ran on or came back through the
/// repair of its token logs, and as long as no row of the batch was sent under another one. Fewer parts than the window
/// were made since: this lane alone fills its tables, and waits.
bool Lane::trusted() const {
  const Batch& batch = *flying_;
  if (batch.intent.counted || (batch.spoilt_run && facts_.run <= *batch.spoilt_run)) return false;
  return batch.intent.scope == facts_.scope;
}

void Lane::decide(int64_t now_us) {
  Batch& batch = *flying_;
  if (!batch.saved && !batch.intent.counted) {
    batch.intent.scope = facts_.scope;
    return save_intent();
  }
  if (!batch.built && !batch.lost) {
    phase_ = Phase::kRebuilding;
    return;
  }
  if (trusted() && !batch.changed && !batch.lost) return insert_next(now_us);
  phase_ = Phase::kCounting;
  pending_ = CountAction{batch.intent.ranges, query_prefix()};
}

void Lane::rebuilt(Result<BuildAnswer> built, int64_t now_us) {
  Batch& batch = *flying_;
  if (!built) {
    if (built.error().code != ErrorCode::kOffsetOutOfRange) {
      problem_ = built.error().to_string();
      return back_off(now_us);
    }
    batch.lost = true;
  } else {
    batch.built = built->sealed;
    batch.changed = batch.built->raw_print != batch.intent.raw || batch.built->dead_print != batch.intent.dead ||
                    batch.built->ranges != batch.intent.ranges;
    if (batch.changed) {
      log_warn(
          "ingest",
          "stream {}: the records of an unfinished batch decode to another block than before: the raw table decides",
          config_.stream);
    }
  }
  decide(now_us);
}

void Lane::on_counted(Result<Counted> counted, int64_t now_us) {
  if (!counted) {
    problem_ = counted.error().to_string();
    return back_off(now_us);
  }
  flying_->repairs.clear();
  flying_->counted_raw = std::move(counted->raw);
  flying_->counted_dead = std::move(counted->dead);
  decide_by_counts(now_us);
}

/// Raw is written before every view. None of it there: no view has any of it. All of it: views may miss it. Some: both.
void Lane::decide_by_counts(int64_t now_us) {
  Batch& batch = *flying_;
  const auto total = [](const std::vector<StoredRows>& rows) {
    int64_t sum = 0;
    for (const StoredRows& stored : rows) sum += stored.rows;
    return sum;
  };
  const int64_t raw = total(batch.counted_raw);
  const int64_t dead = total(batch.counted_dead);
  log_warn("ingest", "stream {}: the raw table holds {} of {} rows of a batch in doubt", config_.stream, raw,
           batch.intent.raw.rows);
  if (batch.lost && (raw != batch.intent.raw.rows || dead != batch.intent.dead.rows)) {
    return give_up({ErrorCode::kLogGap,
                    "an unfinished batch is not in ClickHouse, and the log does not hold its records any more",
                    {},
                    0,
                    0});
  }
  if (batch.lost) {
    if (raw > 0 && trusted() && !batch.recounted) {
      batch.repairs.push_back(HealViewsAction{batch.intent.ranges, token(Table::kRaw)});
    } else if (raw > 0) {
      batch.repairs.push_back(RebuildViewsAction{});
    }
    batch.recounted = true;
    return run_repairs(now_us);
  }
  // From here on everything goes under the next generation, in the scope of today; and it is written down before
  // anything is sent, so that whoever comes next never takes up a generation that is behind what the tables hold.
  batch.recounted = true;
  batch.changed = false;
  batch.saved = false;
  batch.dead_done = false;
  ++batch.intent.generation;
  batch.intent.counted = raw > 0 || dead > 0;
  batch.intent.scope = facts_.scope;
  batch.spoilt_run.reset();
  batch.intent.raw = batch.built->raw_print;
  batch.intent.dead = batch.built->dead_print;
  if (batch.intent.counted) {
    if (dead != batch.intent.dead.rows) {
      batch.repairs.push_back(FillAction{Table::kDead, batch.built, token(Table::kDead) + ":fill"});
    }
    if (raw != batch.intent.raw.rows) {
      batch.repairs.push_back(FillAction{Table::kRaw, batch.built, token(Table::kRaw) + ":fill"});
    }
    batch.repairs.push_back(RebuildViewsAction{});
  }
  save_intent();
}

void Lane::run_repairs(int64_t now_us) {
  if (flying_->repairs.empty()) return finish(now_us);
  phase_ = Phase::kRepairing;
  pending_ = std::move(flying_->repairs.front());
  flying_->repairs.pop_front();
}

void Lane::on_repaired(Result<void> repaired, int64_t now_us) {
  Batch& batch = *flying_;
  if (!repaired) {
    // Count again: what was done so far shows in the tables.
    problem_ = repaired.error().to_string();
    batch.repairs.clear();
    return back_off(now_us);
  }
  run_repairs(now_us);
}

}  // namespace freshet::ingest
