#include "cli/terminal.h"

#include <gtest/gtest.h>

namespace freshet::cli {
namespace {

TEST(Terminal, TableAlignsTextLeftAndFiguresRight) {
  EXPECT_EQ(table({{"view", "lag"}, {"events_minute", "7"}, {"e", "1,200"}}),
            "view             lag\n"
            "events_minute      7\n"
            "e              1,200\n");
}

TEST(Terminal, CommasGroupThousands) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1000), "1,000");
  EXPECT_EQ(with_commas(-1234567), "-1,234,567");
}

TEST(Terminal, DurationsHaveOneUnit) {
  EXPECT_EQ(human_duration(340), "340 ms");
  EXPECT_EQ(human_duration(12'340), "12.3 s");
  EXPECT_EQ(human_duration(300'000), "5 min");
  EXPECT_EQ(human_duration(10'800'000), "3 h");
}

}  // namespace
}  // namespace freshet::cli
