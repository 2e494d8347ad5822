#include "event.h"

#include <time.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <random>
#include <stdexcept>

namespace {

/// "2026-01-18T12:34:56.789Z"
std::string utc(std::chrono::system_clock::time_point ts) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(ts);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(ms);
  const time_t since_1970 = std::chrono::system_clock::to_time_t(seconds);
  struct tm parts = {};
  gmtime_r(&since_1970, &parts);
  char text[32];
  const size_t size = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text + size, sizeof text - size, ".%03dZ", static_cast<int>((ms - seconds).count()));
  return text;
}

std::mt19937_64& chance() {
  static std::mt19937_64 engine{(uint64_t{std::random_device{}()} << 32) | std::random_device{}()};
  return engine;
}

size_t below(size_t end) { return std::uniform_int_distribution<size_t>(0, end - 1)(chance()); }

/// A random UUID (version 4).
std::string new_uuid() {
  const uint64_t high = (chance()() & ~uint64_t{0xF000}) | 0x4000;
  const uint64_t low = (chance()() & ~(uint64_t{3} << 62)) | (uint64_t{2} << 62);
  char text[40];
  std::snprintf(text, sizeof text, "%08x-%04x-%04x-%04x-%012llx", static_cast<unsigned>(high >> 32),
                static_cast<unsigned>(high >> 16 & 0xFFFF), static_cast<unsigned>(high & 0xFFFF),
                static_cast<unsigned>(low >> 48), static_cast<unsigned long long>(low & 0xFFFF'FFFF'FFFF));
  return text;
}

}  // namespace

std::string Event::to_json() const {
  if (event_id.empty()) throw std::invalid_argument("an event needs its event_id");
  // The library would write null.
  if (!std::isfinite(duration_ms)) throw std::invalid_argument("duration_ms is no number");
  nlohmann::ordered_json fields;
  fields["event_id"] = event_id;
  fields["ts"] = utc(ts);
  fields["service"] = service;
  fields["level"] = level;
  fields["message"] = message;
  fields["host"] = host;
  fields["trace_id"] = trace_id;
  fields["status"] = status;
  fields["duration_ms"] = duration_ms;
  try {
    return fields.dump();
  } catch (const nlohmann::json::type_error& error) {
    throw std::invalid_argument(error.what());
  }
}

Event make_event() {
  static constexpr std::array kServices = {"gateway", "billing", "search", "mailer"};
  const size_t percent = below(100);
  Event event;
  event.event_id = new_uuid();
  event.ts = std::chrono::system_clock::now();
  event.service = kServices[below(kServices.size())];
  event.level = percent >= 97 ? "error" : percent >= 90 ? "warn" : "info";
  event.message = event.level == "error" ? "upstream timed out" : "request served";
  event.host = "web-" + std::to_string(1 + below(8));
  event.trace_id = new_uuid().substr(19, 4) + new_uuid().substr(24);
  event.status = event.level == "error" ? 502 : 200;
  event.duration_ms = static_cast<double>(1 + below(4000)) / 4;
  return event;
}
