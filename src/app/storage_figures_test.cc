#include "app/storage_figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet::app {
namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kGiB = int64_t{1} << 30;

/// A topic that got all it holds within the last day.
TopicUse topic_of(const std::string& name, int64_t bytes, int64_t retention_days) {
  TopicUse topic;
  topic.name = name;
  topic.partitions = 1;
  topic.retention_ms = retention_days < 0 ? -1 : retention_days * kDayMs;
  topic.arrivals = {kDayMs, 1000, 1000, bytes};
  return topic;
}

TableUse table_of(const std::string& kind, int64_t bytes, int64_t came, int64_t held) {
  TableUse table;
  table.name = "events";
  table.kind = kind;
  table.arrivals = {kDayMs, came, held, bytes};
  return table;
}

TEST(BytesPerDay, StretchesTheWindowsShareToADay) {
  // 1,000 of 4,000 rows in six hours, 10 bytes each: 40,000 bytes a day.
  EXPECT_DOUBLE_EQ(bytes_per_day({6 * kHourMs, 1000, 4000, 40'000}).value(), 40'000);
  EXPECT_DOUBLE_EQ(bytes_per_day({kDayMs, 0, 4000, 40'000}).value(), 0) << "nothing came: that is known";
}

TEST(BytesPerDay, TooYoungOrEmptyIsUnknown) {
  EXPECT_FALSE(bytes_per_day({kLeastWindowMs - 1, 10, 10, 100}));
  EXPECT_TRUE(bytes_per_day({kLeastWindowMs, 10, 10, 100}));
  EXPECT_FALSE(bytes_per_day({kDayMs, 0, 0, 0}));
  EXPECT_FALSE(bytes_per_day({-5, 10, 10, 100})) << "records of the future";
}

TEST(DaysUntilFull, TheLogGrowsOnlyToItsLimit) {
  EXPECT_DOUBLE_EQ(days_until_full(100, 6, 600, 4).value(), 10);
  // The log stops after 5 days (30 bytes), 50 are used by then; the other 50 last 12.5 days.
  EXPECT_DOUBLE_EQ(days_until_full(100, 6, 30, 4).value(), 17.5);
  EXPECT_DOUBLE_EQ(days_until_full(100, 0, 30, 4).value(), 25);
  EXPECT_FALSE(days_until_full(100, 6, 30, 0)) << "a log that settles fills no disk";
  EXPECT_FALSE(days_until_full(100, 0, 0, 0));
  EXPECT_DOUBLE_EQ(days_until_full(0, 6, 30, 4).value(), 0);
}

TEST(Forecast, NothingIsKnownOfAnEmptyProject) {
  StorageUse use;
  use.free_bytes = kGiB;
  use.topics.push_back({});
  use.tables.push_back(table_of("raw", 0, 0, 0));
  const Forecast found = forecast(use);
  EXPECT_EQ(found.window_ms, 0);
  EXPECT_FALSE(found.log_per_day);
  EXPECT_FALSE(found.tables_per_day);
  EXPECT_FALSE(found.disk_full_in_days);
  EXPECT_FALSE(found.log_settles_at_bytes);
  EXPECT_THAT(found.savings, testing::IsEmpty());
}

TEST(Forecast, RetentionOrMaxBytesBoundsTheLog) {
  StorageUse use;
  use.free_bytes = 1000 * kGiB;
  use.log_max_bytes = 20 * kGiB;
  use.topics = {topic_of("a", kGiB, 7), topic_of("b", kGiB, 2)};
  Forecast found = forecast(use);
  EXPECT_DOUBLE_EQ(found.log_per_day.value(), 2 * kGiB);
  EXPECT_DOUBLE_EQ(found.log_settles_at_bytes.value(), 9 * kGiB);
  EXPECT_FALSE(found.log_full_in_days) << "retention comes first";
  EXPECT_FALSE(found.disk_full_in_days);

  use.topics = {topic_of("a", kGiB, 30), topic_of("b", kGiB, -1)};
  found = forecast(use);
  EXPECT_DOUBLE_EQ(found.log_settles_at_bytes.value(), 20 * kGiB);
  EXPECT_DOUBLE_EQ(found.log_full_in_days.value(), 9);

  use.log_max_bytes = -1;
  found = forecast(use);
  EXPECT_FALSE(found.log_settles_at_bytes) << "one topic is kept for ever";
  EXPECT_DOUBLE_EQ(found.disk_full_in_days.value(), 500);
}

TEST(Forecast, InternalAndCompactedTopicsCountButDoNotGrow) {
  StorageUse use;
  use.free_bytes = kGiB;
  use.topics = {topic_of("__consumer_offsets", 1000, -1), topic_of("state", 500, -1)};
  use.topics[0].internal = true;
  use.topics[1].compacted = true;
  const Forecast found = forecast(use);
  EXPECT_EQ(found.log_bytes, 1500);
  EXPECT_FALSE(found.log_per_day);
}

TEST(Forecast, SaysWhatATtlAndAShorterRetentionWouldSave) {
  StorageUse use;
  use.free_bytes = 1000 * kGiB;
  use.log_max_bytes = 20 * kGiB;
  use.topics = {topic_of("events", 2 * kGiB, 7)};
  use.tables = {table_of("raw", 10 * kGiB, 100, 1000), table_of("view", kGiB, 100, 1000), table_of("book", 7, 1, 1)};
  const Forecast found = forecast(use);
  EXPECT_EQ(found.table_bytes, 11 * kGiB + 7);
  EXPECT_DOUBLE_EQ(found.tables_per_day.value(), 1.1 * kGiB) << "the book-keeping does not count";
  ASSERT_EQ(found.savings.size(), 4u);
  EXPECT_EQ(found.savings[0].what, "log");
  EXPECT_EQ(found.savings[0].days, 1);
  EXPECT_DOUBLE_EQ(found.savings[0].bytes, 2 * kGiB);
  EXPECT_DOUBLE_EQ(found.savings[0].instead, 14 * kGiB);
  EXPECT_EQ(found.savings[2].what, "events");
  EXPECT_EQ(found.savings[2].days, 30);
  EXPECT_DOUBLE_EQ(found.savings[2].bytes, 30 * kGiB);
  EXPECT_DOUBLE_EQ(found.savings[2].instead, 375 * kGiB);
}

TEST(Forecast, TheShortestWindowIsNamed) {
  StorageUse use;
  use.topics = {topic_of("events", 1000, 7)};
  use.tables = {table_of("raw", 1000, 10, 10), table_of("view", 1000, 10, 10)};
  use.tables[0].arrivals.window_ms = 10 * kLeastWindowMs;
  use.tables[1].arrivals.window_ms = kLeastWindowMs / 2;  // of no rate: not counted
  EXPECT_EQ(forecast(use).window_ms, 10 * kLeastWindowMs);
}

TEST(CompressionRatio, IsUnknownWithoutRows) {
  TableUse table;
  EXPECT_FALSE(compression_ratio(table));
  table.uncompressed_bytes = 300;
  table.compressed_bytes = 100;
  EXPECT_DOUBLE_EQ(compression_ratio(table).value(), 3);
}

}  // namespace
}  // namespace freshet::app
