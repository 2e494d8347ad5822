#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/type.h"

/// Names of types, as ClickHouse's system.data_type_families lists them.
namespace freshet::schema {

/// What may stand in the parentheses behind a name.
enum class TypeArguments : uint8_t {
  kNone,
  kWidth,           ///< one number that is ignored, as in VARCHAR(20) or INT(11)
  kLength,          ///< of a FixedString
  kPrecisionScale,  ///< of a Decimal: precision and scale, both optional
  kScale,           ///< scale of a Decimal whose precision the name gives
  kTimeZone,
  kPrecisionZone,  ///< of DateTime64: precision and zone, both optional
  kEnum,
  kEnumAny,  ///< Enum8 or Enum16, whichever the numbers need
  kOneType,
  kTwoTypes,
};

struct TypeName {
  std::string_view name;
  bool ignores_case;
  TypeKind kind;
  TypeArguments arguments;
  int precision = 0;  ///< of Decimal32 and its like
};

/// Null when ClickHouse has no such type, or streams cannot declare it.
const TypeName* find_type_name(std::string_view name);
/// A name that ClickHouse knows and that streams cannot declare: why not. Empty for all others.
std::string_view why_unsupported(std::string_view name);
/// Names to suggest from.
std::vector<std::string> suggestible_type_names();

/// "FixedString": the name in ClickHouse's own spelling; Decimal is written with its precision.
std::string_view kind_name(TypeKind kind);

}  // namespace freshet::schema
