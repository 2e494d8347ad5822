#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/producer.h"
#include "sim/program.h"

namespace freshet::sim {

struct Counts {
  int64_t program_kills = 0;
  int64_t program_kills_at_io = 0;
  int64_t engine_kills = 0;
  int64_t power_cuts = 0;
  int64_t renames_failed = 0;
  int64_t topics_recreated = 0;
  int64_t orderly_stops = 0;
  int64_t events = 0;
};

struct Outcome {
  std::string failure;  ///< empty: everything held
  std::vector<std::string> trace;
  Counts counts;
  double simulated_s = 0;
};

/// One run: a machine, its program, producers, and everything that can go wrong, in an order that the seed decides. In
/// the end the faults stop, and the auditor looks.
class World {
 public:
  World(uint64_t seed, const Mutant& mutant, bool live_trace);
  ~World();
  Outcome run();

 private:
  // Life of the program and its engine.
  void boot_program();
  void kill_program(const char* why);
  void start_engine_later();
  io::Fault disk_fault(std::string_view name, const std::string& path);
  // Faults.
  void chaos();
  void inject();
  void power_cut();
  void stop_in_order();
  void recreate_topic();
  void notice_topic();
  void calm_down();
  void break_for_a_while(double& share, double value);
  // Load.
  void produce_some();
  void housekeeping();
  // The end.
  bool quiet() const;
  void run_until_quiet();

  const uint64_t seed_;
  Mutant mutant_;
  Random random_;
  Timeline timeline_;
  Trace trace_;
  io::MemoryFileSystem disk_;
  SimClickHouse clickhouse_;
  Machine machine_;
  std::unique_ptr<Program> program_;
  Events events_;
  Producer::Shared shared_;
  std::vector<std::unique_ptr<Producer>> producers_;
  int64_t next_producer_id_ = 1;
  int64_t faults_left_ = 0;
  bool chaotic_ = true;
  bool booting_ = false;
  bool starting_engine_ = false;
  bool stopping_ = false;
  int boots_ = 1;
  int versions_ = 100;
  int64_t io_until_kill_ = -1;  ///< operations that change the disk until the program dies in one
  bool dying_ = false;          ///< it has: the disk takes nothing from it any more
  double disk_errors_ = 0;      ///< share of operations that fail
  Uuid topic_;
  Counts counts_;
};

}  // namespace freshet::sim
