#include <gmock/gmock.h>

#include "fixture.h"

namespace freshet::engine {
namespace {

using ::testing::HasSubstr;

/// What one INSERT of the ingester is: one Native block, pinned settings, a token.
class Inserts : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    must("CREATE DATABASE p");
    must(
        "CREATE TABLE p.raw (k UInt64, _partition UInt32, _offset UInt64, PROJECTION pos (SELECT _partition, "
        "min(_offset), "
        "max(_offset), count(), sum(_offset) GROUP BY _partition)) ENGINE = MergeTree ORDER BY k");
    add_view("v1");
    add_view("v2");
  }
  void add_view(const std::string& name) const {
    must(fmt::format("CREATE TABLE p.{} (k UInt64, n UInt64) ENGINE = SummingMergeTree ORDER BY k", name));
    must(fmt::format("CREATE MATERIALIZED VIEW p.{0}_mv TO p.{0} AS SELECT k, count() AS n FROM p.raw GROUP BY k",
                     name));
  }
  /// `rows` rows in one Native block, as the server itself writes it.
  std::string block(int rows, int first = 0) const {
    auto answer = client().run(
        {.sql = fmt::format("SELECT toUInt64(number % 7) AS k, toUInt32(0) AS _partition, toUInt64(number + {}) "
                            "AS _offset FROM numbers({}) FORMAT Native SETTINGS max_block_size = {}",
                            first, rows, rows)});
    EXPECT_TRUE(answer.has_value()) << answer.error().message;
    return answer.value_or("");
  }
  clickhouse::QueryResult<std::string> insert(const std::string& token, std::string_view body) const {
    return client().run(
        {.sql = "INSERT INTO p.raw FORMAT Native", .settings = clickhouse::insert_settings(token), .body = body});
  }
  std::string counts() const {
    return ask(
        "SELECT concat(toString((SELECT count() FROM p.raw)), ' ', toString((SELECT sum(n) FROM p.v1)), ' ', "
        "toString((SELECT sum(n) FROM p.v2)))");
  }
};

