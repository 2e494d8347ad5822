#include "sim/sim_clickhouse.h"

#include <algorithm>

#include "columns/fixed_column.h"
#include "columns/nested_columns.h"
#include "columns/string_column.h"

namespace freshet::sim {
namespace {

constexpr int64_t kStepUs = 400;
constexpr int64_t kBucketMs = 10'000;
constexpr int64_t kMonthMs = int64_t{30} * 24 * 3'600'000;

template <class T>
const columns::FixedColumn<T>& fixed(const columns::Block& block, const char* name) {
  for (size_t i = 0;; ++i) {
    if (block.name(i) == name) return columns::as<columns::FixedColumn<T>>(block.column(i));
  }
}
/// String, or Nullable(String) without a NULL.
const columns::StringColumn& text(const columns::Block& block, const char* name) {
  for (size_t i = 0;; ++i) {
    if (block.name(i) != name) continue;
    const columns::Column& column = block.column(i);
    const auto* nullable = dynamic_cast<const columns::NullableColumn*>(&column);
    return columns::as<columns::StringColumn>(nullable != nullptr ? nullable->values() : column);
  }
}

bool in_ranges(const RawRow& row, const std::vector<ingest::Range>& ranges) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const ingest::Range& range) {
    return range.partition.value == row.partition && range.first.value <= row.offset && row.offset < range.end.value;
  });
}

std::vector<ingest::StoredRows> by_partition(const std::vector<RawRow>& rows) {
  std::map<int32_t, ingest::StoredRows> found;
  for (const RawRow& row : rows) {
    ingest::StoredRows& stored = found[row.partition];
    stored.partition = PartitionId(row.partition);
    ++stored.rows;
    stored.last = std::max(stored.last, Offset(row.offset));
  }
  std::vector<ingest::StoredRows> list;
  for (const auto& [id, stored] : found) list.push_back(stored);
  return list;
}

std::map<int64_t, Sum> sums_of(const std::vector<RawRow>& rows) {
  std::map<int64_t, Sum> sums;
  for (const RawRow& row : rows) {
    Sum& sum = sums[row.bucket];
    ++sum.count;
    sum.amount += row.amount;
  }
  return sums;
}

}  // namespace

std::vector<RawRow> rows_of(ingest::Table table, const ingest::BuiltBatch& batch) {
  const columns::Block& block = table == ingest::Table::kRaw ? batch.raw : batch.dead;
  std::vector<RawRow> rows(block.rows());
  for (size_t i = 0; i < rows.size(); ++i) {
    RawRow& row = rows[i];
    row.epoch = fixed<uint32_t>(block, "_epoch").at(i);
    row.partition = static_cast<int32_t>(fixed<uint32_t>(block, "_partition").at(i));
    row.offset = static_cast<int64_t>(fixed<uint64_t>(block, "_offset").at(i));
    if (table == ingest::Table::kDead) {
      row.id = text(block, "value").at(i);
      continue;
    }
    row.id = text(block, "event_id").at(i);
    const int64_t ts = fixed<int64_t>(block, "ts").at(i);
    row.month = ts / kMonthMs;
    row.bucket = ts / kBucketMs;
    row.amount = fixed<int64_t>(block, "amount").at(i);
  }
  return rows;
}

SimClickHouse::SimClickHouse(Timeline& timeline, Random& random, Trace& trace, const Mutant& mutant, size_t window)
    : timeline_(timeline), random_(random), trace_(trace), mutant_(mutant), window_(window) {
  scope_ = {"11111111-0000-4000-8000-000000000001", 0, "26.7.2.1", "boot-1"};
  raw_.name = "raw";
  dead_.name = "dead_letters";
  views_[0].name = "view1";
  views_[1].name = "view2";
}

std::vector<SimTable*> SimClickHouse::tables() { return {&raw_, &dead_, &views_[0], &views_[1]}; }

// --- the child process ----------------------------------------------------------------------------------------------

void SimClickHouse::start() {
  running_ = true;
  ending_ = false;
  ++run_;
  ++life_;
  const bool repair = !mutant_.no_token_repair && !std::exchange(unrepaired_start_, false);
  for (SimTable* table : tables()) repair_and_load(*table, repair);
  trace_("engine: run {} begins", run_);
}

/// A token whose part is not on disk is struck out before the engine reads them.
void SimClickHouse::repair_and_load(SimTable& table, bool repair) {
  table.window.clear();
  table.known.clear();
  for (SimTable::TokenLine& line : table.lines) {
    if (repair && !table.parts.contains(line.part)) line.struck = true;
    if (!line.struck) remember(table, line.token);
  }
}

void SimClickHouse::kill() {
  if (!running_) return;
  trace_("engine: killed");
  running_ = ending_ = false;
  ++life_;
  std::map<uint64_t, Job> jobs = std::exchange(jobs_, {});
  for (auto& [number, job] : jobs) {
    job.error = "connection broken";
    answer(job, ingest::InsertVerdict::kDoubt);
  }
  if (on_death) on_death();
}

