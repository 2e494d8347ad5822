#include "views/definition.h"

#include <gmock/gmock.h>

#include "views/views_fixture.h"

namespace freshet::views {
namespace {

using testing::HasSubstr;

struct LintCase {
  std::string statement;  ///< after CREATE MATERIALIZED VIEW v; the whole file when it begins with '!'
  std::string expected;
};

class Definition : public ViewsTest {
 protected:
  std::expected<ViewDefinition, std::vector<Error>> parse(const std::string& sql) {
    const project::View file{"v", "views/v.sql", sql};
    return parse_view({*scratch_, project_, "fr_scratch_d" + std::to_string(++nonce_), nullptr}, file);
  }
  static std::string text(const std::expected<ViewDefinition, std::vector<Error>>& result) {
    std::string out;
    if (!result) {
      for (const Error& error : result.error()) out += error.to_string() + "\n";
    }
    return out;
  }
};

constexpr const char* kSumming =
    " ENGINE = SummingMergeTree ORDER BY (m, project) AS\nSELECT toStartOfMinute(ts) AS m, project, ";

TEST_F(Definition, RefusesWhatWouldBeSilentlyWrong) {
  const std::string summing = kSumming;
  const std::string by = " FROM events GROUP BY m, project";
  const std::vector<LintCase> cases = {
      {summing + "avg(amount) AS a" + by, "FR0600 views/v.sql:2:58: 'a' is avg(), which SummingMergeTree would add up"},
      {summing + "max(amount) AS a" + by, "'a' is max(), which SummingMergeTree would add up"},
      {summing + "uniq(user_id) AS a" + by, "'a' is uniq(), which SummingMergeTree would add up"},
      {summing + "sum(amount) / count() AS a" + by, "'a' is a formula over aggregates"},
      {summing + "toUInt8(count()) AS a" + by, "'a' is UInt8, and a sum of many rows would wrap around"},
      {summing + "count() AS c, action FROM events GROUP BY m, project, action",
       "'action' is in GROUP BY but not in ORDER BY"},
      {summing + "count() AS c" + by + " LIMIT 10", "LIMIT would see each insert alone"},
      {summing + "count() AS c" + by + " HAVING c > 3", "HAVING would see the partial sums"},
      {" ENGINE = SummingMergeTree ORDER BY `Not` AS SELECT project AS `Not`, count() AS c FROM events GROUP BY "
       "project",
       "column 'Not': ClickHouse cannot read this word back"},
      {summing + "count() AS inf" + by, "column 'inf': ClickHouse cannot read this word back"},
      {summing + "count()" + by, "a column would be called 'count()'"},
      {summing + "count() AS c FROM events JOIN (SELECT user_id AS u FROM events) AS r ON events.user_id = r.u GROUP "
                 "BY m, project",
       "on the right side of a JOIN"},
      {summing + "count() AS c FROM events WHERE user_id IN (SELECT user_id FROM events WHERE action = 'x') GROUP BY "
                 "m, project",
       "or inside IN"},
      {summing + "count() AS c, (SELECT max(ts) FROM events) AS l" + by,
       "a subquery that reads a stream inside an expression"},
      {summing + "count() AS c FROM (SELECT ts, project FROM events GROUP BY ts, project) GROUP BY m, project",
       "a GROUP BY over a GROUP BY"},
      {summing + "count() AS c FROM events WHERE ts > now() - 60 GROUP BY m, project",
       "now() has another value each time"},
      {summing + "any(user_id) AS u" + by, "'u' is any(), which SummingMergeTree would add up"},
      {" ENGINE = AggregatingMergeTree ORDER BY project AS SELECT project, count() AS c FROM events GROUP BY project",
       "'c' is a plain UInt64, of which AggregatingMergeTree keeps an arbitrary one: use sumSimpleState(1) or "
       "countState"},
      {" ENGINE = MergeTree ORDER BY project AS SELECT project, count() AS c FROM events GROUP BY project",
       "MergeTree keeps the partial result of every insert"},
      {" ENGINE = MergeTree ORDER BY r AS SELECT ts, row_number() OVER (ORDER BY ts) AS r FROM events",
       "a window function would see each insert alone"},
      {" ENGINE = Memory AS SELECT ts FROM events", "cannot be stored in the engine Memory"},
      {" ENGINE = SummingMergeTree ORDER BY project AS SELECT project, user_id, 1 AS n FROM events",
       "'user_id' is neither in ORDER BY nor a number to sum"},
      {summing + "count() AS c FROM evnts GROUP BY m, project", "the streams of this project are events"},
      {summing + "count() AS c FROM other GROUP BY m, project", "views on views are not there yet"},
      {summing + "sum(amout) AS c" + by, "FR0600 views/v.sql:2:47: Unknown expression or function identifier `amout`"},
      {summing + "sum(amount) AS c FROM events GROUPBY m", "FR0600 views/v.sql:2:"},
      {summing + "count() AS c FROM events WHERE throwIf(amount >= 0) = 0 GROUP BY m, project",
       "Value passed to 'throwIf'"},
      {" ENGINE = SummingMergeTree ORDER BY project TTL project + INTERVAL 1 DAY AS SELECT project, count() AS c FROM "
       "events GROUP BY project",
       "views/v.sql"},
      {" TO events AS SELECT * FROM events", "instead of TO"},
      {" ENGINE = MergeTree ORDER BY x AS SELECT 1 AS x", "reads no stream"},
      {" REFRESH EVERY 1 HOUR ENGINE = MergeTree ORDER BY ts AS SELECT ts FROM events", "leave REFRESH out"},
      {"!SELECT 1", "the file must hold one statement"},
      {"!CREATE TABLE v (a Int8) ENGINE = Memory", "the file must hold one statement"},
      {"!CREATE VIEW v AS SELECT * FROM events", "the file must hold one statement"},
      {"!CREATE MATERIALIZED VIEW w ENGINE = MergeTree ORDER BY ts AS SELECT ts FROM events",
       "the view is called 'w' but its file views/v.sql"},
      {"!CREATE MATERIALIZED VIEW v ENGINE = MergeTree ORDER BY ts AS SELECT ts FROM events; SELECT 1",
       "Multi-statements"},
      {"!DROP DATABASE system", "Not enough privileges"},
      {"!CREATE MATERIALIZED VIEW v ENGINE = MergeTree ORDER BY x AS SELECT * FROM file('/etc/passwd', 'LineAsString', "
       "'x String')",
       "FR0600"},
      {"!-- freshet: bucket=m with=60s\nCREATE MATERIALIZED VIEW v" + summing + "count() AS c" + by,
       "FR0600 views/v.sql:1:22: 'with=60s' is not understood"},
      {"!-- freshet: bucket=x width=60s\nCREATE MATERIALIZED VIEW v" + summing + "count() AS c" + by,
       "bucket 'x' is not a Date or DateTime column"},
  };
  project_.views.push_back({"other", "views/other.sql", ""});
  for (const LintCase& test : cases) {
    const std::string sql =
        test.statement.starts_with('!') ? test.statement.substr(1) : "CREATE MATERIALIZED VIEW v" + test.statement;
    const auto result = parse(sql);
    EXPECT_FALSE(result) << sql;
    EXPECT_THAT(text(result), HasSubstr(test.expected)) << sql;
    EXPECT_THAT(text(result), testing::Not(HasSubstr("fr_scratch_"))) << sql;
  }
}

TEST_F(Definition, AcceptsWhatIsExact) {
  for (const std::string& statement : std::vector<std::string>{
           std::string(kSumming) + "countIf(action = 'view') AS c, sum(amount) * 2 AS s, toInt64(sum(small)) AS t, "
                                   "sum(amount) - count() AS d FROM events GROUP BY m, project",
           " ENGINE = SummingMergeTree ORDER BY (m, project) AS SELECT toStartOfHour(e.ts) AS m, e.project AS project, "
           "count() AS c FROM events AS e GROUP BY m, project",
           " ENGINE = AggregatingMergeTree ORDER BY project AS SELECT project, uniqState(user_id) AS u, "
           "sumSimpleState(amount) AS s, quantilesState(0.5, 0.9)(amount) AS q "
           "FROM events GROUP BY project",
           " ENGINE = ReplacingMergeTree ORDER BY (user_id) AS SELECT user_id, ts, amount FROM events",
           " ENGINE = MergeTree ORDER BY ts AS SELECT * FROM events WHERE action = 'checkout'",
           " ENGINE = SummingMergeTree ORDER BY tuple() AS SELECT count() AS c FROM events",
           " ENGINE = SummingMergeTree ORDER BY (p) AS WITH big AS (SELECT project, amount FROM events WHERE amount > "
           "50) SELECT project AS p, sum(amount) AS s FROM big GROUP BY p",
           " ENGINE = SummingMergeTree ORDER BY x AS SELECT x, count() AS c FROM (SELECT project AS x FROM events "
           "UNION ALL SELECT action FROM events) GROUP BY x",
           " ENGINE = SummingMergeTree ORDER BY x AS SELECT x, count() AS c FROM events ARRAY JOIN [project, action] "
           "AS x GROUP BY x"}) {
    const auto result = parse("CREATE MATERIALIZED VIEW v" + statement);
    EXPECT_TRUE(result) << statement << "\n" << text(result);
  }
}

TEST_F(Definition, FindsTheBucketAndItsWidth) {
  const std::vector<std::pair<std::string, uint32_t>> cases = {{"toStartOfSecond(ts)", 1},
                                                               {"toStartOfInterval(ts, INTERVAL 10 SECOND)", 10},
                                                               {"toStartOfMinute(ts)", 60},
                                                               {"toStartOfFiveMinutes(ts)", 300},
                                                               {"toStartOfHour(ts)", 3600},
                                                               {"toDate(ts)", 86400},
                                                               {"toStartOfWeek(ts)", 604800},
                                                               {"toStartOfMonth(ts)", 31 * 86400},
                                                               {"toStartOfHour(ts) + INTERVAL 1 HOUR", 3600},
                                                               {"toDateTime(toUInt32(amount), 'UTC')", 0}};
  for (const auto& [expression, width] : cases) {
    const auto result =
        parse("CREATE MATERIALIZED VIEW v ENGINE = SummingMergeTree ORDER BY (project, b) AS SELECT project, " +
              expression + " AS b, count() AS c FROM events GROUP BY project, b");
    ASSERT_TRUE(result) << text(result);
    EXPECT_EQ(result->bucket_column, "b");
    EXPECT_EQ(result->bucket_width_s, width) << expression;
  }
  const auto named = parse(
      "-- freshet: bucket=b width=90s\nCREATE MATERIALIZED VIEW v ENGINE = MergeTree ORDER BY b AS SELECT ts AS b FROM "
      "events");
  ASSERT_TRUE(named) << text(named);
  EXPECT_EQ(named->bucket_width_s, 90u);
}

}  // namespace
}  // namespace freshet::views
