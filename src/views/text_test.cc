// The parts of this layer that are text only.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "views/backfill.h"
#include "views/finalize.h"
#include "views/source.h"
#include "views/sql_text.h"

namespace freshet::views {
namespace {

TEST(Source, IsReplacedWithAndWithoutAlias) {
  const std::string select = with_marker(
      "SELECT a FROM fr_scratch_1.events WHERE x = 'events' UNION ALL SELECT b FROM fr_scratch_1.`events` AS e",
      "fr_scratch_1");
  EXPECT_THAT(sources_of(select), testing::ElementsAre("events", "events"));
  EXPECT_EQ(with_source(select, "shop.events", {"a", "b"}, "_offset < 5"),
            "SELECT a FROM (SELECT `a`, `b` FROM shop.events WHERE _offset < 5) AS `events` WHERE x = 'events' UNION "
            "ALL SELECT b FROM "
            "(SELECT `a`, `b` FROM shop.events WHERE _offset < 5) AS e");
}

TEST(SqlText, ListsSplitOutsideOfParenthesesAndQuotes) {
  EXPECT_THAT(split_list("project, toDate(ts, 'U,TC'), `table`, f([1, 2])"),
              testing::ElementsAre("project", "toDate(ts, 'U,TC')", "table", "f([1, 2])"));
  EXPECT_THAT(split_list("(ts)"), testing::ElementsAre("ts"));
  EXPECT_THAT(split_list("(a), (b)"), testing::ElementsAre("(a)", "(b)"));
  EXPECT_TRUE(split_list("").empty());
}

TEST(SqlText, KnowsTypes) {
  for (const char* type : {"UInt8", "Nullable(Int32)", "LowCardinality(UInt16)", "Float32", "Decimal(9, 2)"})
    EXPECT_TRUE(is_narrow_type(type)) << type;
  for (const char* type : {"UInt64", "Float64", "Decimal(18, 2)", "Int128", "String"})
    EXPECT_FALSE(is_narrow_type(type)) << type;
  EXPECT_FALSE(is_numeric_type("String"));
  EXPECT_FALSE(is_numeric_type("IntervalDay"));
  AggregateType type;
  ASSERT_TRUE(parse_aggregate_type("AggregateFunction(quantiles(0.5, 0.9), Float64)", type));
  EXPECT_EQ(type.function + type.parameters, "quantiles(0.5, 0.9)");
  ASSERT_TRUE(parse_aggregate_type("SimpleAggregateFunction(sum, UInt64)", type));
  EXPECT_TRUE(type.simple);
  EXPECT_FALSE(parse_aggregate_type("UInt64", type));
}

TEST(SqlText, LocatesNamesOutsideOfComments) {
  Error error;
  locate_name("-- total here\nSELECT count()\n  AS total", "total", error);
  EXPECT_EQ(error.line, 3);
  EXPECT_EQ(error.column, 6);
  Error syntax;
  locate_by_message("x", "Syntax error: failed at position 112 (events) (line 3, col 6): events", syntax);
  EXPECT_EQ(syntax.line, 3);
  EXPECT_EQ(syntax.column, 6);
}

TEST(Finalize, SummingSumsAndHidesZeros) {
  const StorageShape shape{"SummingMergeTree",
                           "SummingMergeTree ORDER BY (project, m)",
                           {{"m", "DateTime"}, {"project", "String"}, {"n", "UInt64"}, {"note", "String"}},
                           {"project", "m"},
                           {}};
  EXPECT_EQ(finalizing_select(shape, "db.v__v1"),
            "SELECT __c0 AS `m`, __c1 AS `project`, __c2 AS `n`, __c3 AS `note` FROM (SELECT `m` AS __c0, `project` AS "
            "__c1, sum(`n`) AS __c2, any(`note`) AS __c3 "
            "FROM db.v__v1 GROUP BY `project`, `m`) WHERE NOT (ifNull(__c2, 0) = 0)");
}

TEST(Finalize, AggregatingMergesStates) {
  const StorageShape shape{
      "AggregatingMergeTree",
      "AggregatingMergeTree ORDER BY p",
      {{"p", "String"}, {"u", "AggregateFunction(uniq, String)"}, {"s", "SimpleAggregateFunction(sum, UInt64)"}},
      {"p"},
      {}};
  EXPECT_EQ(finalizing_select(shape, "db.v__v1"),
            "SELECT __c0 AS `p`, __c1 AS `u`, __c2 AS `s` FROM (SELECT `p` AS __c0, uniqMerge(`u`) AS __c1, sum(`s`) "
            "AS __c2 FROM db.v__v1 GROUP BY `p`)");
}

TEST(Finalize, OthersAreReadAsTheyAre) {
  EXPECT_EQ(finalizing_select({"MergeTree", "", {}, {}, {}}, "db.v"), "SELECT * FROM db.v");
  EXPECT_EQ(finalizing_select({"ReplacingMergeTree", "", {}, {}, {}}, "db.v"), "SELECT * FROM db.v FINAL");
  EXPECT_THAT(summed_columns({"SummingMergeTree", "SummingMergeTree((a, b)) ORDER BY x", {}, {}, {}}),
              testing::ElementsAre("a", "b"));
}

TEST(Backfill, ChunksCoverEachRangeOnce) {
  const std::vector<StoredRange> stored = {
      {1, 0, 0, 1000, 1000}, {1, 1, 5, 6, 1}, {2, 0, 0, 1'000'000'000'000, 30}, {2, 1, 7, 307, 300}};
  const auto chunks = cut_chunks(stored, 300);
  std::vector<StoredRange> merged;
  for (const Chunk& chunk : chunks) {
    uint64_t rows = 0;
    for (const StoredRange& piece : chunk) {
      rows += piece.rows;
      if (!merged.empty() && merged.back().epoch == piece.epoch && merged.back().partition == piece.partition) {
        EXPECT_EQ(merged.back().end, piece.first);
        merged.back().end = piece.end;
      } else {
        merged.push_back(piece);
      }
    }
    EXPECT_LE(rows, 300u);
  }
  ASSERT_EQ(merged.size(), stored.size());
  for (size_t i = 0; i < stored.size(); ++i) {
    EXPECT_EQ(merged[i].first, stored[i].first);
    EXPECT_EQ(merged[i].end, stored[i].end);
  }
  EXPECT_LT(chunks.size(), 10u);
  EXPECT_TRUE(cut_chunks({}, 300).empty());
}

}  // namespace
}  // namespace freshet::views
