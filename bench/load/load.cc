#include "load.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace freshet::bench {

Arguments::Arguments(int count, char** texts) {
  for (int i = 0; i < count; i += 2) {
    const std::string_view name = texts[i];
    if (!name.starts_with("--") || i + 1 == count) give_up(fmt::format("'{}': --name value is wanted", name));
    values_[std::string(name.substr(2))] = texts[i + 1];
  }
}

std::string Arguments::text(const std::string& name, std::string_view otherwise) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::string(otherwise) : found->second;
}

std::string Arguments::text(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) give_up(fmt::format("--{} is missing", name));
  return found->second;
}

int64_t Arguments::number(const std::string& name, int64_t otherwise) const {
  return static_cast<int64_t>(real(name, static_cast<double>(otherwise)));
}

double Arguments::real(const std::string& name, double otherwise) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return otherwise;
  char* end = nullptr;
  const double value = std::strtod(found->second.c_str(), &end);
  if (*end != 0 || found->second.empty()) give_up(fmt::format("--{} {}: a number is wanted", name, found->second));
  return value;
}

std::string percentiles_json(std::vector<Sample> samples) {
  std::sort(samples.begin(), samples.end(), [](const Sample& a, const Sample& b) { return a.ns < b.ns; });
  int64_t total = 0;
  for (const Sample& sample : samples) total += sample.weight;
  const auto at = [&](double share) {
    const auto wanted = static_cast<int64_t>(std::ceil(share * static_cast<double>(total)));
    int64_t seen = 0;
    for (const Sample& sample : samples) {
      seen += sample.weight;
      if (seen >= wanted) return static_cast<double>(sample.ns) / 1e6;
    }
    return 0.0;
  };
  return fmt::format(R"({{"p50": {:.3f}, "p95": {:.3f}, "p99": {:.3f}, "max": {:.3f}, "count": {}}})", at(0.5),
                     at(0.95), at(0.99), at(1), total);
}

double own_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace freshet::bench

int main(int argc, char** argv) {
  using namespace freshet::bench;
  prctl(PR_SET_TIMERSLACK, 1000UL);  // 1 µs: the kernel may otherwise wake a paced sender 50 µs late
  const std::string_view mode = argc > 1 ? argv[1] : "";
  const Arguments arguments(std::max(0, argc - 2), argv + std::min(argc, 2));
  if (mode == "throughput") return run_throughput(arguments);
  if (mode == "paced") return run_paced(arguments);
  if (mode == "visible") return run_visible(arguments);
  give_up("usage: bench_load throughput|paced|visible --broker HOST:PORT --topic NAME …");
}
