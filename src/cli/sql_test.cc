#include "cli/sql.h"

#include <gtest/gtest.h>

namespace freshet::cli {
namespace {

TEST(Sql, ErrorIsShortenedToItsSentence) {
  EXPECT_EQ(exception_sentence(
                "Code: 60. DB::Exception: Unknown table expression identifier 'nope' in scope SELECT * FROM nope. "
                "(UNKNOWN_TABLE) (version 26.7.2.1)\n"),
            "Unknown table expression identifier 'nope' in scope SELECT * FROM nope. (UNKNOWN_TABLE)");
}

TEST(Sql, ForwardedErrorKeepsTheInnermostSentence) {
  EXPECT_EQ(exception_sentence("Code: 1. DB::Exception: DB::Exception: Too late. Stack trace:\n0. x"), "Too late.");
}

TEST(Sql, OtherTextStaysAsItIs) { EXPECT_EQ(exception_sentence("connection refused"), "connection refused"); }

}  // namespace
}  // namespace freshet::cli
