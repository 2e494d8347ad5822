#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

/// ClickHouse's types as far as streams may declare them (https://clickhouse.com/docs/sql-reference/data-types).
namespace freshet::schema {

enum class TypeKind : uint8_t {
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kInt128,
  kInt256,
  kUInt8,
  kUInt16,
  kUInt32,
  kUInt64,
  kUInt128,
  kUInt256,
  kFloat32,
  kFloat64,
  kBool,
  kString,
  kFixedString,
  kUuid,
  kIpv4,
  kIpv6,
  kDecimal,
  kDate,
  kDate32,
  kDateTime,
  kDateTime64,
  kEnum8,
  kEnum16,
  kNullable,
  kLowCardinality,
  kArray,
  kMap,
};

struct Type {
  TypeKind kind = TypeKind::kString;
  int precision = 0;      ///< Decimal: digits; DateTime64: sub-second digits; FixedString: bytes
  int scale = 0;          ///< Decimal
  std::string time_zone;  ///< DateTime, DateTime64; empty: the server's
  std::vector<std::pair<std::string, int16_t>> enum_values;  ///< by number, as ClickHouse sorts them
  std::vector<Type> arguments;  ///< Nullable, LowCardinality, Array: one; Map: key and value

  bool operator==(const Type&) const = default;
  /// As ClickHouse writes it: "DateTime64(3, 'UTC')". parse_type of it yields an equal Type.
  std::string to_string() const;
};

/// Accepts what ClickHouse accepts: its names (most of them care about case), its SQL aliases (which do not: INT,
/// VARCHAR(20), DOUBLE PRECISION), and its defaults (Decimal = Decimal(10, 0), DateTime64 = DateTime64(3)).
/// kUnknownColumnType with what was expected and, where near, the type that was meant.
Result<Type> parse_type(std::string_view text);

/// Types may be nested this deep: Array(Array(…)).
inline constexpr int kMaxTypeDepth = 16;
/// Longest text of a type, before anything is allocated for it. An Enum16 of a few thousand names fits.
inline constexpr size_t kMaxTypeLength = size_t{1} << 20;

}  // namespace freshet::schema
