#pragma once

#include <algorithm>
#include <utility>
#include <vector>

namespace freshet::broker {

/// What a request names more than once, out of all that it names: an honest client names each thing once, and what is
/// answered per name must not grow with repetitions. `Key` is ordered; views in it live as long as the request.
template <class Key>
class Repeats {
 public:
  explicit Repeats(std::vector<Key> named) : repeated_(std::move(named)) {
    std::sort(repeated_.begin(), repeated_.end());
    // The second of each equal run moves to the front; what it writes over was read already.
    size_t kept = 0;
    for (size_t i = 1; i < repeated_.size(); ++i) {
      const bool repeated = repeated_[i] == repeated_[i - 1];
      const bool known = kept > 0 && repeated_[kept - 1] == repeated_[i];
      if (repeated && !known) repeated_[kept++] = repeated_[i];
    }
    repeated_.erase(repeated_.begin() + static_cast<ptrdiff_t>(kept), repeated_.end());
  }
  bool contains(const Key& key) const { return std::binary_search(repeated_.begin(), repeated_.end(), key); }

 private:
  std::vector<Key> repeated_;
};

}  // namespace freshet::broker
