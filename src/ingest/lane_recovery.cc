// At the start: committed offsets, raw, dead letters and log must tell the same story; what they tell differently has a
// rule, or a person must choose.
#include <algorithm>

#include "base/log_line.h"
#include "ingest/lane.h"

namespace freshet::ingest {
namespace {

StoredRows stored_of(const std::vector<StoredRows>& rows, PartitionId id) {
  for (const StoredRows& stored : rows) {
    if (stored.partition == id) return stored;
  }
  return {id, 0, Offset(-1)};
}

/// End of the intent's records in one partition; -1 when it has none.
Offset end_of(const Intent& intent, PartitionId id) {
  Offset end(-1);
  for (const Range& range : intent.ranges) {
    if (range.partition == id) end = std::max(end, range.end);
  }
  return end;
}

}  // namespace

void Lane::on_loaded(Result<Loaded> loaded, int64_t now_us) {
  if (!loaded) {
    problem_ = loaded.error().to_string();
    back_off(now_us);
    phase_ = Phase::kStart;
    return;
  }
  problem_.clear();
  backoff_us_ = 0;
  last_done_us_ = now_us;
  facts_ = loaded->facts;
  phase_ = Phase::kReady;
  recover(*loaded);
}

void Lane::recover(const Loaded& loaded) {
  for (size_t i = 0; i < partitions_.size(); ++i) {
    const PartitionId id(static_cast<int32_t>(i));
    std::optional<Intent> intent;
    Offset committed(-1);
    for (const Commit& commit : loaded.committed) {
      if (commit.partition != id) continue;
      auto parsed = parse_intent(commit.metadata);
      if (!parsed) {
        log_warn("ingest", "stream {} partition {}: {}; the raw table's position is taken", config_.stream, id.value,
                 parsed.error().message);
      } else if (parsed->epoch == config_.epoch) {
        intent = std::move(*parsed);
        committed = commit.offset;
      }
    }
    const bool settled = recover_partition(id, loaded, intent, committed);
    if (phase_ == Phase::kFailed) return;
    if (const Offset end = loaded.bounds[i].end; at(id).next > end) return refuse_short_log(id, end);
    if (!settled && intent && intent->has_batch()) queue_doubt(*intent);
  }
}

/// Going on would wait for the log to grow up to the position, and skip what it was given until then.
void Lane::refuse_short_log(PartitionId id, Offset end) {
  give_up({ErrorCode::kLogGap,
           fmt::format("partition {} of stream {} was ingested up to offset {}, but its log ends at offset {}: records "
                       "at its end were lost, in a power cut or by putting an older log folder back. Put the right log "
                       "folder back, or delete the topic so that it begins anew",
                       id.value, config_.stream, at(id).next.value, end.value),
           {},
           0,
           0});
}

/// Intents are told apart by their ranges; each is settled once, whichever of its partitions names it first.
void Lane::queue_doubt(const Intent& intent) {
  for (const Batch& batch : doubts_) {
    if (batch.intent.ranges == intent.ranges) return;
  }
  for (const Range& range : intent.ranges) {
    if (range.partition.value < 0 || range.partition.value >= config_.partitions) {
      return give_up({ErrorCode::kIntentMalformed,
                      fmt::format("the unfinished batch names partition {}, but the topic has {}",
                                  range.partition.value, config_.partitions),
                      {},
                      0,
                      0});
    }
  }
  Batch batch;
  batch.intent = intent;
  batch.saved = true;
  doubts_.push_back(std::move(batch));
}

/// True: the tables hold rows from after the intent, so that it was done.
bool Lane::recover_partition(PartitionId id, const Loaded& loaded, const std::optional<Intent>& intent,
                             Offset committed) {
  Partition& p = at(id);
  const Bounds bounds = loaded.bounds[static_cast<size_t>(id.value)];
  const StoredRows raw = stored_of(loaded.raw, id);
  const StoredRows dead = stored_of(loaded.dead, id);
  p.high_watermark = std::max(p.high_watermark, bounds.end);
  if (!intent) {
    take_stored_position(id, raw, dead, bounds.start);
    return true;
  }
  if (!intent->scope.raw_uuid.empty() && intent->scope.raw_uuid != loaded.facts.scope.raw_uuid) {
    give_up(
        {ErrorCode::kRawReplaced,
         fmt::format("the raw table of stream {} is not the one that was filled: it was dropped or made again. Restore "
                     "it from a backup, or begin with a new project folder: its views hold sums of rows that are gone",
                     config_.stream),
         {},
         0,
         0});
    return false;
  }
  for (const Loaded::Anchor& anchor : loaded.anchors) {
    if (anchor.partition == id && anchor.offset == committed && intent->state.anchor != 0 &&
        anchor.anchor != intent->state.anchor) {
      give_up(
          {ErrorCode::kAnchorMismatch,
           fmt::format("partition {} of the log does not hold the record that was ingested last, at offset {}: it is "
                       "another log, or was restored from another time. Put the right log folder back, or begin "
                       "with a new project folder",
                       id.value, committed.value - 1),
           {},
           0,
           0});
      return false;
    }
  }
  p.state = intent->state;
  p.next = p.building = p.confirmed = committed;
  const Offset settled = std::max(committed, end_of(*intent, id));
  if (raw.last >= settled || dead.last >= settled) {
    log_warn("ingest",
             "stream {} partition {}: the tables reach offset {}, the group only {}; the tables' position is taken",
             config_.stream, id.value, std::max(raw.last, dead.last).value, settled.value);
    take_stored_position(id, raw, dead, Offset(intent->state.start));
    return true;
  }
  if (raw.rows < p.state.raw || dead.rows < p.state.dead) {
    give_up({ErrorCode::kRawBehind,
             fmt::format(
                 "partition {} of stream {}: {} rows and {} dead letters were ingested before offset {}, but the "
                 "tables hold {} and {}. Restore the tables from a backup of the same time as the log, or begin with a "
                 "new project folder",
                 id.value, config_.stream, p.state.raw, p.state.dead, committed.value, raw.rows, dead.rows),
             {},
             0,
             0});
  }
  return false;
}

/// Group offsets are missing, reset, or behind: what was inserted decides, never "earliest". Dead letters beside an
/// empty raw table are no position: raw was emptied to be filled again, and they come a second time.
void Lane::take_stored_position(PartitionId id, const StoredRows& raw, const StoredRows& dead, Offset start) {
  Partition& p = at(id);
  p.state = {};
  p.state.start = start.value;
  p.next = start;
  if (raw.rows > 0) {
    p.next = std::max(raw.last, dead.last) + 1;
    p.state.start = std::min(start.value, p.next.value - raw.rows - dead.rows);
    p.state.raw = raw.rows;
    p.state.dead = dead.rows;
    p.state.skipped = p.next.value - p.state.start - raw.rows - dead.rows;
  } else if (dead.rows > 0 && dead.rows == dead.last.value + 1 - start.value) {
    p.next = dead.last + 1;  // every record so far was a dead letter
    p.state.dead = dead.rows;
  }
  p.building = p.next;
  p.confirmed = p.next > start ? Offset(0) : p.next;
  p.unconfirmed = p.next > start;
}

}  // namespace freshet::ingest
