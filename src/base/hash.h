#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace freshet {

/// 128 bits of XXH3, for tokens and block fingerprints: not a defence against an adversary.
struct Hash128 {
  uint64_t high = 0;
  uint64_t low = 0;
  bool operator==(const Hash128&) const = default;
  std::string hex() const;  ///< 32 lower-case digits
};

Hash128 hash128(std::string_view bytes);
uint64_t hash64(std::string_view bytes);

/// 128 random bits from the operating system as a UUID of version 4.
struct Uuid {
  std::array<unsigned char, 16> bytes{};
  auto operator<=>(const Uuid&) const = default;
  bool is_zero() const;
  std::string to_string() const;  ///< 8-4-4-4-12, lower case
  /// Accepts 8-4-4-4-12 in either case; false leaves `out` untouched.
  static bool parse(std::string_view text, Uuid& out);
};
/// Not for record/, log/, kafka/, broker/core/, ingest/ and views/: they are given their random numbers.
Uuid random_uuid();

}  // namespace freshet
