#include "cli/generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace freshet::cli {
namespace {

constexpr double kZipfExponent = 1.05;
constexpr std::array<std::string_view, 8> kProjects = {"storefront", "billing", "search",   "mobile",
                                                       "support",    "reports", "partners", "admin"};
constexpr std::array<std::string_view, 8> kServices = {"gateway",   "billing", "search", "accounts",
                                                       "inventory", "mailer",  "images", "audit"};
constexpr std::array<std::string_view, 6> kMessages = {"request served", "cache filled", "job finished",
                                                       "user signed in", "record saved", "page rendered"};
constexpr std::array<std::string_view, 4> kFailures = {"upstream timed out", "connection reset by peer",
                                                       "deadline exceeded", "too many open files"};
constexpr int kHosts = 40;
constexpr int64_t kDayMinutes = 24 * 60;

uint64_t mix(uint64_t x) {  // splitmix64's finalizer
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

void append_number(std::string& out, uint64_t number) {
  const fmt::format_int text(number);
  out.append(text.data(), text.size());
}

void append_cents(std::string& out, uint64_t cents) {
  append_number(out, cents / 100);
  out += '.';
  out += static_cast<char>('0' + cents / 10 % 10);
  out += static_cast<char>('0' + cents % 10);
}

/// A UUID of version 4's shape from 128 bits.
void append_uuid(std::string& out, uint64_t high, uint64_t low) {
  static constexpr char kDigits[] = "0123456789abcdef";
  high = (high & ~uint64_t{0xF000}) | 0x4000;
  low = (low & ~(uint64_t{3} << 62)) | (uint64_t{2} << 62);
  char text[36];
  size_t at = 0;
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) text[at++] = '-';
    const uint64_t half = i < 16 ? high : low;
    text[at++] = kDigits[(half >> (60 - 4 * (i % 16))) & 15];
  }
  out.append(text, sizeof text);
}

}  // namespace

Generator::Generator(Story story, uint64_t seed, uint64_t id_seed)
    : story_(story),
      state_(mix(seed)),
      id_seed_(mix(id_seed)),
      alias_chance_(kUsers),
      alias_other_(kUsers),
      visitors_(kUsers) {
  // Vose's alias method: a Zipf draw is two random numbers, whatever the number of users.
  std::vector<double> weights(kUsers);
  double sum = 0;
  for (int i = 0; i < kUsers; ++i) sum += weights[static_cast<size_t>(i)] = std::pow(i + 1, -kZipfExponent);
  std::vector<uint32_t> small;
  std::vector<uint32_t> large;
  for (uint32_t i = 0; i < kUsers; ++i) {
    weights[i] *= kUsers / sum;
    (weights[i] < 1 ? small : large).push_back(i);
  }
  while (!small.empty() && !large.empty()) {
    const uint32_t less = small.back();
    const uint32_t more = large.back();
    small.pop_back();
    large.pop_back();
    alias_chance_[less] = weights[less];
    alias_other_[less] = more;
    weights[more] -= 1 - weights[less];
    (weights[more] < 1 ? small : large).push_back(more);
  }
  for (const uint32_t i : small) alias_chance_[i] = 1;
  for (const uint32_t i : large) alias_chance_[i] = 1;
}

uint64_t Generator::random() { return mix(state_++ * 0xD1342543DE82EF95ULL); }

double Generator::uniform() { return static_cast<double>(random() >> 11) * 0x1p-53; }

uint32_t Generator::zipf_user() {
  const uint64_t bits = random();
  const auto column = static_cast<uint32_t>((bits >> 32) * kUsers >> 32);
  return static_cast<double>(bits & 0xFFFFFFFF) * 0x1p-32 < alias_chance_[column] ? column : alias_other_[column];
}

void Generator::advance_time(int64_t now_ms) {
  const int64_t second = now_ms / 1000;
  if (second != second_) {
    second_ = second;
    // Civil date from days (Howard Hinnant's algorithm); no library call that knows the machine's time zone.
    const int64_t days = second / 86'400;
    const int64_t z = days + 719'468;
    const int64_t era = z / 146'097;
    const int64_t day_of_era = z - era * 146'097;
    const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t shifted_month = (5 * day_of_year + 2) / 153;
    const int64_t day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    const int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
    fmt::format_to_n(second_text_.data(), second_text_.size(), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.", year, month, day,
                     second / 3600 % 24, second / 60 % 60, second % 60);
  }
  const int64_t minute = second / 60;
  if (minute == weights_minute_) return;
  weights_minute_ = minute;
  double sum = 0;
  for (size_t i = 0; i < project_weights_.size(); ++i) {
    const double turn = static_cast<double>(minute % kDayMinutes) / kDayMinutes - static_cast<double>(i) / 8;
    sum += (1 + 0.8 * std::cos(2 * std::numbers::pi * turn)) / static_cast<double>(i + 1);
    project_weights_[i] = sum;
  }
  for (double& weight : project_weights_) weight /= sum;
}

