#pragma once

#include <array>
#include <cstdint>

namespace freshet::columns {

/// Integers of 128 and 256 bits as ClickHouse stores them: words of 64 bits, least significant first, two's complement
/// where signed. Only what decoding needs.
template <int Words>
struct WideInt {
  std::array<uint64_t, Words> words{};
  bool operator==(const WideInt&) const = default;
};
using Int128 = WideInt<2>;
using Int256 = WideInt<4>;

/// value * factor + addend in place; false when it does not fit.
template <int Words>
constexpr bool multiply_add(WideInt<Words>& value, uint64_t factor, uint64_t addend) {
  __extension__ typedef unsigned __int128 Product;
  uint64_t carry = addend;
  for (uint64_t& word : value.words) {
    const Product product = static_cast<Product>(word) * factor + carry;
    word = static_cast<uint64_t>(product);
    carry = static_cast<uint64_t>(product >> 64);
  }
  return carry == 0;
}

template <int Words>
constexpr void negate(WideInt<Words>& value) {
  uint64_t carry = 1;
  for (uint64_t& word : value.words) {
    word = ~word + carry;
    carry = (carry == 1 && word == 0) ? 1 : 0;
  }
}

/// Whether the most significant bit is set: negative, if the integer is signed.
template <int Words>
constexpr bool top_bit(const WideInt<Words>& value) {
  return (value.words[Words - 1] >> 63) != 0;
}

/// As unsigned numbers.
template <int Words>
constexpr bool less(const WideInt<Words>& a, const WideInt<Words>& b) {
  for (int i = Words - 1; i >= 0; --i) {
    if (a.words[i] != b.words[i]) return a.words[i] < b.words[i];
  }
  return false;
}

}  // namespace freshet::columns
