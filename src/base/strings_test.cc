#include "base/strings.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/metrics.h"

namespace freshet {
namespace {

TEST(Nearest, FindsATypoAndNothingFarAway) {
  const std::vector<std::string> keys = {"columns", "topic", "partitions"};
  EXPECT_EQ(nearest("colums", keys), "columns");
  EXPECT_EQ(nearest("zzzzzz", keys), "");
}

TEST(Quote, EscapesWhatClickHouseWould) {
  EXPECT_EQ(quote_identifier("plain_1"), "plain_1");
  EXPECT_EQ(quote_identifier("a b`c"), "`a b\\`c`");
  EXPECT_EQ(quote_literal("it's\\"), "'it\\'s\\\\'");
}

TEST(Error, NamesCodeAndPlace) {
  const Error error{ErrorCode::kProjectUnknownKey, "unknown key 'x'", "freshet.yaml", 3, 5};
  EXPECT_EQ(error.to_string(), "FR0301 freshet.yaml:3:5: unknown key 'x'");
}

TEST(Uuid, ParsesWhatItPrints) {
  const Uuid uuid = random_uuid();
  Uuid parsed;
  ASSERT_TRUE(Uuid::parse(uuid.to_string(), parsed));
  EXPECT_EQ(parsed, uuid);
  EXPECT_FALSE(Uuid::parse("not-a-uuid", parsed));
}

TEST(Histogram, QuantileComesFromBuckets) {
  MetricsRegistry registry;
  Histogram& histogram = registry.histogram("t_seconds", "help", {1, 2, 4}, {{"stream", "s"}});
  histogram.observe(0.5, 50);
  histogram.observe(3, 50);
  EXPECT_NEAR(histogram.quantile(0.5), 1, 1e-9);
  EXPECT_NEAR(histogram.quantile(0.75), 3, 1e-9);
  EXPECT_NE(registry.text().find("t_seconds_bucket{stream=\"s\",le=\"1\"} 50"), std::string::npos) << registry.text();
}

TEST(Strings, DurationsHaveOneUnit) {
  EXPECT_EQ(human_duration(340), "340 ms");
  EXPECT_EQ(human_duration(12'340), "12.3 s");
  EXPECT_EQ(human_duration(300'000), "5 min");
  EXPECT_EQ(human_duration(10'800'000), "3 h");
}

}  // namespace
}  // namespace freshet
