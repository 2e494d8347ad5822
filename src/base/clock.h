#pragma once

#include <cstdint>

namespace freshet {

/// Time as a parameter. Cores take `now` values; whoever drives them reads a Clock once a turn. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Milliseconds since 1970, UTC; may jump.
  virtual int64_t wall_ms() const = 0;
  /// Never goes back; only differences mean something.
  virtual int64_t steady_us() const = 0;
};

/// The machine's clocks.
const Clock& system_clock();

}  // namespace freshet
