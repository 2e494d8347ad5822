#pragma once

#include <compare>
#include <cstdint>
#include <functional>

/// Integers that must not be swapped. `value` is public: a strong id names a number, it does not hide it.
namespace freshet {

template <class Tag, class Rep>
struct StrongId {
  Rep value{};
  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep v) : value(v) {}
  constexpr auto operator<=>(const StrongId&) const = default;
};

/// Position of a record in a partition, from 0.
using Offset = StrongId<struct OffsetTag, int64_t>;
using PartitionId = StrongId<struct PartitionTag, int32_t>;
using ProducerId = StrongId<struct ProducerTag, int64_t>;
/// The incarnation of a topic: one small integer per cluster and topic id.
using Epoch = StrongId<struct EpochTag, uint32_t>;

constexpr Offset operator+(Offset offset, int64_t n) { return Offset(offset.value + n); }
constexpr int64_t operator-(Offset a, Offset b) { return a.value - b.value; }

}  // namespace freshet

template <class Tag, class Rep>
struct std::hash<freshet::StrongId<Tag, Rep>> {
  size_t operator()(const freshet::StrongId<Tag, Rep>& id) const { return std::hash<Rep>{}(id.value); }
};