TEST_F(Inserts, OneNativeBlockIsOnePart) {
  const std::string body = block(200'000);
  ASSERT_TRUE(insert("t1", body).has_value());
  EXPECT_EQ(counts(), "200000 200000 200000");
  EXPECT_EQ(ask("SELECT count() FROM system.parts WHERE database = 'p' AND table = 'raw' AND active"), "1");
}

TEST_F(Inserts, BodyInSeveralPiecesIsTheSameInsert) {
  const std::string body = block(1'000);
  const std::string_view whole = body;
  ASSERT_TRUE(client()
                  .run({.sql = "INSERT INTO p.raw FORMAT Native",
                        .settings = clickhouse::insert_settings("t1"),
                        .body = whole.substr(0, 10),
                        .more_body = {whole.substr(10, 500), whole.substr(510)}})
                  .has_value());
  EXPECT_EQ(counts(), "1000 1000 1000");
}

TEST_F(Inserts, SameTokenIsDeduplicatedInTheTableAndInItsViews) {
  const std::string body = block(100);
  ASSERT_TRUE(insert("t1", body).has_value());
  ASSERT_TRUE(insert("t1", body).has_value());
  EXPECT_EQ(counts(), "100 100 100");
  ASSERT_TRUE(insert("t2", body).has_value());
  EXPECT_EQ(counts(), "200 200 200") << "another token is another batch, whatever its rows";
}

TEST_F(Inserts, TokensSurviveARestart) {
  const std::string body = block(100);
  ASSERT_TRUE(insert("t1", body).has_value());
  engine_->restart_with_repair("a test");
  ASSERT_TRUE(insert("t1", body).has_value());
  EXPECT_EQ(counts(), "100 100 100");
  EXPECT_EQ(engine_->state().token_losses, 0U);
}

TEST_F(Inserts, TokensSurviveMergesAndTheRepairKnowsIt) {
  const std::string body = block(100);
  for (const char* token : {"t1", "t2", "t3"}) ASSERT_TRUE(insert(token, body).has_value());
  for (const char* table : {"raw", "v1", "v2"}) must(fmt::format("OPTIMIZE TABLE p.{} FINAL", table));
  engine_->restart_with_repair("a test");
  for (const char* token : {"t1", "t2", "t3"}) ASSERT_TRUE(insert(token, body).has_value());
  EXPECT_EQ(counts(), "300 300 300");
}

TEST_F(Inserts, RepeatHealsAViewThatMissedTheBlock) {
  must("DROP TABLE p.v2_mv SYNC");
  const std::string body = block(100);
  ASSERT_TRUE(insert("t1", body).has_value());
  EXPECT_EQ(counts(), "100 100 0");
  must("CREATE MATERIALIZED VIEW p.v2_mv TO p.v2 AS SELECT k, count() AS n FROM p.raw GROUP BY k");
  ASSERT_TRUE(insert("t1", body).has_value());
  EXPECT_EQ(counts(), "100 100 100");
}

TEST_F(Inserts, ViewIsHealedFromTheRowsThatTheTableHolds) {
  must("DROP TABLE p.v2_mv SYNC");
  const std::string body = block(100);
  ASSERT_TRUE(insert("t1", body).has_value());
  must("CREATE MATERIALIZED VIEW p.v2_mv TO p.v2 AS SELECT k, count() AS n FROM p.raw GROUP BY k");
  const auto healed = client().run({.sql = "INSERT INTO p.raw SELECT * FROM p.raw WHERE _offset < 100",
                                    .settings = clickhouse::insert_settings("t1")});
  ASSERT_TRUE(healed.has_value()) << healed.error().message;
  EXPECT_EQ(counts(), "100 100 100");
}

TEST_F(Inserts, TruncatedBodyWritesNothing) {
  const std::string body = block(1'000);
  const auto answer = insert("t1", std::string_view(body).substr(0, body.size() - 100));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().outcome, clickhouse::Outcome::kRefused);
  EXPECT_EQ(answer.error().exception_code, 33) << answer.error().message;
  EXPECT_EQ(counts(), "0 0 0");
}

TEST_F(Inserts, UnknownColumnsAndNullsAreRefused) {
  const auto unknown = client().run({.sql = "SELECT toUInt64(1) AS k, 1 AS surprise FORMAT Native"});
  ASSERT_TRUE(unknown.has_value());
  EXPECT_EQ(insert("t1", *unknown).error().exception_code, 117);
  const auto null = client().run({.sql = "SELECT CAST(NULL AS Nullable(UInt64)) AS k FORMAT Native"});
  ASSERT_TRUE(null.has_value());
  EXPECT_EQ(insert("t1", *null).error().exception_code, 349);
  EXPECT_EQ(counts(), "0 0 0");
}

TEST_F(Inserts, BrokenViewIsNamedAndTheTableKeepsTheBlock) {
  must("DROP TABLE p.v1_mv SYNC");
  must("CREATE MATERIALIZED VIEW p.v1_mv TO p.v1 AS SELECT k, toUInt64(throwIf(k = 3)) AS n FROM p.raw");
  const std::string body = block(100);
  const auto answer = insert("t1", body);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().exception_code, 395);
  EXPECT_THAT(answer.error().message, HasSubstr("while pushing to view p.v1_mv"));
  EXPECT_EQ(ask("SELECT count() FROM p.raw"), "100");
  must("DROP TABLE p.v1_mv SYNC");
  ASSERT_TRUE(insert("t1", body).has_value()) << "without its trigger the same batch passes";
  EXPECT_EQ(counts(), "100 0 100");
}

TEST_F(Inserts, FencedStatementRefusesAfterItsDeadlineAndSharesTheToken) {
  const std::string body = block(100);
  const auto fenced = [&](const char* deadline) {
    return client().run(
        {.sql =
             fmt::format("INSERT INTO p.raw SELECT * FROM input('k UInt64, _partition UInt32, _offset UInt64') WHERE "
                         "throwIf(now64(3) > {}) = 0 FORMAT Native",
                         deadline),
         .settings = clickhouse::insert_settings("t1"),
         .body = body});
  };
  const auto late = fenced("toDateTime64('2020-01-01 00:00:00', 3)");
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().exception_code, 395);
  EXPECT_EQ(counts(), "0 0 0");
  ASSERT_TRUE(insert("t1", body).has_value());
  const auto again = fenced("now64(3) + 60");
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(counts(), "100 100 100");
}

TEST_F(Inserts, PositionsComeFromTheProjection) {
  ASSERT_TRUE(insert("t1", block(100)).has_value());
  ASSERT_TRUE(insert("t2", block(50, 100)).has_value());
  const std::string positions = "SELECT _partition, max(_offset), count(), sum(_offset) FROM p.raw GROUP BY _partition";
  const auto rows = client().rows(positions);
  ASSERT_TRUE(rows.has_value());
  EXPECT_EQ((*rows)[0], (std::vector<std::string>{"0", "149", "150", "11175"}));
  const auto plan = client().execute("EXPLAIN " + positions);
  ASSERT_TRUE(plan.has_value());
  EXPECT_THAT(*plan, HasSubstr("pos")) << "read from the projection, not from the rows";
}

TEST_F(Inserts, PlainViewIsReplacedInOneStep) {
  must("CREATE OR REPLACE VIEW p.plain AS SELECT 1 AS x");
  EXPECT_EQ(ask("SELECT x FROM p.plain"), "1");
  must("CREATE OR REPLACE VIEW p.plain AS SELECT 2 AS x");
  EXPECT_EQ(ask("SELECT x FROM p.plain"), "2");
}

TEST_F(Inserts, EngineHasTheWindowThePolicyAndTheSyncThatFreshetCountsOn) {
  EXPECT_EQ(ask("SELECT value FROM system.merge_tree_settings WHERE name = 'non_replicated_deduplication_window'"),
            "100000");
  EXPECT_EQ(ask("SELECT value FROM system.merge_tree_settings WHERE name = 'fsync_after_insert'"), "1");
  EXPECT_EQ(ask("SELECT value FROM system.merge_tree_settings WHERE name = 'fsync_part_directory'"), "1");
  EXPECT_EQ(
      ask("SELECT volume_name FROM system.storage_policies WHERE policy_name = 'default' ORDER BY volume_priority"),
      "default");
}

}  // namespace
}  // namespace freshet::engine
