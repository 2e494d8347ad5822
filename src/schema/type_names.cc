#include "schema/type_names.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace freshet::schema {
namespace {

using enum TypeKind;
using enum TypeArguments;

constexpr std::array kNames = {
    TypeName{"Int8", false, kInt8, kNone},
    TypeName{"Int16", false, kInt16, kNone},
    TypeName{"Int32", false, kInt32, kNone},
    TypeName{"Int64", false, kInt64, kNone},
    TypeName{"Int128", false, kInt128, kNone},
    TypeName{"Int256", false, kInt256, kNone},
    TypeName{"UInt8", false, kUInt8, kNone},
    TypeName{"UInt16", false, kUInt16, kNone},
    TypeName{"UInt32", false, kUInt32, kNone},
    TypeName{"UInt64", false, kUInt64, kNone},
    TypeName{"UInt128", false, kUInt128, kNone},
    TypeName{"UInt256", false, kUInt256, kNone},
    TypeName{"Float32", false, kFloat32, kNone},
    TypeName{"Float64", false, kFloat64, kNone},
    TypeName{"Bool", true, kBool, kNone},
    TypeName{"String", false, kString, kNone},
    TypeName{"FixedString", false, kFixedString, kLength},
    TypeName{"UUID", false, kUuid, kNone},
    TypeName{"IPv4", false, kIpv4, kNone},
    TypeName{"IPv6", false, kIpv6, kNone},
    TypeName{"Decimal", true, kDecimal, kPrecisionScale},
    TypeName{"Decimal32", true, kDecimal, kScale, 9},
    TypeName{"Decimal64", true, kDecimal, kScale, 18},
    TypeName{"Decimal128", true, kDecimal, kScale, 38},
    TypeName{"Decimal256", true, kDecimal, kScale, 76},
    TypeName{"Date", true, kDate, kNone},
    TypeName{"Date32", true, kDate32, kNone},
    TypeName{"DateTime", true, kDateTime, kTimeZone},
    TypeName{"DateTime32", true, kDateTime, kTimeZone},
    TypeName{"DateTime64", true, kDateTime64, kPrecisionZone},
    TypeName{"Enum8", false, kEnum8, kEnum},
    TypeName{"Enum16", false, kEnum16, kEnum},
    TypeName{"Enum", true, kEnum8, kEnumAny},
    TypeName{"Nullable", false, kNullable, kOneType},
    TypeName{"LowCardinality", false, kLowCardinality, kOneType},
    TypeName{"Array", false, kArray, kOneType},
    TypeName{"Map", false, kMap, kTwoTypes},
    // SQL aliases: never case-sensitive in ClickHouse.
    TypeName{"BOOLEAN", true, kBool, kNone},
    TypeName{"BYTE", true, kInt8, kWidth},
    TypeName{"INT1", true, kInt8, kWidth},
    TypeName{"INT1 SIGNED", true, kInt8, kWidth},
    TypeName{"INT1 UNSIGNED", true, kUInt8, kWidth},
    TypeName{"TINYINT", true, kInt8, kWidth},
    TypeName{"TINYINT SIGNED", true, kInt8, kWidth},
    TypeName{"TINYINT UNSIGNED", true, kUInt8, kWidth},
    TypeName{"SMALLINT", true, kInt16, kWidth},
    TypeName{"SMALLINT SIGNED", true, kInt16, kWidth},
    TypeName{"SMALLINT UNSIGNED", true, kUInt16, kWidth},
    TypeName{"YEAR", true, kUInt16, kNone},
    TypeName{"INT", true, kInt32, kWidth},
    TypeName{"INT SIGNED", true, kInt32, kWidth},
    TypeName{"INT UNSIGNED", true, kUInt32, kWidth},
    TypeName{"INTEGER", true, kInt32, kWidth},
    TypeName{"INTEGER SIGNED", true, kInt32, kWidth},
    TypeName{"INTEGER UNSIGNED", true, kUInt32, kWidth},
    TypeName{"MEDIUMINT", true, kInt32, kWidth},
    TypeName{"MEDIUMINT SIGNED", true, kInt32, kWidth},
    TypeName{"MEDIUMINT UNSIGNED", true, kUInt32, kWidth},
    TypeName{"BIGINT", true, kInt64, kWidth},
    TypeName{"BIGINT SIGNED", true, kInt64, kWidth},
    TypeName{"BIGINT UNSIGNED", true, kUInt64, kWidth},
    TypeName{"SIGNED", true, kInt64, kNone},
    TypeName{"UNSIGNED", true, kUInt64, kNone},
    TypeName{"BIT", true, kUInt64, kWidth},
    TypeName{"FLOAT", true, kFloat32, kNone},
    TypeName{"REAL", true, kFloat32, kNone},
    TypeName{"SINGLE", true, kFloat32, kNone},
    TypeName{"DOUBLE", true, kFloat64, kNone},
    TypeName{"DOUBLE PRECISION", true, kFloat64, kNone},
    TypeName{"DEC", true, kDecimal, kPrecisionScale},
    TypeName{"FIXED", true, kDecimal, kPrecisionScale},
    TypeName{"NUMERIC", true, kDecimal, kPrecisionScale},
    TypeName{"TIMESTAMP", true, kDateTime, kTimeZone},
    TypeName{"INET4", true, kIpv4, kNone},
    TypeName{"INET6", true, kIpv6, kNone},
    TypeName{"BINARY", true, kFixedString, kLength},
    TypeName{"BLOB", true, kString, kWidth},
    TypeName{"BYTEA", true, kString, kWidth},
    TypeName{"CHAR", true, kString, kWidth},
    TypeName{"CHAR VARYING", true, kString, kWidth},
    TypeName{"CHARACTER", true, kString, kWidth},
    TypeName{"CHARACTER VARYING", true, kString, kWidth},
    TypeName{"CLOB", true, kString, kWidth},
    TypeName{"LONGBLOB", true, kString, kWidth},
    TypeName{"LONGTEXT", true, kString, kWidth},
    TypeName{"MEDIUMBLOB", true, kString, kWidth},
    TypeName{"MEDIUMTEXT", true, kString, kWidth},
    TypeName{"NCHAR", true, kString, kWidth},
    TypeName{"NVARCHAR", true, kString, kWidth},
    TypeName{"TEXT", true, kString, kWidth},
    TypeName{"TINYBLOB", true, kString, kWidth},
    TypeName{"TINYTEXT", true, kString, kWidth},
    TypeName{"VARBINARY", true, kString, kWidth},
    TypeName{"VARCHAR", true, kString, kWidth},
    TypeName{"VARCHAR2", true, kString, kWidth},
};

struct Unsupported {
  std::string_view name;
  std::string_view reason;
};
constexpr std::array kUnsupported = {
    Unsupported{"Tuple", "declare one column per element, as dotted names (\"user.id\", \"user.name\")"},
    Unsupported{"Nested", "declare one column per element, as dotted names (\"user.id\", \"user.name\")"},
    Unsupported{"JSON", "declare a String column, which keeps the value's JSON text, or dotted columns"},
    Unsupported{"Object", "declare a String column, which keeps the value's JSON text, or dotted columns"},
    Unsupported{"Dynamic", "declare a String column, which keeps the value's JSON text"},
    Unsupported{"Variant", "declare a String column, which keeps the value's JSON text"},
    Unsupported{"AggregateFunction", "a stream holds plain values; states belong into views"},
    Unsupported{"SimpleAggregateFunction", "a stream holds plain values; aggregates belong into views"},
    Unsupported{"Time", "declare a String or an Int32 of seconds"},
    Unsupported{"Time64", "declare a String or an Int64"},
    Unsupported{"BFloat16", "declare Float32"},
    Unsupported{"Point", "declare two Float64 columns"},
    Unsupported{"Nothing", "it holds no value"},
};

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

}  // namespace

const TypeName* find_type_name(std::string_view name) {
  for (const TypeName& known : kNames) {
    if (known.ignores_case ? equal_ignoring_case(known.name, name) : known.name == name) return &known;
  }
  return nullptr;
}

std::string_view why_unsupported(std::string_view name) {
  for (const Unsupported& known : kUnsupported) {
    if (equal_ignoring_case(known.name, name)) return known.reason;
  }
  return {};
}

std::vector<std::string> suggestible_type_names() {
  std::vector<std::string> names;
  for (const TypeName& known : kNames) names.emplace_back(known.name);
  return names;
}

std::string_view kind_name(TypeKind kind) {
  for (const TypeName& known : kNames) {
    if (known.kind == kind) return known.name;
  }
  return "?";
}

}  // namespace freshet::schema
