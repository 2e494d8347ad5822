#include "cli/storage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string with(const std::string& members) {
  return R"({"disk": {"bytes": 107374182400, "free_bytes": 53687091200}, "problem": "",
    "log": {"bytes": 1048576, "max_bytes": 21474836480, "retention_ms": 604800000, "bytes_per_day": 104857600,
            "settles_at_bytes": 734003200, "full_in_days": null,
            "topics": [{"name": "events", "records": 4000, "bytes": 1048576, "bytes_per_record": 262.1, "bytes_per_day": 104857600}]},
    "tables": {"bytes": 524288, "outdated_bytes": 0, "bytes_per_day": 52428800,
      "list": [{"database": "shop", "name": "events_minute__v1", "kind": "view", "rows": 10, "bytes": 1024, "bytes_per_row": 102.4, "compression": 2.5},
               {"database": "shop", "name": "events", "kind": "raw", "rows": 4000, "bytes": 523264, "bytes_per_row": 130.8, "compression": 3.25, "bytes_per_day": 52428800},
               {"database": "shop__freshet", "name": "inserts", "kind": "book", "rows": 1, "bytes": 10}]},)" +
         members + "}";
}

TEST(Storage, SaysHowFastItGrowsAndFromWhat) {
  const auto text = render_storage(with(
      R"("window_ms": 720000, "disk_full_in_days": 300.4, "savings": [{"what": "log", "days": 1, "bytes": 104857600, "instead_of_bytes": 734003200},
         {"what": "events", "days": 30, "bytes": 1572864000, "instead_of_bytes": 19136512000}])"));
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, HasSubstr("On disk: log 1 MiB, tables 512 KiB; 50 GiB free of 100 GiB.\n"));
  EXPECT_THAT(*text,
              HasSubstr("Grows by 150 MiB a day: log 100 MiB, tables 50 MiB (extrapolated from the last 12 min).\n"));
  EXPECT_THAT(*text, HasSubstr("The log settles at 700 MiB"));
  EXPECT_THAT(*text, HasSubstr("The disk is full in 300 days.\n"));
  EXPECT_THAT(*text, HasSubstr("  log.retention of 1 d: the log settles at 100 MiB instead of 700 MiB\n"));
  EXPECT_THAT(*text, HasSubstr("  events kept for 30 d only: 1.5 GiB in a year instead of 17.8 GiB\n"));
  EXPECT_LT(text->find("raw "), text->find("events_minute__v1")) << "raw tables before views";
  EXPECT_THAT(*text, HasSubstr("shop__freshet.inserts"));
  EXPECT_THAT(*text, HasSubstr("3.2x")) << *text;
}

TEST(Storage, YoungDataHasNoRate) {
  const auto text = render_storage(with(R"("window_ms": 0, "disk_full_in_days": null, "savings": [])"));
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, HasSubstr("not known yet"));
  EXPECT_THAT(*text, Not(HasSubstr("The disk")));
  EXPECT_THAT(*text, Not(HasSubstr("save")));
}

TEST(Storage, SaysThatTheDiskDoesNotFill) {
  const auto text = render_storage(with(R"("window_ms": 86400000, "disk_full_in_days": null)"));
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, HasSubstr("of the last 24 h"));
  EXPECT_THAT(*text, HasSubstr("The disk does not fill up at this rate."));
}

TEST(Storage, TablesAreNotKnownWhileClickHouseIsAway) {
  const auto text = render_storage(R"({"disk": {"bytes": 2, "free_bytes": 1}, "log": {"bytes": 1, "topics": []},
      "tables": {"bytes": 0, "list": []}, "window_ms": 0, "problem": "no answer within 4000 ms"})");
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, HasSubstr("On disk: log 1 B, tables not known; 1 B free of 2 B.\n"));
  EXPECT_THAT(*text, HasSubstr("no answer within 4000 ms"));
}

TEST(Storage, OtherJsonIsRefused) {
  EXPECT_FALSE(render_storage("{}"));
  EXPECT_FALSE(render_storage("<html>"));
  EXPECT_FALSE(render_storage(R"({"disk": {}, "log": {}, "tables": {}})"));
}

}  // namespace
}  // namespace freshet::cli
