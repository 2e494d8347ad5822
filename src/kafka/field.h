#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

/// How a field of a message lies on the wire, beside its C++ type. Used as the second argument of `io(...)`:
///   io(m.leader_epoch, since(4));              // int32, from version 4 on
///   io(m.name, until(12));                     // std::string: never null
///   io(m.topics, nullable_since(1));           // std::optional<std::vector<…>>: null allowed from version 1 on
///   io(m.metadata, kBytes);                    // 32-bit length instead of a string's 16-bit length
///   io(m.node_endpoints, since(16).tagged(0)); // KIP-482 tagged field, written only when not its default
/// The C++ type says the rest: integers are big endian, bool and enums by their size, Uuid 16 bytes, std::optional is
/// nullable (a text, an array, or a structure), std::vector an array, a struct with `fields` a nested structure.
namespace freshet::kafka {

struct Versions {
  int16_t first = 0;
  int16_t last = 0;
  constexpr bool contains(int16_t version) const { return version >= first && version <= last; }
  bool operator==(const Versions&) const = default;
};

struct Field {
  Versions versions{0, std::numeric_limits<int16_t>::max()};
  int16_t nullable_from = 0;  ///< only for std::optional
  int32_t tag = -1;           ///< -1: not a tagged field
  bool is_bytes = false;

  constexpr Field tagged(int32_t number) const {
    Field field = *this;
    field.tag = number;
    return field;
  }
  constexpr Field nullable_since(int16_t version) const {
    Field field = *this;
    field.nullable_from = version;
    return field;
  }
};

constexpr Field between(int16_t first, int16_t last) { return {.versions = {first, last}}; }
constexpr Field since(int16_t first) { return between(first, std::numeric_limits<int16_t>::max()); }
constexpr Field until(int16_t last) { return between(0, last); }
constexpr Field nullable_since(int16_t version) { return Field{}.nullable_since(version); }
inline constexpr Field kBytes{.is_bytes = true};

/// An API of the protocol, as its request and response declare it.
struct Api {
  int16_t key = 0;
  std::string_view name;                  ///< Kafka's, e.g. "ListOffsets"
  Versions versions;                      ///< answered
  int16_t flexible_since = 0;             ///< KIP-482 from this version on
  int16_t offered_from = versions.first;  ///< in ApiVersions; lower than versions.first for Produce only (KAFKA-18659)

  constexpr bool flexible(int16_t version) const { return version >= flexible_since; }
};

}  // namespace freshet::kafka
