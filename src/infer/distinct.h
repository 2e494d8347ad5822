#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace freshet::infer {

/// What all fields of one Observer may use together: whatever the records hold, memory stays below some 100 MB.
struct Budget {
  size_t fields = 8192;
  size_t hashes = size_t{4} << 20;  ///< places in hash tables, of 8 bytes
};

/// How many different values there were, exactly up to kMost of them. Gives back to the budget what it took.
class Distinct {
 public:
  static constexpr size_t kMost = 16'384;

  explicit Distinct(Budget& budget) : budget_(budget) {}
  ~Distinct() { budget_.hashes += slots_.size(); }
  Distinct(const Distinct&) = delete;
  Distinct& operator=(const Distinct&) = delete;

  /// True when the value was not seen before; once full, also for some that were.
  bool add(uint64_t hash);
  size_t count() const { return count_; }
  /// Whether count() is all of them; otherwise there are more.
  bool exact() const { return exact_; }

 private:
  bool grow();
  uint64_t* slot_of(uint64_t hash);

  Budget& budget_;
  std::vector<uint64_t> slots_;  ///< a power of two of them; 0: empty
  size_t count_ = 0;
  bool exact_ = true;
};

}  // namespace freshet::infer
