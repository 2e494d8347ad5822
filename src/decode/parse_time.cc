#include "decode/parse_time.h"

#include "decode/json_text.h"
#include "decode/parse_number.h"

namespace freshet::decode {
namespace {

constexpr int64_t kSecondsPerDay = 86'400;
constexpr int64_t kNanosPerSecond = 1'000'000'000;

/// Reads a date and time from the front to the back.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool done() const { return at_ == end_; }
  char peek() const { return done() ? '\0' : *at_; }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  /// Exactly `count` digits, or -1.
  int digits(int count) {
    if (end_ - at_ < count) return -1;
    int value = 0;
    for (int i = 0; i < count; ++i) {
      const auto digit = static_cast<unsigned char>(at_[i] - '0');
      if (digit > 9) return -1;
      value = value * 10 + digit;
    }
    at_ += count;
    return value;
  }
  /// The digits behind a point, as nanoseconds; at least one.
  std::optional<uint32_t> fraction() {
    uint32_t nanos = 0;
    int count = 0;
    for (; !done() && static_cast<unsigned char>(*at_ - '0') < 10; ++at_, ++count) {
      if (count < 9) nanos = nanos * 10 + static_cast<uint32_t>(*at_ - '0');
    }
    if (count == 0) return std::nullopt;
    for (; count < 9; ++count) nanos *= 10;
    return nanos;
  }

 private:
  const char* at_;
  const char* end_;
};

bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int days_in_month(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kDays[month - 1];
}

std::optional<int64_t> scan_date(Scanner& scanner) {
  const int year = scanner.digits(4);
  if (year < 0 || !scanner.take('-')) return std::nullopt;
  const int month = scanner.digits(2);
  if (month < 1 || month > 12 || !scanner.take('-')) return std::nullopt;
  const int day = scanner.digits(2);
  if (day < 1 || day > days_in_month(year, month)) return std::nullopt;
  return days_from_civil(year, month, day);
}

/// "Z", "+02:00", "+0200", "+02" in seconds east of UTC; 0 where nothing stands.
std::optional<int64_t> scan_zone(Scanner& scanner) {
  scanner.take(' ');
  if (scanner.done()) return 0;
  if (scanner.take('Z') || scanner.take('z')) return 0;
  const bool west = scanner.peek() == '-';
  if (!scanner.take('+') && !scanner.take('-')) return std::nullopt;
  const int hours = scanner.digits(2);
  if (hours < 0 || hours > 23) return std::nullopt;
  int minutes = 0;
  if (!scanner.done()) {
    scanner.take(':');
    minutes = scanner.digits(2);
  }
  if (minutes < 0 || minutes > 59) return std::nullopt;
  const int64_t seconds = hours * 3600 + minutes * 60;
  return west ? -seconds : seconds;
}

}  // namespace

int64_t days_from_civil(int64_t year, int month, int day) {
  // Years begin in March, so that the leap day is the last; 400 years are 146,097 days.
  year -= month <= 2 ? 1 : 0;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

std::optional<Instant> parse_instant(std::string_view text) {
  Scanner scanner(text);
  const std::optional<int64_t> days = scan_date(scanner);
  if (!days) return std::nullopt;
  Instant instant{.seconds = *days * kSecondsPerDay, .nanos = 0};
  if (scanner.done()) return instant;
  if (!scanner.take('T') && !scanner.take(' ') && !scanner.take('t')) return std::nullopt;
  const int hour = scanner.digits(2);
  if (hour < 0 || hour > 23 || !scanner.take(':')) return std::nullopt;
  const int minute = scanner.digits(2);
  if (minute < 0 || minute > 59) return std::nullopt;
  int second = 0;
  if (scanner.take(':')) {
    second = scanner.digits(2);
    if (second < 0 || second > 60) return std::nullopt;  // a leap second is the first one of the next minute
    if (scanner.take('.') || scanner.take(',')) {
      const auto nanos = scanner.fraction();
      if (!nanos) return std::nullopt;
      instant.nanos = *nanos;
    }
  }
  const auto east = scan_zone(scanner);
  if (!east || !scanner.done()) return std::nullopt;
  instant.seconds += hour * 3600 + minute * 60 + second - *east;
  return instant;
}

std::optional<Instant> instant_from_number(std::string_view json_number) {
  NumberText number;
  if (!scan_number(json_number, number)) return std::nullopt;
  // Nanoseconds of everything fit into 128 bits: seconds are below 10^11, nanoseconds below 10^20.
  columns::Int256 whole;
  if (!scaled_integer(number, 0, Excess::kCut, whole) || (whole.words[1] | whole.words[2] | whole.words[3]) != 0)
    return std::nullopt;
  const uint64_t magnitude = whole.words[0];
  const int unit_digits = magnitude < 100'000'000'000           ? 9
                          : magnitude < 100'000'000'000'000     ? 6
                          : magnitude < 100'000'000'000'000'000 ? 3
                                                                : 0;
  columns::Int256 nanos;
  if (!scaled_integer(number, unit_digits, Excess::kCut, nanos)) return std::nullopt;
  __extension__ typedef __int128 Wide;
  const Wide total =
      (static_cast<Wide>(nanos.words[1]) << 64 | static_cast<Wide>(nanos.words[0])) * (number.negative ? -1 : 1);
  Wide seconds = total / kNanosPerSecond;
  Wide rest = total % kNanosPerSecond;
  if (rest < 0) {
    rest += kNanosPerSecond;
    --seconds;
  }
  return Instant{.seconds = static_cast<int64_t>(seconds), .nanos = static_cast<uint32_t>(rest)};
}

}  // namespace freshet::decode
