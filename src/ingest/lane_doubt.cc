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
/// repair of its token logs. Fewer parts than the window were made since: this lane alone fills its tables, and waits.
bool Lane::trusted() const {
  const Batch& batch = *flying_;
  return batch.intent.scope == facts_.scope && (batch.first_run == facts_.run || facts_.repaired);
}

void Lane::decide(int64_t now_us) {
  Batch& batch = *flying_;
  if (!batch.saved) {
    batch.intent.scope = facts_.scope;
    batch.first_run = facts_.run;
    return save_intent();
  }
  if (!batch.built && !batch.lost) {
    phase_ = Phase::kRebuilding;
    return;
  }
  if (trusted() && !batch.changed && !batch.lost) return insert_next(now_us);
  phase_ = Phase::kCounting;
  pending_ = CountAction{batch.intent.ranges, query_id(Table::kRaw)};
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
  const bool raw_whole = raw == batch.intent.raw.rows;
  log_warn("ingest", "stream {}: the raw table holds {} of {} rows of a batch in doubt", config_.stream, raw,
           batch.intent.raw.rows);
  if (batch.lost && (!raw_whole || dead != batch.intent.dead.rows)) {
    return give_up({ErrorCode::kLogGap,
                    "an unfinished batch is not in ClickHouse, and the log does not hold its records any more",
                    {},
                    0,
                    0});
  }
  const std::string old_token = token(Table::kRaw);
  const bool was_trusted = trusted();
  if (!batch.lost) {
    // From here on everything goes under the next generation, in the scope of today.
    ++batch.intent.generation;
    batch.intent.scope = facts_.scope;
    batch.first_run = facts_.run;
    batch.intent.raw = batch.built->raw_print;
    batch.intent.dead = batch.built->dead_print;
    batch.changed = false;
    if (raw == 0 && dead == 0) return save_intent();
    if (dead != batch.intent.dead.rows) {
      batch.repairs.push_back(FillAction{Table::kDead, batch.built, token(Table::kDead) + ":fill"});
    }
    batch.dead_done = true;
    if (raw == 0 && !raw_whole) {
      batch.saved = false;
    } else if (!raw_whole) {
      batch.repairs.push_back(FillAction{Table::kRaw, batch.built, token(Table::kRaw) + ":fill"});
    }
  }
  if (raw > 0) {
    if (raw_whole && was_trusted && !batch.recounted) {
      batch.repairs.push_back(HealViewsAction{batch.intent.ranges, old_token});
    } else {
      batch.repairs.push_back(RebuildViewsAction{});
    }
  }
  batch.recounted = true;
  run_repairs(now_us);
}

void Lane::run_repairs(int64_t now_us) {
  if (flying_->repairs.empty()) return flying_->saved ? finish(now_us) : save_intent();
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
    batch.changed = true;
    batch.saved = true;
    return back_off(now_us);
  }
  run_repairs(now_us);
}

}  // namespace freshet::ingest
