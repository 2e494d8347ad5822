/// How each scalar type takes a value: the rules of docs/types.md.
#include <algorithm>
#include <cctype>
#include <limits>
#include <utility>

#include "columns/fixed_column.h"
#include "decode/parse_number.h"
#include "decode/parse_time.h"
#include "decode/parse_words.h"
#include "decode/value_writer.h"

namespace freshet::decode {
namespace {

using columns::Int256;
using columns::WideInt;
using schema::TypeKind;

constexpr int64_t kSecondsPerDay = 86'400;
constexpr int64_t kNanosPerSecond = 1'000'000'000;
/// 1900-01-01 00:00:00 and 2299-12-31 23:59:59, the ends of Date32 and DateTime64.
constexpr int64_t kFirstSecond = -2'208'988'800;
constexpr int64_t kLastSecond = 10'413'791'999;
constexpr size_t kFastDigits = 18;

int64_t floor_divide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

/// Digits only, and few of them: most integers.
bool short_integer(std::string_view text, int64_t& value) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > kFastDigits || (text.front() == '0' && text.size() > 1)) return false;
  uint64_t magnitude = 0;
  for (const char c : text) {
    const auto digit = static_cast<unsigned char>(c - '0');
    if (digit > 9) return false;
    magnitude = magnitude * 10 + digit;
  }
  value = negative ? -static_cast<int64_t>(magnitude) : static_cast<int64_t>(magnitude);
  return true;
}

/// Any spelling of a whole number: 1.0, 1e3, 18446744073709551615.
template <class T>
bool long_integer(std::string_view text, T& value) {
  NumberText number;
  Int256 magnitude;
  if (!scan_number(text, number) || !scaled_integer(number, 0, Excess::kRefuse, magnitude)) return false;
  if ((magnitude.words[1] | magnitude.words[2] | magnitude.words[3]) != 0) return false;
  const uint64_t low = magnitude.words[0];
  if (!number.negative) {
    value = static_cast<T>(low);
    return std::in_range<T>(low);
  }
  if (low > uint64_t{1} << 63) return false;
  const auto signed_value = static_cast<int64_t>(-low);
  value = static_cast<T>(signed_value);
  return std::in_range<T>(signed_value);
}

/// The sign applied; false when it does not fit into Words.
template <int Words>
bool narrow(const Int256& magnitude, bool negative, bool is_signed, WideInt<Words>& out) {
  for (int i = 0; i < 4; ++i) {
    if (i < Words) {
      out.words[static_cast<size_t>(i)] = magnitude.words[static_cast<size_t>(i)];
    } else if (magnitude.words[static_cast<size_t>(i)] != 0) {
      return false;
    }
  }
  const bool zero = out == WideInt<Words>{};
  if (!is_signed) return !negative || zero;
  const bool was_top = columns::top_bit(out);
  if (negative) columns::negate(out);
  return negative ? zero || columns::top_bit(out) : !was_top;
}

bool equal_ignoring_case(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](unsigned char a, char b) { return std::tolower(a) == b; });
}

}  // namespace

template <class T>
void ValueWriter::append(T value) {
  columns::as<columns::FixedColumn<T>>(*column_).append(value);
}

template <class T>
bool ValueWriter::append_integer(std::string_view text) {
  int64_t quick = 0;
  if (short_integer(text, quick)) [[likely]] {
    if (!std::in_range<T>(quick)) return false;
    append(static_cast<T>(quick));
    return true;
  }
  T value = 0;
  if (!long_integer(text, value)) return false;
  append(value);
  return true;
}

template <int Words>
bool ValueWriter::append_wide(std::string_view text) {
  const bool is_signed = type_.kind == TypeKind::kInt128 || type_.kind == TypeKind::kInt256;
  NumberText number;
  Int256 magnitude;
  WideInt<Words> value;
  if (!scan_number(text, number) || !scaled_integer(number, 0, Excess::kRefuse, magnitude)) return false;
  if (!narrow(magnitude, number.negative, is_signed, value)) return false;
  append(value);
  return true;
}

