// freshet_sim [--seeds N] [--seed S] [--trace] [--mutants]: runs the simulation from seeds and says which failed.
#include <charconv>
#include <chrono>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/log_line.h"
#include "sim/world.h"

namespace freshet::sim {
namespace {

struct Options {
  uint64_t seeds = 50;
  uint64_t first_seed = 1;
  bool trace = false;
  bool mutants = false;
};

void print_failure(uint64_t seed, const Outcome& outcome) {
  fmt::print("seed {} FAILED after {:.1f} simulated seconds: {}\n", seed, outcome.simulated_s, outcome.failure);
  for (const std::string& line : outcome.trace) fmt::print("  {}\n", line);
  fmt::print("run it again with: freshet_sim --seed {} --trace\n", seed);
}

int run_seeds(const Options& options) {
  uint64_t failed = 0;
  Counts sum;
  double simulated_s = 0;
  for (uint64_t seed = options.first_seed; seed < options.first_seed + options.seeds; ++seed) {
    const Outcome outcome = World(seed, {}, options.trace).run();
    if (!outcome.failure.empty()) {
      ++failed;
      print_failure(seed, outcome);
    }
    sum.program_kills += outcome.counts.program_kills;
    sum.program_kills_at_io += outcome.counts.program_kills_at_io;
    sum.engine_kills += outcome.counts.engine_kills;
    sum.power_cuts += outcome.counts.power_cuts;
    sum.renames_failed += outcome.counts.renames_failed;
    sum.topics_recreated += outcome.counts.topics_recreated;
    sum.orderly_stops += outcome.counts.orderly_stops;
    sum.events += outcome.counts.events;
    simulated_s += outcome.simulated_s;
  }
  fmt::print(
      "{} events in {:.0f} simulated seconds; the program was killed {} times and stopped {} times, the engine killed "
      "{} times, the power cut {} times, {} renames failed, topics were made again {} times\n",
      sum.events, simulated_s, sum.program_kills, sum.orderly_stops, sum.engine_kills, sum.power_cuts,
      sum.renames_failed, sum.topics_recreated);
  fmt::print("{} passed, {} failed\n", options.seeds - failed, failed);
  return failed == 0 ? 0 : 1;
}

struct NamedMutant {
  const char* what;
  Mutant mutant;
};

/// Each machine that was built wrong on purpose must be caught within so many seeds.
int run_mutants() {
  constexpr uint64_t kSeeds = 20;
  const NamedMutant mutants[] = {
      {"the token logs are not repaired", {.no_token_repair = true}},
      {"batches are sent without an intent", {.no_intent = true}},
      {"a batch that raw does not hold is sent under its old token", {.same_generation = true}},
      {"tokens are ignored", {.no_dedup = true}}};
  int passed = 0;
  int failed = 0;
  for (const NamedMutant& mutant : mutants) {
    uint64_t caught = 0;
    std::string how;
    for (uint64_t seed = 1; seed <= kSeeds && caught == 0; ++seed) {
      const Outcome outcome = World(seed, mutant.mutant, false).run();
      if (outcome.failure.empty()) continue;
      caught = seed;
      how = outcome.failure;
    }
    if (caught == 0) {
      ++failed;
      fmt::print("NOT caught within {} seeds: {}\n", kSeeds, mutant.what);
    } else {
      ++passed;
      fmt::print("caught by seed {}: {}: {}\n", caught, mutant.what, how);
    }
  }
  fmt::print("{} passed, {} failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}

std::optional<Options> parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--trace") {
      options.trace = true;
    } else if (word == "--mutants") {
      options.mutants = true;
    } else if ((word == "--seed" || word == "--seeds") && i + 1 < argc) {
      uint64_t number = 0;
      const char* text = argv[++i];
      const auto [end, error] = std::from_chars(text, text + std::strlen(text), number);
      if (error != std::errc() || *end != '\0') return std::nullopt;
      if (word == "--seed") {
        options.first_seed = number;
        options.seeds = 1;
      } else {
        options.seeds = number;
      }
    } else if (word == "--from" && i + 1 < argc) {
      options.first_seed = std::strtoull(argv[++i], nullptr, 10);
    } else {
      return std::nullopt;
    }
  }
  return options;
}

}  // namespace
}  // namespace freshet::sim

int main(int argc, char** argv) {
  const auto options = freshet::sim::parse(argc, argv);
  if (!options) {
    fmt::print(stderr, "usage: freshet_sim [--seeds N] [--from SEED] [--seed SEED] [--trace] [--mutants]\n");
    return 2;
  }
  freshet::set_log_level(freshet::LogLevel::kError);
  return options->mutants ? freshet::sim::run_mutants() : freshet::sim::run_seeds(*options);
}
