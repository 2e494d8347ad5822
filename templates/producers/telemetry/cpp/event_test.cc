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

Event example() { return {"uuid-123", kTime, "u-1000", "billing", "checkout", 29.99}; }

TEST(Event, IsTheDocumentedJson) {
  EXPECT_EQ(example().to_json(),
            R"({"event_id":"uuid-123","ts":"2026-01-18T12:34:56.000Z","user_id":"u-1000","project":"billing",)"
            R"("action":"checkout","amount":29.99})");
}

TEST(Event, KeyIsTheUser) { EXPECT_EQ(example().key(), "u-1000"); }

TEST(Event, TimesAreUtcWithMilliseconds) {
  Event event = example();
  event.ts = kTime + microseconds{789'999};
  EXPECT_EQ(json::parse(event.to_json())["ts"], "2026-01-18T12:34:56.789Z");
}

TEST(Event, TextOfAnyKindSurvives) {
  Event event = example();
  event.project = "Zoë says \"<hi>\" \\ \n\t 東京 🎈";
  EXPECT_EQ(json::parse(event.to_json())["project"], event.project);
}

TEST(Event, RefusesWhatCannotBeKept) {
  Event event = example();
  event.amount = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(event.to_json(), std::invalid_argument);
  event.amount = std::numeric_limits<double>::infinity();
  EXPECT_THROW(event.to_json(), std::invalid_argument);
  event = example();
  event.event_id.clear();
  EXPECT_THROW(event.to_json(), std::invalid_argument);
  event = example();
  event.user_id = "\xed\xa0\xbd";  // half a surrogate pair
  EXPECT_THROW(event.to_json(), std::invalid_argument);
}

TEST(Event, MadeOnesAreDistinctAndComplete) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    const json fields = json::parse(make_event().to_json());
    EXPECT_EQ(fields.size(), 6u);
    ids.insert(fields["event_id"]);
  }
  EXPECT_EQ(ids.size(), 1000u);
}

}  // namespace
