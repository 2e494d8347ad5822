#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

namespace freshet::sim {

/// Simulated time: what is to happen, in order. Time stands still while something happens.
class Timeline {
 public:
  static constexpr int64_t kWallStartMs = 1'763'800'000'000;

  int64_t now_us() const { return now_us_; }
  int64_t wall_ms() const { return kWallStartMs + now_us_ / 1000; }
  void after(int64_t delay_us, std::function<void()> what) {
    events_.emplace(std::pair(now_us_ + delay_us, next_id_++), std::move(what));
  }
  /// False when nothing is left.
  bool step() {
    if (events_.empty()) return false;
    auto node = events_.extract(events_.begin());
    now_us_ = node.key().first;
    node.mapped()();
    return true;
  }

 private:
  int64_t now_us_ = 0;
  uint64_t next_id_ = 0;
  std::map<std::pair<int64_t, uint64_t>, std::function<void()>> events_;
};

}  // namespace freshet::sim
