#pragma once

#include <cstdint>

namespace freshet::sim {

/// splitmix64: every choice of a run comes from one of these, so that a seed names a run.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  /// 0 … n-1
  uint64_t below(uint64_t n) { return n == 0 ? 0 : next() % n; }
  int64_t between(int64_t from, int64_t to) {
    return from + static_cast<int64_t>(below(static_cast<uint64_t>(to - from + 1)));
  }
  bool chance(double p) { return static_cast<double>(next() >> 11) * 0x1p-53 < p; }
  /// Mostly short, now and then long: how delays are distributed.
  int64_t delay_us(int64_t typical_us) {
    return 1 + (chance(0.05) ? between(0, 20 * typical_us) : between(0, 2 * typical_us));
  }

 private:
  uint64_t state_;
};

}  // namespace freshet::sim
