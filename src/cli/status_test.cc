#include "cli/status.h"

#include <gtest/gtest.h>

namespace freshet::cli {
namespace {

constexpr const char* kStatus = R"({"verdict": "ok", "pid": 1, "engine_pid": 2,
  "streams": [{"name": "events", "log_end": 1200, "ingested": 1190, "duplicates": 0, "dead_letters": 3, "late": 0, "lag_records": 10,
               "freshness_ms": 42, "latency_ms": {"p50": 31.5, "p99": 90}, "dedup_horizon_s": 3600, "watermark": "2026-01-18T12:34:56Z"}],
  "views": [{"name": "events_minute", "version": 1, "state": "live", "position": 1190, "settled_until": null}]})";

TEST(Status, BeginsWithTheVerdict) {
  const auto status = render_status(kStatus);
  ASSERT_TRUE(status);
  EXPECT_TRUE(status->ok);
  EXPECT_TRUE(status->text.starts_with("ok"));
  EXPECT_NE(status->text.find("31 ms / 90 ms"), std::string::npos) << status->text;
  EXPECT_NE(status->text.find("1,200"), std::string::npos);
  EXPECT_NE(status->text.find("events_minute"), std::string::npos);
}

TEST(Status, OtherVerdictIsDegraded) {
  const auto status = render_status(R"({"verdict": "the engine does not start", "streams": [], "views": []})");
  ASSERT_TRUE(status);
  EXPECT_FALSE(status->ok);
  EXPECT_EQ(status->text, "degraded: the engine does not start\n");
}

TEST(Status, TopicThatFillsWithoutAStream_PointsToInfer) {
  const auto status = render_status(R"({"verdict": "ok", "log_only_topics": [
      {"name": "clicks", "partitions": 4, "records": 1700}, {"name": "scratch", "partitions": 4, "records": 0}]})");
  ASSERT_TRUE(status);
  EXPECT_NE(status->text.find("topic clicks is only a log: no stream of this project reads it; `freshet streams infer "
                              "clicks` proposes one for its 1,700 records\n"),
            std::string::npos)
      << status->text;
  EXPECT_NE(status->text.find("topic scratch is only a log: no stream of this project reads it\n"), std::string::npos);
}

TEST(Status, SaysForHowLongTheLogHolds) {
  const auto status = render_status(R"({"verdict": "ok", "log": {"bytes": 1572864, "max_bytes": 2097152,
    "kept_bytes": 1, "bytes_per_s": 1024, "holds_for_s": 300}})");
  ASSERT_TRUE(status);
  EXPECT_NE(status->text.find("log: 1.5 MiB of 2 MiB, grows by 1 KiB/s: takes events for 5 min without ClickHouse\n"),
            std::string::npos)
      << status->text;
  const auto quiet = render_status(R"({"verdict": "ok", "log": {"bytes": 7, "max_bytes": null, "kept_bytes": 7,
    "bytes_per_s": 0, "holds_for_s": null}})");
  ASSERT_TRUE(quiet);
  EXPECT_NE(quiet->text.find("log: 7 B\n"), std::string::npos) << quiet->text;
}

TEST(Status, MissingFiguresAreDashes) {
  const auto status = render_status(R"({"verdict": "ok", "streams": [{"name": "events"}]})");
  ASSERT_TRUE(status);
  EXPECT_NE(status->text.find("-"), std::string::npos);
}

TEST(Status, TextWithoutVerdictIsRefused) {
  EXPECT_FALSE(render_status("{}"));
  EXPECT_FALSE(render_status("<html>"));
  EXPECT_FALSE(render_status(R"({"verdict": 1})"));
}

}  // namespace
}  // namespace freshet::cli
