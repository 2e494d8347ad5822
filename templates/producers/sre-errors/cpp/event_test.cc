#include "event.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

namespace {

using nlohmann::json;
using std::chrono::microseconds;
using std::chrono::sys_days;

const auto kTime = sys_days{std::chrono::year{2026} / 1 / 18} + std::chrono::hours{12} + std::chrono::minutes{34} +
                   std::chrono::seconds{56};

Event example() {
  return {"uuid-123", kTime, "billing", "error", "card declined", "web-3", "4bf92f3577b34da6", 502, 187.5};
}

TEST(Event, IsTheDocumentedJson) {
  EXPECT_EQ(
      example().to_json(),
      R"({"event_id":"uuid-123","ts":"2026-01-18T12:34:56.000Z","service":"billing","level":"error",)"
      R"("message":"card declined","host":"web-3","trace_id":"4bf92f3577b34da6","status":502,"duration_ms":187.5})");
}

TEST(Event, KeyIsTheService) { EXPECT_EQ(example().key(), "billing"); }

TEST(Event, TimesAreUtcWithMilliseconds) {
  Event event = example();
  event.ts = kTime + microseconds{789'999};
  EXPECT_EQ(json::parse(event.to_json())["ts"], "2026-01-18T12:34:56.789Z");
}

TEST(Event, TextOfAnyKindSurvives) {
  Event event = example();
  event.message = "Zoë says \"<hi>\" \\ \n\t 東京 🎈";
  EXPECT_EQ(json::parse(event.to_json())["message"], event.message);
}

TEST(Event, RefusesWhatCannotBeKept) {
  Event event = example();
  event.duration_ms = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(event.to_json(), std::invalid_argument);
  event.duration_ms = std::numeric_limits<double>::infinity();
  EXPECT_THROW(event.to_json(), std::invalid_argument);
  event = example();
  event.event_id.clear();
  EXPECT_THROW(event.to_json(), std::invalid_argument);
  event = example();
  event.message = "\xed\xa0\xbd";  // half a surrogate pair
  EXPECT_THROW(event.to_json(), std::invalid_argument);
}

TEST(Event, MadeOnesAreDistinctAndComplete) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    const json fields = json::parse(make_event().to_json());
    EXPECT_EQ(fields.size(), 9u);
    ids.insert(fields["event_id"]);
  }
  EXPECT_EQ(ids.size(), 1000u);
}

}  // namespace
