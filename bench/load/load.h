#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

/// What the modes of bench_load share. It measures from outside and knows nothing of Freshet but its event generator.
/// A wrong argument or an answer that must not come ends the program with exit code 1: a figure is right or it is not
/// there.
namespace freshet::bench {

/// `--name value` pairs.
class Arguments {
 public:
  Arguments(int count, char** texts);

  std::string text(const std::string& name, std::string_view otherwise) const;
  std::string text(const std::string& name) const;  ///< must be there
  int64_t number(const std::string& name, int64_t otherwise) const;
  double real(const std::string& name, double otherwise) const;

 private:
  std::map<std::string, std::string> values_;
};

[[noreturn]] inline void give_up(const std::string& reason) {
  fmt::print(stderr, "bench_load: {}\n", reason);
  std::exit(1);
}

/// Monotonic, one clock for all threads and processes of the machine.
inline int64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

inline int64_t wall_ms() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  return int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
}

inline void sleep_until_ns(int64_t at_ns) {
  const timespec time{.tv_sec = at_ns / 1'000'000'000, .tv_nsec = at_ns % 1'000'000'000};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr);
}

/// A duration that stands for `weight` events.
struct Sample {
  int64_t ns = 0;
  int64_t weight = 1;
};

/// `{"p50": …, "p95": …, "p99": …, "max": …, "count": …}` in milliseconds.
std::string percentiles_json(std::vector<Sample> samples);

/// User and system time of this process so far.
double own_cpu_seconds();

int run_throughput(const Arguments& arguments);
int run_paced(const Arguments& arguments);
int run_visible(const Arguments& arguments);

}  // namespace freshet::bench
