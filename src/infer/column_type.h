#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "infer/field.h"

namespace freshet::infer {

enum class Kind : uint8_t {
  kBool,
  kInteger,
  kFloat,
  kDecimal,
  kTime,  ///< DateTime64
  kDate,
  kUuid,
  kAddress,
  kText,
  kArray,
  kMap,
  kObject,  ///< its fields become columns of their own; has no type
};

struct TypeChoice {
  Kind kind = Kind::kText;
  std::string type = {};          ///< never Nullable; LowCardinality where it pays
  std::string why = {};           ///< what the values are, and why this type: part of a sentence
  bool bounded = false;           ///< an integer whose name bounds it: a status code, a port
  bool low_cardinality = false;   ///< a text of few values
  bool default_is_value = false;  ///< 0, '', false or 1970 could be taken for a value that came
};

/// The narrowest type that takes the values, or all but one in 200 of them, which would become dead letters. A type
/// that a later value could easily leave is not chosen: whole numbers are Int64 unless their name bounds them, and a
/// float is never made a Decimal. `column`: the full name, whose words are hints.
TypeChoice choose_type(const Field& field, std::string_view column);

/// The type as it stands in a file: Nullable where `nullable`, within LowCardinality.
std::string with_nullable(const TypeChoice& choice, bool nullable);

}  // namespace freshet::infer
