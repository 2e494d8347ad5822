#include "sim/world.h"

#include "sim/auditor.h"

namespace freshet::sim {
namespace {

constexpr int32_t kPartitions = 4;
constexpr size_t kTokenWindow = 400;
constexpr int64_t kQuietWithinUs = 300'000'000;

}  // namespace

World::World(uint64_t seed, const Mutant& mutant, bool live_trace)
    : seed_(seed),
      mutant_(mutant),
      random_(seed),
      trace_(timeline_, live_trace),
      clickhouse_(timeline_, random_, trace_, mutant_, kTokenWindow),
      machine_{timeline_, random_, trace_, disk_, clickhouse_, mutant_, kPartitions},
      shared_{timeline_, random_, trace_, events_, program_} {
  faults_left_ = random_.between(150, 350);
  clickhouse_.on_death = [this] { start_engine_later(); };
  disk_.set_fault_hook(
      [this](uint64_t, std::string_view name, const std::string& path) { return disk_fault(name, path); });
  for (int32_t i = 0; i < kPartitions; ++i) {
    for (int j = 0; j < 2; ++j)
      producers_.push_back(std::make_unique<Producer>(shared_, PartitionId(i), next_producer_id_++));
  }
}

World::~World() { clickhouse_.on_death = nullptr; }

/// The program dies in an operation that changes the disk: some bytes of a write may have arrived.
io::Fault World::disk_fault(std::string_view name, const std::string& path) {
  const Error dead{ErrorCode::kIo, "the program is dead", {}, 0, 0};
  if (dying_) return {dead, std::nullopt};
  if (io_until_kill_ >= 0 && io_until_kill_-- == 0) {
    trace_("disk: the program dies in {} of {}", name, path);
    dying_ = true;
    io::Fault fault{dead, std::nullopt};
    if (name == "append" && random_.chance(0.7)) fault.write_only = random_.below(400);
    return fault;
  }
  if (program_ && random_.chance(disk_errors_)) {
    trace_("disk: {} of {} fails", name, path);
    return {Error{ErrorCode::kDiskFull, "no space left", {}, 0, 0},
            random_.chance(0.5) ? std::optional<size_t>(random_.below(200)) : std::nullopt};
  }
  return {};
}

// --- life of the program and its engine -----------------------------------------------------------------------------

void World::boot_program() {
  booting_ = true;
  timeline_.after(random_.delay_us(100'000), [this] {
    booting_ = false;
    program_ = std::make_unique<Program>(machine_);
    if (!program_->boot()) {
      if (!dying_) return kill_program("it could not start");
      return;
    }
    notice_topic();
    start_engine_later();
  });
}

void World::kill_program(const char* why) {
  if (!program_) return;
  trace_("program: killed: {}", why);
  ++counts_.program_kills;
  program_.reset();
  dying_ = stopping_ = false;
  io_until_kill_ = -1;
  disk_.kill();
  clickhouse_.close_pipe();
  if (!booting_) boot_program();
}

/// The program starts its engine whenever none is there.
void World::start_engine_later() {
  if (starting_engine_) return;
  starting_engine_ = true;
  timeline_.after(random_.delay_us(50'000), [this] {
    starting_engine_ = false;
    if (program_ && !clickhouse_.running()) clickhouse_.start();
  });
}

void World::power_cut() {
  trace_("machine: power cut");
  ++counts_.power_cuts;
  program_.reset();
  dying_ = stopping_ = false;
  io_until_kill_ = -1;
  disk_.power_cut([this](const std::string&, uint64_t unsynced) { return random_.below(unsynced + 1); });
  clickhouse_.kill();
  clickhouse_.set_boot("boot-" + std::to_string(++boots_));
  if (!booting_) boot_program();
}

void World::stop_in_order() {
  if (!program_ || stopping_ || program_->recreating()) return;
  trace_("program: is asked to stop");
  ++counts_.orderly_stops;
  stopping_ = true;
  program_->stop([this] {
    trace_("program: stopped");
    program_.reset();
    stopping_ = false;
    io_until_kill_ = -1;
    clickhouse_.close_pipe();
    if (!booting_) boot_program();
  });
}

void World::recreate_topic() {
  if (!program_ || stopping_ || program_->recreating()) return;
  program_->recreate_topic([this] { notice_topic(); });
}

/// What an old topic held and was not ingested yet is gone with it.
void World::notice_topic() {
  const Uuid topic = program_->topic_id();
  if (topic == topic_) return;
  if (!topic_.is_zero()) {
    trace_("program: the topic was deleted and made again");
    ++counts_.topics_recreated;
  }
  topic_ = topic;
  for (size_t i = 0; i < events_.list().size(); ++i) events_.at(i).abandoned = true;
  for (const auto& [id, part] : clickhouse_.raw().parts) {
    for (const RawRow& row : part.rows) events_.at(static_cast<size_t>(std::stoll(row.id.substr(1)))).abandoned = false;
  }
  for (auto& producer : producers_) producer->start_over(topic, next_producer_id_++);
}

// --- faults ---------------------------------------------------------------------------------------------------------

void World::break_for_a_while(double& share, double value) {
  share = value;
  timeline_.after(random_.delay_us(400'000), [&share] { share = 0; });
}

void World::chaos() {
  if (faults_left_-- <= 0) return calm_down();
  inject();
  timeline_.after(random_.delay_us(120'000), [this] { chaos(); });
}

void World::inject() {
  SimClickHouse::Faults& faults = clickhouse_.faults;
  switch (random_.below(16)) {
    case 0:
    case 1:
      return kill_program("by hand");
    case 2:
    case 3:
    case 4:
      ++counts_.program_kills_at_io;
      io_until_kill_ = random_.between(0, 30);
      return;
    case 5:
      return clickhouse_.kill();
    case 6:
    case 7:
    case 8:
      ++counts_.engine_kills;
      faults.kill_in_steps = static_cast<int>(random_.below(25));
      return;
    case 9:
      ++counts_.renames_failed;
      faults.rename_fails_in = static_cast<int>(random_.below(8));
      return;
    case 10:
      return break_for_a_while(faults.slow, 0.3);
    case 11:
      return break_for_a_while(faults.refuse, 0.5);
    case 12: {
      const size_t view = random_.below(2);
      faults.view_broken[view] = true;
      timeline_.after(random_.delay_us(300'000), [this, view] { clickhouse_.faults.view_broken[view] = false; });
      return;
    }
    case 13:
      if (random_.chance(0.3)) return power_cut();
      if (random_.chance(0.3)) return recreate_topic();
      return stop_in_order();
    case 14:
      break_for_a_while(machine_.lost_save, 0.3);
      return break_for_a_while(shared_.lost_answers, 0.3);
    default:
      if (random_.chance(0.4)) return break_for_a_while(disk_errors_, 0.1);
      // Another version: it keeps everything, but its tokens are not believed.
      clickhouse_.kill();
      return clickhouse_.set_version("26.7." + std::to_string(++versions_));
  }
}

void World::calm_down() {
  trace_("world: the faults stop");
  chaotic_ = false;
  clickhouse_.faults = {};
  io_until_kill_ = -1;
  disk_errors_ = 0;
  machine_.lost_save = shared_.lost_answers = 0;
  // A partition that could not undo a failed write takes no more until a restart.
  kill_program("to begin the end with a sound disk");
}

// --- load -----------------------------------------------------------------------------------------------------------

void World::produce_some() {
  if (!chaotic_) return;
  producers_[random_.below(producers_.size())]->offer();
  timeline_.after(random_.delay_us(8'000), [this] { produce_some(); });
}

void World::housekeeping() {
  if (program_ && !dying_) {
    program_->checkpoint();
    program_->apply_retention();
  }
  timeline_.after(random_.delay_us(1'000'000), [this] { housekeeping(); });
}

// --- a run ----------------------------------------------------------------------------------------------------------

bool World::quiet() const {
  if (chaotic_ || !program_ || stopping_ || program_->recreating() || !program_->quiet()) return false;
  for (const auto& producer : producers_) {
    if (!producer->done()) return false;
  }
  return true;
}

void World::run_until_quiet() {
  int64_t calm_since_us = -1;
  while (trace_.failure().empty() && !quiet()) {
    if (!timeline_.step()) return trace_.violation("nothing is left to happen");
    if (dying_) kill_program("in a disk operation");
    if (chaotic_) continue;
    if (calm_since_us < 0) calm_since_us = timeline_.now_us();
    if (timeline_.now_us() - calm_since_us > kQuietWithinUs) {
      return trace_.violation("no rest {} s after the last fault: {}", kQuietWithinUs / 1'000'000,
                              program_ ? program_->state() : "no program");
    }
  }
}

Outcome World::run() {
  boot_program();
  produce_some();
  housekeeping();
  timeline_.after(500'000, [this] { chaos(); });
  run_until_quiet();
  if (trace_.failure().empty()) audit(events_, *program_, clickhouse_, trace_);
  Outcome outcome;
  outcome.failure = trace_.failure();
  outcome.trace.assign(trace_.tail().begin(), trace_.tail().end());
  outcome.counts = counts_;
  outcome.counts.events = static_cast<int64_t>(events_.list().size());
  outcome.simulated_s = static_cast<double>(timeline_.now_us()) / 1e6;
  return outcome;
}

}  // namespace freshet::sim
