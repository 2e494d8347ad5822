// What the lane asks for, done against the simulated ClickHouse and the real group coordinator.
#include "sim/program.h"

namespace freshet::sim {
namespace {

constexpr const char* kGroup = "freshet.sim.events";

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

std::unexpected<Error> unreachable() { return fail(ErrorCode::kClickHouseUnreachable, "ClickHouse cannot be reached"); }

/// "…:GENERATION:TABLE" with generation 0.
std::string without_generation(const std::string& token) {
  const size_t first = token.find(':');
  return token.substr(0, first) + ":0" + token.substr(token.find(':', first + 1));
}

}  // namespace

SimClickHouse::Answered Program::answered_by(std::function<void(const ingest::InsertAnswer&)> tell) {
  const auto open = std::make_shared<bool>(true);
  after(machine_.insert_timeout_us, [this, open, tell] {
    if (!std::exchange(*open, false)) return;
    machine_.trace("program: the insert timed out");
    ingest::InsertAnswer answer;
    answer.verdict = ingest::InsertVerdict::kDoubt;
    answer.error = "time-out";
    answer.run = machine_.clickhouse.facts().run;
    tell(answer);
    pump();
  });
  return [this, open, tell, alive = std::weak_ptr(alive_)](const ingest::InsertAnswer& answer) {
    const auto held = alive.lock();
    if (!held || !std::exchange(*open, false)) return;
    machine_.trace("program: answered {} {}", static_cast<int>(answer.verdict), answer.error);
    tell(answer);
    pump();
  };
}

SimClickHouse::Answered Program::repaired() {
  return answered_by([this](const ingest::InsertAnswer& answer) {
    Result<void> result;
    if (answer.verdict != ingest::InsertVerdict::kDone) result = fail(ErrorCode::kClickHouse, "{}", answer.error);
    lane_->on_repaired(std::move(result), machine_.timeline.now_us());
  });
}

void Program::perform_save(const ingest::SaveAction& save) {
  std::vector<broker::GroupCoordinator::Position> positions;
  for (const ingest::Commit& commit : save.commits) {
    positions.push_back({kTopic, commit.partition.value, commit.offset.value, -1, commit.metadata});
  }
  machine_.trace("program: saves {} offsets: {}", positions.size(), positions.empty() ? "" : positions[0].metadata);
  const auto answer = [this](Result<void> saved) {
    lane_->on_saved(std::move(saved), machine_.timeline.now_us());
    pump();
  };
  if (machine_.mutant.no_intent) return after(100, [answer] { answer({}); });
  group_log_->set_now(now());
  groups_->commit_positions(kGroup, positions, now(), [this, answer](kafka::KafkaError error) {
    after(machine_.random.delay_us(50), [this, answer, error] {
      if (error != kafka::KafkaError::kNone) return answer(fail(ErrorCode::kKafkaRefused, "the commit is refused"));
      if (machine_.random.chance(machine_.lost_save))
        return answer(fail(ErrorCode::kTimeout, "the commit's answer was lost"));
      answer({});
    });
  });
}

ingest::Loaded Program::load() const {
  using namespace ingest;
  Loaded loaded;
  loaded.facts = machine_.clickhouse.facts();
  loaded.committed = *source_->committed();
  loaded.raw = machine_.clickhouse.stored(Table::kRaw, epoch_);
  loaded.dead = machine_.clickhouse.stored(Table::kDead, epoch_);
  for (int32_t i = 0; i < source_->partition_count(); ++i) loaded.bounds.push_back(source_->bounds(PartitionId(i)));
  for (const Commit& commit : loaded.committed) {
    if (commit.offset <= Offset(0)) continue;
    if (const auto anchor = anchor_at(*source_, commit.partition, commit.offset + -1)) {
      loaded.anchors.push_back({commit.partition, commit.offset, *anchor});
    }
  }
  return loaded;
}

void Program::await_engine() {
  if (!machine_.clickhouse.running() || machine_.clickhouse.ending()) {
    return after(10'000, [this] { await_engine(); });
  }
  lane_->on_engine_restarted(machine_.timeline.now_us());
  pump();
}

void Program::perform(const ingest::MainAction& action) {
  using namespace ingest;
  SimClickHouse& clickhouse = machine_.clickhouse;
  const int64_t soon_us = machine_.random.delay_us(500);
  const auto up = [&clickhouse] { return clickhouse.running() && !clickhouse.ending(); };
  const auto token_of = [this](const std::string& token) {
    return machine_.mutant.same_generation ? without_generation(token) : token;
  };
  const auto repair = [this, up, soon_us](std::function<void()> begin) {
    after(soon_us, [this, up, begin] {
      if (up()) return begin();
      lane_->on_repaired(unreachable(), machine_.timeline.now_us());
      pump();
    });
  };
  std::visit(Overloaded{
                 [&](const LoadAction&) {
                   after(soon_us, [this, up] {
                     if (up()) {
                       lane_->on_loaded(load(), machine_.timeline.now_us());
                     } else {
                       lane_->on_loaded(unreachable(), machine_.timeline.now_us());
                     }
                     pump();
                   });
                 },
                 [&](const SaveAction& save) { perform_save(save); },
                 [&](const InsertAction& insert) {
                   const auto tell = [this](const InsertAnswer& answer) {
                     lane_->on_inserted(answer, machine_.timeline.now_us());
                   };
                   after(soon_us, [this, up, insert, tell, token = token_of(insert.token)] {
                     if (!up()) {
                       InsertAnswer answer;
                       answer.verdict = InsertVerdict::kUnreachable;
                       answer.error = "connection refused";
                       tell(answer);
                       return pump();
                     }
                     machine_.trace(
                         "program: inserts {} rows into {} with token {}",
                         insert.table == Table::kRaw ? insert.batch->raw_print.rows : insert.batch->dead_print.rows,
                         insert.table == Table::kRaw ? "raw" : "dead letters", token);
                     machine_.clickhouse.insert(insert.table, *insert.batch, token, insert.query_id, answered_by(tell));
                   });
                 },
                 [&](const ProbeAction&) {
                   after(soon_us, [this, up] {
                     Result<EngineFacts> facts = unreachable();
                     if (up()) facts = machine_.clickhouse.facts();
                     lane_->on_probed(std::move(facts), machine_.timeline.now_us());
                     pump();
                   });
                 },
                 [&](const CountAction& count) {
                   after(soon_us, [this, up, count] {
                     Result<Counted> counted = unreachable();
                     if (up()) {
                       machine_.clickhouse.kill_queries(count.query_id);
                       counted = Counted{machine_.clickhouse.count(Table::kRaw, epoch_, count.ranges),
                                         machine_.clickhouse.count(Table::kDead, epoch_, count.ranges)};
                     }
                     lane_->on_counted(std::move(counted), machine_.timeline.now_us());
                     pump();
                   });
                 },
                 [&](const FillAction& fill) {
                   repair([this, fill, token = token_of(fill.token)] {
                     machine_.trace("program: fills with token {}", token);
                     machine_.clickhouse.fill(fill.table, epoch_, *fill.batch, token, repaired());
                   });
                 },
                 [&](const HealViewsAction& heal) {
                   repair([this, heal] {
                     machine_.trace("program: heals the views");
                     machine_.clickhouse.heal(epoch_, heal.ranges, heal.token, repaired());
                   });
                 },
                 [&](const RebuildViewsAction&) {
                   repair([this] {
                     machine_.trace("program: rebuilds the views");
                     machine_.clickhouse.rebuild(repaired());
                   });
                 },
                 [&](const RestartEngineAction& restart) {
                   machine_.trace("program: restarts the engine: {}", restart.reason);
                   if (machine_.random.chance(0.5)) {
                     clickhouse.kill();
                   } else {
                     clickhouse.close_pipe();
                   }
                   after(1000, [this] { await_engine(); });
                 },
                 // No view of the simulation refuses rows.
                 [&](const FreezeViewAction&) { lane_->on_view_frozen({}, machine_.timeline.now_us()); },
             },
             action);
}

}  // namespace freshet::sim