void SimClickHouse::close_pipe() {
  if (!running_ || ending_) return;
  ending_ = true;
  for (auto& [number, job] : jobs_) job.answered = nullptr;
  timeline_.after(random_.delay_us(20'000), [this, life = life_] {
    if (life != life_) return;
    // In order: a part is whole or not there, what comes after it is given up.
    for (auto& [number, job] : jobs_) {
      if (job.written != 0) rename(job, *job.targets[job.target].table);
    }
    jobs_.clear();
    running_ = ending_ = false;
    ++life_;
    trace_("engine: ended in order");
    if (on_death) on_death();
  });
}

// --- inserts --------------------------------------------------------------------------------------------------------

void SimClickHouse::remember(SimTable& table, const std::string& token) {
  if (mutant_.no_dedup) return;
  table.window.push_back(token);
  table.known.insert(token);
  while (table.window.size() > window_) {
    table.known.erase(table.window.front());
    table.window.pop_front();
  }
}

SimClickHouse::Job SimClickHouse::make_job(ingest::Table table, std::vector<RawRow> rows, const std::string& token,
                                           std::string query_id, Answered answered) {
  Job job;
  job.query_id = std::move(query_id);
  job.answered = std::move(answered);
  Target first;
  first.table = table == ingest::Table::kRaw ? &raw_ : &dead_;
  std::map<int64_t, Part> parts;
  for (const RawRow& row : rows) parts[row.month].rows.push_back(row);
  for (auto& [month, part] : parts) first.parts.emplace_back(fmt::format("{}/{}", token, month), std::move(part));
  job.targets.push_back(std::move(first));
  for (int view = 0; table == ingest::Table::kRaw && view < 2; ++view) {
    Target target;
    target.table = &views_[static_cast<size_t>(view)];
    target.view = view;
    target.parts.emplace_back(token, Part{{}, sums_of(rows)});
    job.targets.push_back(std::move(target));
  }
  return job;
}

void SimClickHouse::begin(Job job) {
  for (const auto& [number, other] : jobs_) {
    if (other.query_id != job.query_id || job.query_id.empty()) continue;
    job.error = "Code: 216. Query with id " + job.query_id + " is already running";
    return answer(job, ingest::InsertVerdict::kDoubt);
  }
  if (random_.chance(faults.refuse)) {
    job.error = "Code: 241. Memory limit exceeded";
    return answer(job, ingest::InsertVerdict::kDoubt);
  }
  job.number = next_job_++;
  const uint64_t number = job.number;
  jobs_.emplace(number, std::move(job));
  schedule(number);
}

void SimClickHouse::schedule(uint64_t number) {
  const int64_t delay = random_.chance(faults.slow) ? random_.between(1'000'000, 8'000'000) : random_.delay_us(kStepUs);
  timeline_.after(delay, [this, number, life = life_] {
    if (life != life_) return;
    const auto found = jobs_.find(number);
    if (found == jobs_.end()) return;
    if (faults.kill_in_steps >= 0 && faults.kill_in_steps-- == 0) {
      trace_("engine: dies {} in {}", found->second.written != 0 ? "between token line and rename" : "before a part",
             found->second.rebuild ? "a rebuild" : found->second.targets[found->second.target].table->name);
      return kill();
    }
    if (advance(found->second)) return schedule(number);
    Job job = std::move(found->second);
    jobs_.erase(found);
    const bool failed = !job.error.empty();
    const bool spoilt = failed && job.failing_view.empty();
    answer(job, spoilt   ? ingest::InsertVerdict::kNeedsRepair
                : failed ? ingest::InsertVerdict::kDoubt
                         : ingest::InsertVerdict::kDone);
  });
}

bool SimClickHouse::advance(Job& job) {
  if (job.rebuild) {
    // One view after the other is exchanged for a fresh one, which has no tokens.
    SimTable& view = views_[job.target];
    std::vector<RawRow> rows;
    for (const auto& [id, part] : raw_.parts) rows.insert(rows.end(), part.rows.begin(), part.rows.end());
    view.parts.clear();
    view.lines.clear();
    view.window.clear();
    view.known.clear();
    view.parts[next_part_++].sums = sums_of(rows);
    return ++job.target < views_.size();
  }
  Target& target = job.targets[job.target];
  SimTable& table = *target.table;
  if (target.view >= 0 && job.part == 0 && job.written == 0 && faults.view_broken[static_cast<size_t>(target.view)]) {
    job.error = "while pushing to view " + table.name;
    job.failing_view = table.name;
    job.part = target.parts.size();
  } else if (job.written != 0) {
    if (!rename(job, table)) return false;
    ++job.part;
  } else if (job.part < target.parts.size()) {
    const std::string& token = target.parts[job.part].first;
    if (table.known.contains(token)) {
      ++job.part;
    } else {
      job.written = next_part_++;
      table.lines.push_back({token, job.written, false});
      remember(table, token);
    }
  }
  if (job.part < target.parts.size()) return true;
  job.part = 0;
  return ++job.target < job.targets.size();
}

