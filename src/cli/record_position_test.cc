#include "cli/record_position.h"

#include <gtest/gtest.h>

#include "cli/time_text.h"

namespace freshet::cli {
namespace {

using Kind = RecordPosition::Kind;
constexpr int64_t kNow = 1768739696789;  // 2026-01-18T12:34:56.789Z

TEST(TimeText, ReadsTheUsualForms) {
  EXPECT_EQ(parse_time_ms("2026-01-18T12:34:56.789Z"), kNow);
  EXPECT_EQ(parse_time_ms("2026-01-18 12:34:56.789"), kNow);
  EXPECT_EQ(parse_time_ms("2026-01-18T13:34:56.7899+01:00"), kNow);
  EXPECT_EQ(parse_time_ms("2026-01-18T07:04:56.789-05:30"), kNow);
  EXPECT_EQ(parse_time_ms("2026-01-18T12:34"), kNow - 56'789);
  EXPECT_EQ(parse_time_ms("2026-01-18"), 1768694400000);
  EXPECT_EQ(parse_time_ms("2024-02-29T00:00:00.5Z"), 1709164800500);
  EXPECT_EQ(parse_time_ms("1970-01-01"), 0);
}

TEST(TimeText, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "2026", "2026-13-01", "2026-02-29", "2026-01-18T", "2026-01-18T24:00", "2026-01-18T12:60",
        "2026-01-18T12:34:56.", "2026-01-18T12:34Zx", "2026-01-18T12:34+0100", "18.1.2026"})
    EXPECT_EQ(parse_time_ms(text), std::nullopt) << text;
}

TEST(TimeText, WritesWhatItReads) {
  EXPECT_EQ(time_text(kNow), "2026-01-18T12:34:56.789Z");
  EXPECT_EQ(time_text(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(time_text(-1), "no time");
}

TEST(RecordPosition, TellsItsKindsApart) {
  const auto expect = [](const std::string& text, Kind kind, int64_t value) {
    const auto position = parse_position("--from", text, kNow);
    ASSERT_TRUE(position) << text;
    EXPECT_EQ(position->kind, kind) << text;
    EXPECT_EQ(position->value, value) << text;
  };
  expect("beginning", Kind::kBeginning, 0);
  expect("end", Kind::kEnd, 0);
  expect("100", Kind::kOffset, 100);
  expect("-5", Kind::kLast, 5);
  expect("@1768739696789", Kind::kTime, kNow);
  expect("2026-01-18T12:34:56.789Z", Kind::kTime, kNow);
  expect("10m", Kind::kTime, kNow - 600'000);
  expect("1h30m", Kind::kTime, kNow - 5'400'000);
}

TEST(RecordPosition, RefusesOthers) {
  for (const std::string text : {"", "begin", "--5", "@", "@x", "1.5", "9999999999999999999"}) {
    const auto position = parse_position("--until", text, kNow);
    ASSERT_FALSE(position) << text;
    EXPECT_EQ(position.error().code, ErrorCode::kUsage);
    EXPECT_TRUE(position.error().message.starts_with("--until " + text)) << position.error().message;
  }
}

}  // namespace
}  // namespace freshet::cli
