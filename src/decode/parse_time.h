#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// Instants from text and from numbers. What is accepted is written down in docs/types.md.
namespace freshet::decode {

/// A point in time: `seconds` since 1970 UTC (negative before), and `nanos` after that, 0 to 999,999,999.
struct Instant {
  int64_t seconds = 0;
  uint32_t nanos = 0;
};

/// RFC 3339 and its common variants: "2026-01-18T12:34:56.789Z", "2026-01-18 12:34:56", "2026-01-18T12:34:56+02:00",
/// "2026-01-18". Without a zone it is UTC. Digits after the ninth are cut off. Nothing for what is no date.
std::optional<Instant> parse_instant(std::string_view text);

/// A number since 1970, in the unit that its magnitude tells: below 10^11 seconds, below 10^14 milliseconds, below
/// 10^17 microseconds, else nanoseconds. Fractions count.
std::optional<Instant> instant_from_number(std::string_view json_number);

/// Days since 1970-01-01 of a date of the Gregorian calendar.
int64_t days_from_civil(int64_t year, int month, int day);

}  // namespace freshet::decode