/// False when it failed: the token stays, in memory and on disk, and the part is gone.
bool SimClickHouse::rename(Job& job, SimTable& table) {
  const int64_t number = std::exchange(job.written, 0);
  if (faults.rename_fails_in >= 0 && faults.rename_fails_in-- == 0) {
    trace_("engine: rename of a part of {} fails, no space", table.name);
    job.error = "Code: 1001. rename: No space left on device";
    job.failing_view.clear();
    return false;
  }
  table.parts[number] = job.targets[job.target].parts[job.part].second;
  return true;
}

void SimClickHouse::answer(Job& job, ingest::InsertVerdict verdict) {
  if (!job.answered) return;
  ingest::InsertAnswer answer;
  answer.verdict = verdict;
  answer.error = job.error;
  answer.failing_view = job.failing_view;
  answer.run = run_;
  timeline_.after(random_.delay_us(200), [answer, answered = std::move(job.answered)] { answered(answer); });
}

void SimClickHouse::insert(ingest::Table table, const ingest::BuiltBatch& batch, const std::string& token,
                           const std::string& query_id, Answered answered) {
  const Hash128 hash = table == ingest::Table::kRaw ? batch.raw_print.hash : batch.dead_print.hash;
  const auto [at, first] = blocks_.emplace(token, hash);
  if (!first && at->second != hash) trace_.violation("token {} is sent with another block than before", token);
  begin(make_job(table, rows_of(table, batch), token, query_id, std::move(answered)));
}

void SimClickHouse::fill(ingest::Table table, Epoch epoch, const ingest::BuiltBatch& batch, const std::string& token,
                         Answered answered) {
  std::set<std::pair<int32_t, int64_t>> present;
  for (const RawRow& row : rows_in(table, epoch, batch.ranges)) present.emplace(row.partition, row.offset);
  std::vector<RawRow> rows = rows_of(table, batch);
  std::erase_if(rows, [&](const RawRow& row) { return present.contains({row.partition, row.offset}); });
  if (rows.empty()) return timeline_.after(1, [answered = std::move(answered)] { answered({}); });
  begin(make_job(table, std::move(rows), fmt::format("{}:{}", token, present.size()), "freshet-" + token,
                 std::move(answered)));
}

void SimClickHouse::heal(Epoch epoch, const std::vector<ingest::Range>& ranges, const std::string& token,
                         Answered answered) {
  begin(make_job(ingest::Table::kRaw, rows_in(ingest::Table::kRaw, epoch, ranges), token, "freshet-" + token + ":heal",
                 std::move(answered)));
}

void SimClickHouse::rebuild(Answered answered) {
  Job job;
  job.rebuild = true;
  job.answered = std::move(answered);
  begin(std::move(job));
}

// --- questions ------------------------------------------------------------------------------------------------------

ingest::EngineFacts SimClickHouse::facts() const { return {scope_, run_}; }

std::vector<RawRow> SimClickHouse::rows_in(ingest::Table table, Epoch epoch,
                                           const std::vector<ingest::Range>& ranges) const {
  std::vector<RawRow> rows;
  for (const auto& [id, part] : (table == ingest::Table::kRaw ? raw_ : dead_).parts) {
    for (const RawRow& row : part.rows) {
      if (row.epoch == epoch.value && in_ranges(row, ranges)) rows.push_back(row);
    }
  }
  return rows;
}

std::vector<ingest::StoredRows> SimClickHouse::stored(ingest::Table table, Epoch epoch) const {
  std::vector<RawRow> rows;
  for (const auto& [id, part] : (table == ingest::Table::kRaw ? raw_ : dead_).parts) {
    for (const RawRow& row : part.rows) {
      if (row.epoch == epoch.value) rows.push_back(row);
    }
  }
  return by_partition(rows);
}

std::vector<ingest::StoredRows> SimClickHouse::count(ingest::Table table, Epoch epoch,
                                                     const std::vector<ingest::Range>& ranges) const {
  return by_partition(rows_in(table, epoch, ranges));
}

/// SYNC: a part that is being written becomes whole, then the query ends.
void SimClickHouse::kill_queries(const std::string& prefix) {
  for (auto at = jobs_.begin(); at != jobs_.end();) {
    Job& job = at->second;
    if (job.rebuild || !job.query_id.starts_with(prefix)) {
      ++at;
      continue;
    }
    if (job.written != 0) rename(job, *job.targets[job.target].table);
    job.error = "Code: 394. Query was cancelled";
    answer(job, ingest::InsertVerdict::kDoubt);
    at = jobs_.erase(at);
  }
}

Epoch SimClickHouse::epoch_of(const Uuid& topic) {
  return Epoch(epochs_.emplace(topic, static_cast<uint32_t>(epochs_.size() + 1)).first->second);
}

}  // namespace freshet::sim
