#include "infer/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "project/parse_stream.h"

namespace freshet::infer {
namespace {

project::Stream stream_of(std::string_view yaml) {
  auto stream = project::parse_stream("t", "streams/t.yaml", yaml);
  EXPECT_TRUE(stream) << stream.error().front().to_string();
  return std::move(*stream);
}

constexpr std::string_view kStream = "columns: {id: Int64, amount: Float64}\norder_by: [id]\n";

TEST(Checker, CountsByCauseAndNamesTheFirst) {
  auto checker = Checker::make(stream_of(kStream));
  ASSERT_TRUE(checker);
  for (int i = 1; i <= 2500; ++i) {
    checker->add(i % 100 == 0 ? R"({"id": 1, "amount": "N/A"})" : R"({"id": 1, "amount": 1, "x": {"y": 1}})",
                 fmt::format("line {}", i));
  }
  checker->add("{\"id\": 1", "line 2501");
  checker->add(std::nullopt, "line 2502");
  const CheckReport report = checker->report();
  EXPECT_EQ(report.records, 2502U);
  EXPECT_EQ(report.rows, 2475U);
  EXPECT_EQ(report.dead(), 27U);
  ASSERT_EQ(report.dead_letters.size(), 3U);
  EXPECT_EQ(report.dead_letters[0].field, "amount");
  EXPECT_EQ(report.dead_letters[0].count, 25U);
  EXPECT_EQ(report.dead_letters[0].why, "expected a number within the range for Float64");
  ASSERT_EQ(report.dead_letters[0].examples.size(), Checker::kMaxExamples);
  EXPECT_EQ(report.dead_letters[0].examples[0].place, "line 100");
  EXPECT_EQ(report.dead_letters[0].examples[0].message, "expected a number within the range for Float64, got \"N/A\"");
  ASSERT_EQ(report.unknown_fields.size(), 1U);
  EXPECT_EQ(report.unknown_fields[0].name, "x");
  EXPECT_EQ(report.unknown_fields[0].count, 2475U);
  EXPECT_EQ(report.unknown_count, 2475U);
}

TEST(Checker, UnknownType_IsTheDeclarationsError) {
  const auto checker = Checker::make(stream_of("columns: {id: Int65}\norder_by: [id]\n"));
  ASSERT_FALSE(checker);
  EXPECT_EQ(checker.error().code, ErrorCode::kUnknownColumnType);
}

TEST(Checker, CausesAreBounded) {
  std::string yaml = "columns:\n";
  for (size_t i = 0; i < Checker::kMaxCauses + 50; ++i) yaml += fmt::format("  c{}: Int64\n", i);
  auto wide = Checker::make(stream_of(yaml + "order_by: [c0]\n"));
  ASSERT_TRUE(wide);
  for (size_t i = 0; i < Checker::kMaxCauses + 50; ++i) wide->add(fmt::format(R"({{"c{}": "x"}})", i), "somewhere");
  const CheckReport report = wide->report();
  EXPECT_EQ(report.dead_letters.size(), Checker::kMaxCauses);
  EXPECT_EQ(report.other_causes, 50U);
  EXPECT_EQ(report.dead(), Checker::kMaxCauses + 50);
}

}  // namespace
}  // namespace freshet::infer
