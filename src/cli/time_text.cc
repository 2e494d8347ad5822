#include "cli/time_text.h"

#include <fmt/format.h>

#include <chrono>

namespace freshet::cli {
namespace {

/// Reads a text from its front.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}
  bool at_end() const { return text_.empty(); }
  bool take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  /// Exactly so many digits, from `least` to `most`.
  std::optional<int> number(size_t digits, int least, int most) {
    if (text_.size() < digits) return std::nullopt;
    int value = 0;
    for (size_t i = 0; i < digits; ++i) {
      if (text_[i] < '0' || text_[i] > '9') return std::nullopt;
      value = value * 10 + (text_[i] - '0');
    }
    if (value < least || value > most) return std::nullopt;
    text_.remove_prefix(digits);
    return value;
  }
  /// Milliseconds of the digits behind a second's point; those beyond the third are dropped.
  std::optional<int> fraction_ms() {
    int value = 0;
    size_t digits = 0;
    for (; !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; ++digits, text_.remove_prefix(1)) {
      if (digits < 3) value = value * 10 + (text_.front() - '0');
    }
    if (digits == 0) return std::nullopt;
    for (; digits < 3; ++digits) value *= 10;
    return value;
  }

 private:
  std::string_view text_;
};

std::optional<int64_t> date_ms(Cursor& cursor) {
  const auto year = cursor.number(4, 1970, 9999);
  if (!year || !cursor.take('-')) return std::nullopt;
  const auto month = cursor.number(2, 1, 12);
  if (!month || !cursor.take('-')) return std::nullopt;
  const auto day = cursor.number(2, 1, 31);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::milliseconds(std::chrono::sys_days{date}.time_since_epoch()).count();
}

std::optional<int64_t> clock_ms(Cursor& cursor) {
  const auto hour = cursor.number(2, 0, 23);
  if (!hour || !cursor.take(':')) return std::nullopt;
  const auto minute = cursor.number(2, 0, 59);
  if (!minute) return std::nullopt;
  int64_t ms = (int64_t{*hour} * 60 + *minute) * 60'000;
  if (!cursor.take(':')) return ms;
  const auto second = cursor.number(2, 0, 59);
  if (!second) return std::nullopt;
  ms += int64_t{*second} * 1000;
  if (!cursor.take('.')) return ms;
  const auto fraction = cursor.fraction_ms();
  if (!fraction) return std::nullopt;
  return ms + *fraction;
}

std::optional<int64_t> zone_ms(Cursor& cursor) {
  if (cursor.at_end() || cursor.take('Z')) return 0;
  const bool east = cursor.take('+');
  if (!east && !cursor.take('-')) return std::nullopt;
  const auto hours = cursor.number(2, 0, 23);
  if (!hours || !cursor.take(':')) return std::nullopt;
  const auto minutes = cursor.number(2, 0, 59);
  if (!minutes) return std::nullopt;
  return (east ? 1 : -1) * (int64_t{*hours} * 60 + *minutes) * 60'000;
}

}  // namespace

std::optional<int64_t> parse_time_ms(std::string_view text) {
  Cursor cursor(text);
  const auto date = date_ms(cursor);
  if (!date || cursor.at_end()) return date;
  if (!cursor.take('T') && !cursor.take(' ')) return std::nullopt;
  const auto clock = clock_ms(cursor);
  if (!clock) return std::nullopt;
  const auto zone = zone_ms(cursor);
  if (!zone || !cursor.at_end()) return std::nullopt;
  return *date + *clock - *zone;
}

std::string time_text(int64_t ms) {
  if (ms < 0) return "no time";
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds(ms)};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

}  // namespace freshet::cli
