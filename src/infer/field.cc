#include "infer/field.h"

#include <algorithm>
#include <bit>
#include <cctype>
#include <cstdlib>
#include <optional>

#include "base/hash.h"
#include "decode/json_text.h"
#include "decode/parse_number.h"
#include "decode/parse_time.h"
#include "decode/parse_words.h"
#include "infer/names.h"

namespace freshet::infer {
namespace {

constexpr size_t kSeenBytes = 24;
constexpr size_t kLongestWord = 64;  ///< UUIDs, addresses and times are shorter
constexpr int kMoreThan256Bits = 257;
/// DateTime64's years, 1900 to 2299.
constexpr int64_t kFirstSecond = -2'208'988'800;
constexpr int64_t kLastSecond = 10'413'791'999;
/// Numbers that could be times of events: 2000 to 2100.
constexpr int64_t kFirstPlausible = 946'684'800;
constexpr int64_t kLastPlausible = 4'102'444'800;
constexpr int64_t kNearSeconds = 86'400;

int bit_length(const columns::Int256& magnitude) {
  for (int word = 3; word >= 0; --word) {
    const uint64_t bits = magnitude.words[static_cast<size_t>(word)];
    if (bits != 0) return word * 64 + static_cast<int>(std::bit_width(bits));
  }
  return 0;
}

bool is_power_of_two(const columns::Int256& magnitude) {
  int ones = 0;
  for (const uint64_t word : magnitude.words) ones += std::popcount(word);
  return ones == 1;
}

void count_integer(const decode::NumberText& number, Numbers& numbers) {
  ++numbers.integers;
  columns::Int256 magnitude;
  if (!decode::scaled_integer(number, 0, decode::Excess::kRefuse, magnitude)) {
    numbers.signed_bits = numbers.unsigned_bits = kMoreThan256Bits;
    return;
  }
  const int bits = bit_length(magnitude);
  // The most negative number of a width is a power of two and needs no bit more.
  const int with_sign = number.negative && is_power_of_two(magnitude) ? bits : bits + 1;
  numbers.signed_bits = std::max(numbers.signed_bits, with_sign);
  if (!number.negative) numbers.unsigned_bits = std::max(numbers.unsigned_bits, bits);
}

/// Digits behind the second in a text that parse_instant reads.
int fraction_digits(std::string_view text) {
  const size_t point = text.find_first_of(".,");
  if (point == text.npos) return 0;
  size_t end = point + 1;
  while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end]))) ++end;
  return static_cast<int>(std::min<size_t>(end - point - 1, 9));
}

bool is_date_alone(std::string_view text) { return text.size() == 10; }
bool has_zone(std::string_view text) { return text.size() > 10 && text.find_first_of("Zz+-", 10) != text.npos; }

/// "18/Jan/2026:12:34:56 +0000", "Sun, 18 Jan 2026 12:34:56 GMT", "01/18/2026 12:34": digits, a month or slashes, and
/// a time of day.
bool looks_like_time(std::string_view text) {
  if (text.size() < 12 || text.size() > 40 || std::ranges::count(text, ':') < 1) return false;
  const auto digits = std::ranges::count_if(text, [](unsigned char c) { return std::isdigit(c) != 0; });
  const auto letters = std::ranges::count_if(text, [](unsigned char c) { return std::isalpha(c) != 0; });
  return digits >= 7 && letters <= 12 && text.find_first_of("/ -,") != text.npos;
}

TimeUnit unit_of(double magnitude) {
  return magnitude < 1e11   ? TimeUnit::kSeconds
         : magnitude < 1e14 ? TimeUnit::kMillis
         : magnitude < 1e17 ? TimeUnit::kMicros
                            : TimeUnit::kNanos;
}

}  // namespace

bool count_number(std::string_view text, Numbers& numbers) {
  decode::NumberText number;
  if (!decode::scan_number(text, number)) return false;
  const auto value = decode::nearest_double(number);
  if (!value) ++numbers.too_large;
  if (value) {
    numbers.least = numbers.count == 0 ? *value : std::min(numbers.least, *value);
    numbers.most = numbers.count == 0 ? *value : std::max(numbers.most, *value);
  }
  ++numbers.count;
  numbers.negative = numbers.negative || (number.negative && number.digits > 0);
  if (number.integral) {
    count_integer(number, numbers);
  } else if (text.find_first_of("eE") == text.npos) {
    const int scale = static_cast<int>(-number.exponent);
    numbers.least_scale = numbers.with_point == 0 ? scale : std::min(numbers.least_scale, scale);
    numbers.most_scale = std::max(numbers.most_scale, scale);
    ++numbers.with_point;
  }
  return true;
}

Field::Field(Budget& budget, bool is_root) : distinct(budget), keys(budget), budget_(budget), is_root_(is_root) {
  --budget_.fields;
}
Field::~Field() { ++budget_.fields; }

void Field::stands_in(const RecordPlace& record) {
  if (last_record_ == record.number) return;  // the same key again
  last_record_ = record.number;
  ++records;
}