bool ValueWriter::append_scalar(std::string_view text, bool quoted) {
  switch (type_.kind) {
    case TypeKind::kInt8:
      return append_integer<int8_t>(text);
    case TypeKind::kInt16:
      return append_integer<int16_t>(text);
    case TypeKind::kInt32:
      return append_integer<int32_t>(text);
    case TypeKind::kInt64:
      return append_integer<int64_t>(text);
    case TypeKind::kUInt8:
      return append_integer<uint8_t>(text);
    case TypeKind::kUInt16:
      return append_integer<uint16_t>(text);
    case TypeKind::kUInt32:
      return append_integer<uint32_t>(text);
    case TypeKind::kUInt64:
      return append_integer<uint64_t>(text);
    case TypeKind::kInt128:
    case TypeKind::kUInt128:
      return append_wide<2>(text);
    case TypeKind::kInt256:
    case TypeKind::kUInt256:
      return append_wide<4>(text);
    case TypeKind::kFloat32:
    case TypeKind::kFloat64:
      return append_float(text, quoted);
    case TypeKind::kBool:
      return append_bool(text);
    case TypeKind::kDecimal:
      return append_decimal(text);
    case TypeKind::kDate:
    case TypeKind::kDate32:
    case TypeKind::kDateTime:
    case TypeKind::kDateTime64:
      return append_time(text, quoted);
    case TypeKind::kEnum8:
    case TypeKind::kEnum16:
      return append_enum(text, quoted);
    case TypeKind::kUuid: {
      const auto uuid = quoted ? parse_uuid(text) : std::nullopt;
      if (uuid) append(*uuid);
      return uuid.has_value();
    }
    case TypeKind::kIpv4: {
      const auto address = quoted ? parse_ipv4(text) : std::nullopt;
      if (address) append(*address);
      return address.has_value();
    }
    case TypeKind::kIpv6: {
      const auto address = quoted ? parse_ipv6(text) : std::nullopt;
      if (address) append(*address);
      return address.has_value();
    }
    default:
      return false;
  }
}

bool ValueWriter::append_float(std::string_view text, bool quoted) {
  const bool narrow_float = type_.kind == TypeKind::kFloat32;
  NumberText number;
  if (scan_number(text, number)) [[likely]] {
    if (narrow_float) {
      const auto value = nearest_float(number);
      if (value) append(*value);
      return value.has_value();
    }
    const auto value = nearest_double(number);
    if (value) append(*value);
    return value.has_value();
  }
  if (!quoted) return false;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  if (equal_ignoring_case(text, "nan")) {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (equal_ignoring_case(text, "inf") || equal_ignoring_case(text, "infinity")) {
    value = negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  } else {
    return false;
  }
  if (narrow_float) {
    append(static_cast<float>(value));
  } else {
    append(value);
  }
  return true;
}

bool ValueWriter::append_bool(std::string_view text) {
  const bool is_true = text == "true" || text == "1";
  if (!is_true && text != "false" && text != "0") return false;
  append(static_cast<uint8_t>(is_true));
  return true;
}

bool ValueWriter::append_decimal(std::string_view text) {
  NumberText number;
  Int256 magnitude;
  if (!scan_number(text, number) || !scaled_integer(number, type_.scale, Excess::kRefuse, magnitude)) return false;
  if (!columns::less(magnitude, limit_)) return false;
  if (type_.precision <= 18) {
    const auto value =
        number.negative ? -static_cast<int64_t>(magnitude.words[0]) : static_cast<int64_t>(magnitude.words[0]);
    if (type_.precision <= 9) {
      append(static_cast<int32_t>(value));
    } else {
      append(value);
    }
    return true;
  }
  if (number.negative) columns::negate(magnitude);
  if (type_.precision <= 38) {
    append(columns::Int128{{magnitude.words[0], magnitude.words[1]}});
  } else {
    append(magnitude);
  }
  return true;
}

bool ValueWriter::append_time(std::string_view text, bool quoted) {
  std::optional<Instant> instant;
  if (quoted) instant = parse_instant(text);
  if (!instant) instant = instant_from_number(text);
  if (!instant) return false;
  const int64_t days = floor_divide(instant->seconds, kSecondsPerDay);
  switch (type_.kind) {
    case TypeKind::kDate:
      if (!std::in_range<uint16_t>(days)) return false;
      append(static_cast<uint16_t>(days));
      return true;
    case TypeKind::kDateTime:
      if (!std::in_range<uint32_t>(instant->seconds)) return false;
      append(static_cast<uint32_t>(instant->seconds));
      return true;
    default:
      break;
  }
  if (instant->seconds < kFirstSecond || instant->seconds > kLastSecond) return false;
  if (type_.kind == TypeKind::kDate32) {
    append(static_cast<int32_t>(days));
    return true;
  }
  const int64_t ticks = instant->nanos / (kNanosPerSecond / ticks_per_second_);
  int64_t value = 0;
  if (__builtin_mul_overflow(instant->seconds, ticks_per_second_, &value) ||
      __builtin_add_overflow(value, ticks, &value))
    return false;
  append(value);
  return true;
}

bool ValueWriter::append_enum(std::string_view text, bool quoted) {
  int16_t number = 0;
  if (quoted) {
    const auto found = enum_numbers_.find(text);
    if (found == enum_numbers_.end()) return false;
    number = found->second;
  } else {
    if (!long_integer(text, number)) return false;
    const auto& values = type_.enum_values;
    const auto found = std::ranges::lower_bound(values, number, {}, &std::pair<std::string, int16_t>::second);
    if (found == values.end() || found->second != number) return false;
  }
  if (type_.kind == TypeKind::kEnum8) {
    append(static_cast<int8_t>(number));
  } else {
    append(number);
  }
  return true;
}

}  // namespace freshet::decode
