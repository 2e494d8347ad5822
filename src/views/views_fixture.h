#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "views/test_engine.h"
#include "views/views.h"

namespace freshet::views {

/// A project in a database of its own on the shared engine, with one stream `events` as in the template telemetry.
class ViewsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { engine() = TestEngine::start(); }
  static void TearDownTestSuite() { engine().reset(); }
  static std::unique_ptr<TestEngine>& engine() {
    static std::unique_ptr<TestEngine> shared;
    return shared;
  }

  void SetUp() override {
    if (!engine()) GTEST_SKIP() << "libchdb is not installed: run npm install, or name it in FRESHET_LIBCHDB";
    client_ = std::make_unique<clickhouse::Client>(engine()->ingest());
    scratch_ = std::make_unique<clickhouse::Client>(engine()->scratch());
    static int number = 0;
    project_.name = "t" + std::to_string(++number);
    project::Stream events;
    events.name = events.topic = "events";
    events.file = "streams/events.yaml";
    events.columns = {{"event_id", "String", 1, 1},
                      {"ts", "DateTime64(3, 'UTC')", 2, 1},
                      {"user_id", "String", 3, 1},
                      {"project", "LowCardinality(String)", 4, 1},
                      {"action", "LowCardinality(String)", 5, 1},
                      {"amount", "Float64", 6, 1},
                      {"small", "UInt8", 7, 1}};
    events.time = "ts";
    events.order_by = {"project", "ts"};
    events.partition_by = "toYYYYMM(ts)";
    project_.streams.push_back(events);
  }

  void view(const std::string& name, const std::string& sql) {
    project_.views.push_back({name, "views/" + name + ".sql", sql});
  }
  void template_view(const std::string& name) {
    std::ifstream file(std::string(FRESHET_SOURCE_DIR) + "/templates/telemetry/views/" + name + ".sql");
    view(name, std::string(std::istreambuf_iterator<char>(file), {}));
  }

  PrepareInputs inputs(uint64_t rows_per_chunk = 1'000'000) {
    return {*client_, *scratch_, project_, "n" + std::to_string(++nonce_), rows_per_chunk};
  }
  void prepare_streams_well() {
    const auto made = prepare_streams(inputs());
    ASSERT_TRUE(made) << made.error().front().to_string();
  }
  std::vector<PreparedView> prepare_well(uint64_t rows_per_chunk = 1'000'000) {
    const auto made = prepare_views(inputs(rows_per_chunk));
    EXPECT_TRUE(made) << errors(made);
    return made ? *made : std::vector<PreparedView>{};
  }
  static std::string errors(const std::expected<std::vector<PreparedView>, std::vector<Error>>& result) {
    std::string text;
    if (!result) {
      for (const Error& error : result.error()) text += error.to_string() + "\n";
    }
    return text;
  }

  /// `rows` events from `first` on, in two partitions and one epoch; all of them from the same ten minutes.
  void insert_events(uint64_t first, uint64_t rows, int epoch = 1) {
    run("INSERT INTO {db}.events SELECT toString(number), toDateTime64('2026-01-18 12:00:00', 3, 'UTC') + (number * "
        "7919) % 600, "
        "concat('u', toString(number % 50)), concat('p', toString(number % 5)), ['view', 'cart', 'checkout'][1 + "
        "number % 3], "
        "toFloat64(number % 100), number % 200, " +
        std::to_string(epoch) + ", number % 2, intDiv(number, 2), now64(3), " + std::to_string(first) +
        ", now64(3) FROM numbers(" + std::to_string(first) + ", " + std::to_string(rows) +
        ") SETTINGS async_insert = 0");
  }
  std::string with_database(std::string sql) const {
    for (size_t at = sql.find("{db}"); at != sql.npos; at = sql.find("{db}", at)) sql.replace(at, 4, project_.name);
    return sql;
  }
  void run(const std::string& sql) {
    const auto answer = client_->execute(with_database(sql));
    ASSERT_TRUE(answer) << answer.error().to_string() << "\n" << sql;
  }
  std::string value(const std::string& sql) {
    const auto answer = client_->execute(with_database(sql));
    return answer ? answer->substr(0, answer->find_last_not_of('\n') + 1) : answer.error().to_string();
  }
  /// Rows of events_minute that a recount does not have, and the other way round.
  std::string differences() {
    return value(
               "SELECT count() FROM (SELECT agg_minute, project, action, total_count, total_amount FROM "
               "{db}.events_minute EXCEPT SELECT "
               "toStartOfMinute(ts) AS m, project, action, count(), sum(amount) FROM {db}.events GROUP BY m, project, "
               "action)") +
           "/" +
           value(
               "SELECT count() FROM (SELECT toStartOfMinute(ts) AS m, project, action, count(), sum(amount) FROM "
               "{db}.events GROUP BY m, project, action "
               "EXCEPT SELECT agg_minute, project, action, total_count, total_amount FROM {db}.events_minute)");
  }
  Databases databases() const { return {project_.name, project_.book_database()}; }

  project::Project project_;
  std::unique_ptr<clickhouse::Client> client_;
  std::unique_ptr<clickhouse::Client> scratch_;
  int nonce_ = 0;
};

}  // namespace freshet::views
