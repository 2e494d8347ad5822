#include "infer/distinct.h"

#include <utility>

namespace freshet::infer {
namespace {

constexpr size_t kFirstSlots = 16;

}  // namespace

bool Distinct::add(uint64_t hash) {
  if (hash == 0) hash = 1;
  if (slots_.empty() && (!exact_ || !grow())) return true;
  uint64_t* slot = slot_of(hash);
  if (*slot == hash) return false;
  if (!exact_) return true;
  if (count_ == kMost || ((count_ + 1) * 4 > slots_.size() * 3 && !grow())) {
    exact_ = false;
    return true;
  }
  *slot_of(hash) = hash;
  ++count_;
  return true;
}

uint64_t* Distinct::slot_of(uint64_t hash) {
  const size_t mask = slots_.size() - 1;
  size_t at = hash & mask;
  while (slots_[at] != 0 && slots_[at] != hash) at = (at + 1) & mask;
  return &slots_[at];
}

bool Distinct::grow() {
  const size_t wanted = slots_.empty() ? kFirstSlots : slots_.size() * 2;
  if (wanted - slots_.size() > budget_.hashes) {
    exact_ = false;
    return false;
  }
  budget_.hashes -= wanted - slots_.size();
  const std::vector<uint64_t> old = std::exchange(slots_, std::vector<uint64_t>(wanted, 0));
  for (const uint64_t hash : old) {
    if (hash != 0) *slot_of(hash) = hash;
  }
  return true;
}

}  // namespace freshet::infer