void Field::count_scalar(std::string_view text, const RecordPlace& record) {
  ++scalars;
  const uint64_t hash = hash64(text);
  if (record.key_hash != 0 && hash == record.key_hash) ++equals_key;
  if (!distinct.add(hash)) {
    ++repeats;
    return;
  }
  last_new = scalars;
  if (seen.size() < kMaxSeen && text.size() <= kSeenBytes) seen.push_back(shown_text(text, kSeenBytes));
}

void Field::add_flag(bool value, const RecordPlace& record) {
  ++flags;
  count_scalar(value ? "true" : "false", record);
}

void Field::count_time(int64_t seconds, int digits, const RecordPlace& record) {
  times.first_s = std::min(times.first_s, seconds);
  times.last_s = std::max(times.last_s, seconds);
  times.digits = std::max(times.digits, digits);
  if (record.timestamp_ms > 0 && std::abs(seconds - record.timestamp_ms / 1000) <= kNearSeconds) ++times.near_record;
}

void Field::add_number(std::string_view text, const RecordPlace& record) {
  count_scalar(text, record);
  if (!count_number(text, numbers)) return;
  if (text == "0" || text == "1") ++zero_one;
  const auto instant = decode::instant_from_number(text);
  if (!instant || instant->seconds < kFirstPlausible || instant->seconds > kLastPlausible) return;
  const TimeUnit unit = unit_of(std::strtod(std::string(text).c_str(), nullptr));
  ++times.numbers[static_cast<size_t>(unit)];
  const size_t point = text.find('.');
  const int behind = point == text.npos ? 0 : static_cast<int>(text.size() - point - 1);
  count_time(instant->seconds, std::min(9, static_cast<int>(unit) * 3 + behind), record);
}

void Field::add_text(std::string_view text, const RecordPlace& record) {
  count_scalar(text, record);
  ++texts.count;
  texts.bytes += text.size();
  texts.longest = std::max(texts.longest, text.size());
  if (text.empty()) {
    ++texts.empty;
    return;
  }
  if (text.size() > kLongestWord) {
    if (text.size() < Texts::kLongestNumber) count_number(text, texts.numbers);
    return;
  }
  if (text == "true" || text == "false" || text == "0" || text == "1") ++texts.flags;
  if (count_number(text, texts.numbers)) return;
  if (decode::parse_uuid(text)) ++texts.uuids;
  if (decode::parse_ipv4(text)) ++texts.ipv4s;
  if (decode::parse_ipv6(text)) ++texts.addresses;
  const auto instant = decode::parse_instant(text);
  if (!instant) {
    if (looks_like_time(text)) ++times.unread;
    return;
  }
  if (instant->seconds < kFirstSecond || instant->seconds > kLastSecond) return;
  ++times.texts;
  if (is_date_alone(text)) {
    ++times.date_texts;
  } else if (!has_zone(text)) {
    ++times.zoneless;
  }
  count_time(instant->seconds, fraction_digits(text), record);
}

Field* Field::child(std::string_view name) {
  if (crowded || name.size() > kMaxKeyBytes) return nullptr;
  if (const auto found = children_.find(name); found != children_.end()) return found->second.field.get();
  const size_t most = is_root_ ? kMaxRootChildren : kMaxChildren;
  if (children_.size() >= most) make_room();
  if (crowded || children_.size() >= most || budget_.fields == 0) {
    ++forgotten;
    return nullptr;
  }
  Child& made = children_[std::string(name)];
  made.order = next_order_++;
  made.field = std::make_unique<Field>(budget_);
  return made.field.get();
}

/// Too many different names: in an object they are data; in a record the rarest are forgotten (lossy counting).
void Field::make_room() {
  if (!is_root_) {
    crowded = true;
    forgotten += children_.size();
    children_.clear();
    return;
  }
  const size_t before = children_.size();
  std::erase_if(children_, [&](const auto& entry) { return entry.second.field->records <= floor_; });
  forgotten += before - children_.size();
  if (children_.size() > kMaxRootChildren / 2) floor_ *= 2;
}

Field* Field::elements() {
  if (!elements_ && budget_.fields > 0) elements_ = std::make_unique<Field>(budget_);
  return elements_.get();
}

Field* Field::any_value() {
  if (!any_value_ && budget_.fields > 0) any_value_ = std::make_unique<Field>(budget_);
  return any_value_.get();
}

std::vector<std::pair<std::string_view, const Field*>> Field::children() const {
  std::vector<std::pair<uint64_t, std::pair<std::string_view, const Field*>>> ordered;
  for (const auto& [name, child] : children_) ordered.push_back({child.order, {name, child.field.get()}});
  std::ranges::sort(ordered, {}, [](const auto& entry) { return entry.first; });
  std::vector<std::pair<std::string_view, const Field*>> out;
  for (const auto& entry : ordered) out.push_back(entry.second);
  return out;
}

}  // namespace freshet::infer
