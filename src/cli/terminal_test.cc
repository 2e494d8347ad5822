#include "cli/terminal.h"

#include <gtest/gtest.h>

#include "base/strings.h"

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

}  // namespace
}  // namespace freshet::cli
