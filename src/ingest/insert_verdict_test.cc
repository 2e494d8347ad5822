#include "ingest/insert_verdict.h"

#include <gtest/gtest.h>

namespace freshet::ingest {
namespace {

using clickhouse::Outcome;
using clickhouse::QueryError;

TEST(InsertVerdict, NothingSentIsNotInDoubt) {
  EXPECT_EQ(verdict_of({Outcome::kNotSent, 0, "Connection refused"}), InsertVerdict::kUnreachable);
}

TEST(InsertVerdict, NoAnswerIsInDoubt) {
  EXPECT_EQ(verdict_of({Outcome::kUnknown, 0, "closed"}), InsertVerdict::kDoubt);
}

TEST(InsertVerdict, OnlyErrorsThatCannotComeFromARenameSpareTheTokenLog) {
  EXPECT_EQ(verdict_of({Outcome::kRefused, 395, "throwIf"}), InsertVerdict::kDoubt);
  EXPECT_EQ(verdict_of({Outcome::kRefused, 241, "memory"}), InsertVerdict::kDoubt);
  EXPECT_EQ(verdict_of({Outcome::kRefused, 1001, "filesystem error: in rename"}), InsertVerdict::kNeedsRepair);
  EXPECT_EQ(verdict_of({Outcome::kRefused, 99999, "never seen"}), InsertVerdict::kNeedsRepair);
}

TEST(InsertVerdict, ErrorsOfTheRowsComeAgainThoseOfTheMomentDoNot) {
  EXPECT_TRUE(comes_again({Outcome::kRefused, 395, "throwIf"}));
  EXPECT_FALSE(comes_again({Outcome::kRefused, 241, "memory"}));
  EXPECT_FALSE(comes_again({Outcome::kRefused, 1001, "rename"}));
  EXPECT_FALSE(comes_again({Outcome::kUnknown, 395, "closed"}));
}

/// Texts of ClickHouse 26.7.
TEST(FailingView, IsNamedAtTheEndOfTheSentence) {
  EXPECT_EQ(failing_view_of(
                "Code: 395. DB::Exception: no such user: while executing 'FUNCTION throwIf(a) -> b UInt8 : 2': "
                "while pushing to view shop.refuses__v1_mv. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO) (version 26.7.2.1)"),
            "refuses__v1_mv");
  EXPECT_EQ(failing_view_of("while pushing to view p.v (00000000-0000-0000-0000-000000000000)"), "v");
  EXPECT_EQ(failing_view_of("Code: 252. DB::Exception: Too many parts. (TOO_MANY_PARTS)"), "");
}

}  // namespace
}  // namespace freshet::ingest