uint32_t Generator::busy_project() {
  const double draw = uniform();
  const auto found = std::upper_bound(project_weights_.begin(), project_weights_.end() - 1, draw);
  return static_cast<uint32_t>(found - project_weights_.begin());
}

void Generator::write_head(int64_t now_ms) {
  value_ = R"({"event_id":")";
  append_uuid(value_, mix(id_seed_ ^ mix(count_)), mix(id_seed_ + 0x632BE59BD9B4E019ULL * (count_ + 1)));
  value_ += R"(","ts":")";
  value_.append(second_text_.data(), second_text_.size());
  const auto millis = static_cast<uint64_t>(now_ms % 1000);
  value_ += static_cast<char>('0' + millis / 100);
  value_ += static_cast<char>('0' + millis / 10 % 10);
  value_ += static_cast<char>('0' + millis % 10);
  value_ += 'Z';
}

GeneratedEvent Generator::next(int64_t now_ms) {
  advance_time(now_ms);
  write_head(now_ms);
  const GeneratedEvent event = story_ == Story::kEvents ? next_event(now_ms) : next_log(now_ms);
  ++count_;
  return event;
}

GeneratedEvent Generator::next_event(int64_t now_ms) {
  const uint32_t user = zipf_user();
  Visitor& visitor = visitors_[user];
  const uint64_t dice = random();
  const auto percent = static_cast<uint32_t>((dice & 0xFFFFFFFF) * 100 >> 32);
  if (visitor.stage == 0) {
    visitor.project = static_cast<uint8_t>(busy_project());
    visitor.price_cents_100 = static_cast<uint16_t>(1 + (dice >> 40) % 200);
  }
  const uint64_t cents = visitor.price_cents_100 * 100ULL - 1;  // prices end in .99
  std::string_view action;
  uint64_t amount_cents = 0;
  const bool failing = is_burst(now_ms) && visitor.project == static_cast<uint8_t>(now_ms / kBurstEveryMs % 8);
  if (failing && percent < 60) {
    action = "error";
  } else if (visitor.stage == 0 || (visitor.stage == 1 && percent >= 30)) {
    action = "view";
    visitor.stage = visitor.stage == 1 && percent >= 85 ? 0 : 1;  // some leave
  } else if (visitor.stage == 1) {
    action = "cart";
    amount_cents = cents;
    visitor.stage = 2;
  } else if (percent < 45) {
    action = "checkout";
    amount_cents = cents;
    visitor.stage = 0;
  } else {
    action = "view";
    visitor.stage = percent >= 80 ? 0 : 2;  // the cart is left behind
  }
  key_ = "u-";
  append_number(key_, user + 1);
  value_ += R"(","user_id":")";
  value_ += key_;
  value_ += R"(","project":")";
  value_ += kProjects[visitor.project];
  value_ += R"(","action":")";
  value_ += action;
  value_ += R"(","amount":)";
  append_cents(value_, amount_cents);
  value_ += '}';
  return {key_, value_};
}

GeneratedEvent Generator::next_log(int64_t now_ms) {
  const uint64_t dice = random();
  const auto percent = static_cast<uint32_t>((dice & 0xFFFFFFFF) * 100 >> 32);
  const uint32_t service = busy_project();
  const bool failing = is_burst(now_ms) && service == static_cast<uint32_t>(now_ms / kBurstEveryMs % 8);
  const bool is_error = percent < (failing ? 60U : 1U);
  const bool is_warning = !is_error && percent < 6;
  const std::string_view level = is_error ? "error" : is_warning ? "warn" : "info";
  const std::string_view message =
      is_error ? kFailures[(dice >> 40) % kFailures.size()] : kMessages[(dice >> 40) % kMessages.size()];
  const uint64_t duration_us = (1 + (dice >> 44) % 400) * (failing ? 4000 : 100) + zipf_user() * 10ULL;
  key_ = "host-";
  append_number(key_, 1 + (dice >> 33) % kHosts);
  value_ += R"(","service":")";
  value_ += kServices[service];
  value_ += R"(","level":")";
  value_ += level;
  value_ += R"(","message":")";
  value_ += message;
  value_ += R"(","host":")";
  value_ += key_;
  value_ += R"(","trace_id":")";
  append_uuid(value_, random(), dice);
  value_ += R"(","status":)";
  append_number(value_, is_error ? 500 + (dice >> 50) % 5 : 200);
  value_ += R"(,"duration_ms":)";
  append_number(value_, duration_us / 1000);
  value_ += '.';
  append_number(value_, duration_us % 1000 / 100);
  value_ += '}';
  return {key_, value_};
}

}  // namespace freshet::cli
