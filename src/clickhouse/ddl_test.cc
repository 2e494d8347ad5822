#include "clickhouse/ddl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet::clickhouse {
namespace {

TEST(Ddl, RawTableHasServiceColumnsIndexesProjectionAndWindow) {
  const RawTable table{"shop",
                       "events",
                       {{"event_id", "String"}, {"user.id", "String"}, {"ts", "DateTime64(3, 'UTC')"}},
                       {"user.id", "toDate(ts)"},
                       "toYYYYMM(ts)"};
  EXPECT_EQ(create_raw_table(table), R"(CREATE TABLE IF NOT EXISTS shop.events (
  `event_id` String,
  `user.id` String,
  `ts` DateTime64(3, 'UTC'),
  `_epoch` UInt32 CODEC(ZSTD(1)),
  `_partition` UInt32 CODEC(ZSTD(1)),
  `_offset` UInt64 CODEC(Delta, ZSTD(1)),
  `_timestamp` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  `_batch` UInt64 CODEC(Delta, ZSTD(1)),
  `_inserted_at` DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  INDEX _by_epoch _epoch TYPE minmax GRANULARITY 1,
  INDEX _by_partition _partition TYPE minmax GRANULARITY 1,
  INDEX _by_offset _offset TYPE minmax GRANULARITY 1,
  PROJECTION pos (SELECT _epoch, _partition, min(_offset), max(_offset), count(), sum(_offset) GROUP BY _epoch, _partition)
) ENGINE = MergeTree
PARTITION BY toYYYYMM(ts)
ORDER BY (`user.id`, toDate(ts))
SETTINGS non_replicated_deduplication_window = 100000)");
}

TEST(Ddl, EveryBookTableIsMadeOnceAndHasTheWindow) {
  const auto statements = create_book_tables("shop__freshet");
  ASSERT_EQ(statements.size(), 5u);
  for (const std::string& statement : statements) {
    EXPECT_THAT(statement, testing::StartsWith("CREATE TABLE IF NOT EXISTS shop__freshet."));
    EXPECT_THAT(statement, testing::HasSubstr("non_replicated_deduplication_window = 100000"));
  }
}

TEST(Ddl, WindowJoinsTheSettingsThatAreThere) {
  EXPECT_EQ(
      with_deduplication_window("SummingMergeTree ORDER BY a SETTINGS index_granularity = 8192"),
      "SummingMergeTree ORDER BY a SETTINGS index_granularity = 8192, non_replicated_deduplication_window = 100000");
  EXPECT_EQ(with_deduplication_window("MergeTree ORDER BY a"),
            "MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 100000");
}

}  // namespace
}  // namespace freshet::clickhouse
