#include <array>
#include <cctype>
#include <limits>
#include <optional>
#include <string_view>

#include "base/strings.h"
#include "project/project.h"

namespace freshet::project {
namespace {

struct Unit {
  std::string_view name;
  int64_t factor;
};
constexpr std::array kDurations = {Unit{"ms", 1},        Unit{"s", 1000},       Unit{"m", 60'000},
                                   Unit{"h", 3'600'000}, Unit{"d", 86'400'000}, Unit{"w", 604'800'000}};
constexpr std::array kSizes = {Unit{"", 1},
                               Unit{"B", 1},
                               Unit{"KiB", int64_t{1} << 10},
                               Unit{"MiB", int64_t{1} << 20},
                               Unit{"GiB", int64_t{1} << 30},
                               Unit{"TiB", int64_t{1} << 40},
                               Unit{"KB", 1000},
                               Unit{"MB", 1'000'000},
                               Unit{"GB", 1'000'000'000},
                               Unit{"TB", 1'000'000'000'000}};

/// Takes digits and then letters from the front of `text`; nothing when they are not a number and a known unit, or
/// overflow.
template <size_t N>
std::optional<int64_t> take(std::string_view& text, const std::array<Unit, N>& units) {
  size_t digits = 0;
  int64_t number = 0;
  while (digits < text.size() && std::isdigit(static_cast<unsigned char>(text[digits]))) {
    if (__builtin_mul_overflow(number, 10, &number) || __builtin_add_overflow(number, text[digits] - '0', &number))
      return {};
    ++digits;
  }
  if (digits == 0) return {};
  text = trim(text.substr(digits));
  size_t letters = 0;
  while (letters < text.size() && std::isalpha(static_cast<unsigned char>(text[letters]))) ++letters;
  const std::string_view name = text.substr(0, letters);
  text.remove_prefix(letters);
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    if (__builtin_mul_overflow(number, unit.factor, &number)) return {};
    return number;
  }
  return {};
}

}  // namespace

Result<int64_t> parse_duration_ms(const std::string& text) {
  std::string_view rest = trim(text);
  int64_t total = 0;
  bool valid = !rest.empty();
  while (valid && !rest.empty()) {
    const auto part = take(rest, kDurations);
    valid = part && !__builtin_add_overflow(total, *part, &total);
  }
  if (valid) return total;
  return fail(ErrorCode::kProjectInvalid,
              "'{}' is not a duration: write a number with ms, s, m, h, d or w, like 20ms or 1h30m", text);
}

Result<int64_t> parse_size_bytes(const std::string& text) {
  std::string_view rest = trim(text);
  const auto size = take(rest, kSizes);
  if (size && rest.empty()) return *size;
  return fail(ErrorCode::kProjectInvalid,
              "'{}' is not a size: write a number with B, KiB, MiB, GiB, TiB, KB, MB, GB or TB, like 64MiB", text);
}

}  // namespace freshet::project
