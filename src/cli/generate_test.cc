#include "cli/generate.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

namespace freshet::cli {
namespace {

constexpr int64_t kNoonMs = 1'768'739'696'123;  // 2026-01-18T12:34:56.123Z, outside of a burst

std::vector<std::string> tell(uint64_t seed, uint64_t id_seed, int count,
                              Generator::Story story = Generator::Story::kEvents, int64_t now_ms = kNoonMs) {
  Generator generator(story, seed, id_seed);
  std::vector<std::string> out;
  for (int i = 0; i < count; ++i) out.emplace_back(generator.next(now_ms).value);
  return out;
}

TEST(Generator, SameSeedsTellTheSameStory) {
  EXPECT_EQ(tell(7, 8, 1000), tell(7, 8, 1000));
  EXPECT_NE(tell(7, 8, 1000), tell(8, 8, 1000));
}

TEST(Generator, EventIdsAreUniqueInARunAndBetweenRuns) {
  std::set<std::string> ids;
  for (const uint64_t id_seed : {1, 2, 3}) {
    for (const std::string& value : tell(7, id_seed, 20'000)) ids.insert(value.substr(13, 36));
  }
  EXPECT_EQ(ids.size(), 60'000U);
}

TEST(Generator, EventHasTheTemplatesFields) {
  Generator generator(Generator::Story::kEvents, 1, 1);
  const GeneratedEvent event = generator.next(kNoonMs);
  const auto json = nlohmann::json::parse(event.value);
  EXPECT_EQ(json["ts"], "2026-01-18T12:34:56.123Z");
  EXPECT_EQ(json["user_id"], event.key);
  EXPECT_EQ(json["event_id"].get<std::string>().size(), 36U);
  EXPECT_EQ(json["event_id"].get<std::string>()[14], '4');
  EXPECT_TRUE(json["amount"].is_number());
  EXPECT_EQ(json.size(), 6U);
}

TEST(Generator, EveryLineIsJson) {
  for (const auto story : {Generator::Story::kEvents, Generator::Story::kLogs}) {
    for (const std::string& value : tell(3, 4, 5000, story))
      ASSERT_FALSE(nlohmann::json::parse(value, nullptr, false).is_discarded()) << value;
  }
}

TEST(Generator, FunnelNarrowsFromViewToCheckout) {
  std::map<std::string, int> actions;
  for (const std::string& value : tell(5, 6, 200'000)) ++actions[nlohmann::json::parse(value)["action"]];
  EXPECT_GT(actions["view"], 2 * actions["cart"]);
  EXPECT_GT(actions["cart"], actions["checkout"]);
  EXPECT_GT(actions["checkout"], 1000);
  EXPECT_EQ(actions.count("error"), 0U);
}

TEST(Generator, UsersAreZipfDistributed) {
  std::map<std::string, int> users;
  for (const std::string& value : tell(5, 6, 100'000)) ++users[nlohmann::json::parse(value)["user_id"]];
  EXPECT_GT(users["u-1"], 5 * users["u-10"]);
  EXPECT_GT(users.size(), 3000U);
}

TEST(Generator, BurstEveryTwoMinutesIsFullOfErrors) {
  const int64_t burst_ms = kNoonMs / Generator::kBurstEveryMs * Generator::kBurstEveryMs + 1000;
  ASSERT_TRUE(Generator::is_burst(burst_ms));
  ASSERT_FALSE(Generator::is_burst(burst_ms + Generator::kBurstLengthMs));
  int errors = 0;
  int calm_errors = 0;
  for (const std::string& value : tell(5, 6, 20'000, Generator::Story::kLogs, burst_ms))
    errors += value.find("\"error\"") != value.npos;
  for (const std::string& value : tell(5, 6, 20'000, Generator::Story::kLogs))
    calm_errors += value.find("\"error\"") != value.npos;
  EXPECT_GT(errors, 2 * calm_errors);
}

TEST(Generator, DatesAreRight) {
  Generator generator(Generator::Story::kEvents, 1, 1);
  EXPECT_NE(generator.next(951'782'400'000).value.find("2000-02-29T00:00:00.000Z"), std::string_view::npos);
  EXPECT_NE(generator.next(1'798'761'599'999).value.find("2026-12-31T23:59:59.999Z"), std::string_view::npos);
}

}  // namespace
}  // namespace freshet::cli
