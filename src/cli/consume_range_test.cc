#include "cli/consume_range.h"

#include <gtest/gtest.h>

namespace freshet::cli {
namespace {

using Offsets = std::map<int32_t, int64_t>;

TEST(ConsumeRange, IsOverWhenEveryPartitionReachedItsEnd) {
  ConsumeRange range(Offsets{{0, 5}, {1, 0}});
  EXPECT_FALSE(range.is_over());  // without stops there is no end
  range.set_stops({{0, 7}, {1, 0}});
  EXPECT_FALSE(range.is_over());
  EXPECT_TRUE(range.take(0, 5));
  EXPECT_FALSE(range.is_over());
  EXPECT_TRUE(range.take(0, 6));
  EXPECT_TRUE(range.is_over());
}

TEST(ConsumeRange, NamesThePartitionsThatAreShort) {
  ConsumeRange range(Offsets{{0, 5}, {1, 0}, {2, 1}});
  EXPECT_EQ(range.short_of_their_ends(), "0 (at 5), 1 (at 0), 2 (at 1)");
  range.set_stops({{0, 7}, {1, 0}, {2, 9}});
  EXPECT_TRUE(range.take(0, 5));
  EXPECT_EQ(range.short_of_their_ends(), "0 (at 6 of 7), 2 (at 1 of 9)");
  EXPECT_TRUE(range.take(0, 6));
  range.reached(2, 9);
  EXPECT_EQ(range.short_of_their_ends(), "");
}

TEST(ConsumeRange, TakesNothingBeforeItsStartOrFromItsStopOn) {
  ConsumeRange range(Offsets{{0, 5}});
  range.set_stops({{0, 7}});
  EXPECT_FALSE(range.take(0, 4));
  EXPECT_FALSE(range.is_over());
  EXPECT_FALSE(range.take(0, 7));
  EXPECT_TRUE(range.is_over());
}

TEST(ConsumeRange, CompactedRecordsAtTheEndDoNotHoldItUp) {
  ConsumeRange range(Offsets{{0, 0}});
  range.set_stops({{0, 10}});
  EXPECT_TRUE(range.take(0, 3));
  range.reached(0, 10);
  EXPECT_TRUE(range.is_over());
}

TEST(ConsumeRange, AnEmptyRangeIsOverAtOnce) {
  ConsumeRange range(Offsets{{0, 8}});
  range.set_stops({{0, 3}});
  EXPECT_TRUE(range.is_over());
}

}  // namespace
}  // namespace freshet::cli
