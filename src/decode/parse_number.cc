#include "decode/parse_number.h"

#include <array>
#include <charconv>

namespace freshet::decode {
namespace {

/// 10^77 is the largest power of ten below 2^256.
constexpr int kMaxDigits = 78;

template <class Float>
struct ExactRange;  // where digits and power of ten are both exact, one operation rounds correctly (Clinger)
template <>
struct ExactRange<double> {
  static constexpr uint64_t kMantissa = uint64_t{1} << 53;
  static constexpr int kPower = 22;
};
template <>
struct ExactRange<float> {
  static constexpr uint64_t kMantissa = uint64_t{1} << 24;
  static constexpr int kPower = 10;
};

constexpr std::array<double, 23> kPowers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                            1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

template <class Float>
std::optional<Float> nearest(const NumberText& number) {
  using Range = ExactRange<Float>;
  if (number.digits == 0) return number.negative ? -Float{0} : Float{0};
  if (number.digits <= 19 && number.mantissa <= Range::kMantissa && number.exponent >= -Range::kPower &&
      number.exponent <= Range::kPower) {
    const auto digits = static_cast<Float>(number.mantissa);
    const auto power =
        static_cast<Float>(kPowers[static_cast<size_t>(number.exponent < 0 ? -number.exponent : number.exponent)]);
    const Float value = number.exponent < 0 ? digits / power : digits * power;
    return number.negative ? -value : value;
  }
  Float value = 0;
  const auto [end, failure] = std::from_chars(number.text.data(), number.text.data() + number.text.size(), value);
  if (failure == std::errc()) return value;
  const bool tiny = number.exponent + number.digits < 0;
  if (failure == std::errc::result_out_of_range && tiny) return number.negative ? -Float{0} : Float{0};
  return std::nullopt;
}

/// The first `count` digits as a number.
bool take_digits(std::string_view digits, int count, columns::Int256& out) {
  for (const char c : digits) {
    if (count == 0) break;
    if (c == '.') continue;
    if (!columns::multiply_add(out, 10, static_cast<uint64_t>(c - '0'))) return false;
    --count;
  }
  return true;
}

bool rest_is_zero(std::string_view digits, int skip) {
  for (const char c : digits) {
    if (c == '.') continue;
    if (skip-- > 0) continue;
    if (c != '0') return false;
  }
  return true;
}

}  // namespace

bool scaled_integer(const NumberText& number, int scale, Excess excess, columns::Int256& out) {
  out = {};
  if (number.digits == 0) return true;
  const int64_t shift = number.exponent + scale;
  const int64_t kept = shift >= 0 ? number.digits : number.digits + shift;
  if (excess == Excess::kRefuse && shift < 0 && !rest_is_zero(number.all_digits, static_cast<int>(kept > 0 ? kept : 0)))
    return false;
  if (kept <= 0) return true;
  if (kept + (shift > 0 ? shift : 0) > kMaxDigits) return false;
  if (number.digits <= 19 && shift >= 0) {
    out.words[0] = number.mantissa;
  } else if (!take_digits(number.all_digits, static_cast<int>(kept), out)) {
    return false;
  }
  for (int64_t i = 0; i < shift; ++i) {
    if (!columns::multiply_add(out, 10, 0)) return false;
  }
  return true;
}

std::optional<double> nearest_double(const NumberText& number) { return nearest<double>(number); }
std::optional<float> nearest_float(const NumberText& number) { return nearest<float>(number); }

}  // namespace freshet::decode
