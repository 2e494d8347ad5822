#include "project/command_text.h"

#include <gtest/gtest.h>

namespace freshet::project {
namespace {

TEST(CommandFor, NamesTheFolderSoThatAShellReadsIt) {
  EXPECT_EQ(command_for("."), "freshet");
  EXPECT_EQ(command_for("shop"), "freshet -C shop");
  EXPECT_EQ(command_for("../my-shop_2.0"), "freshet -C ../my-shop_2.0");
  EXPECT_EQ(command_for("my shop"), "freshet -C 'my shop'");
  EXPECT_EQ(command_for("it's $HOME"), "freshet -C 'it'\\''s $HOME'");
}

}  // namespace
}  // namespace freshet::project
