#include "broker/core/handlers.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace freshet::broker {
namespace {

TEST(Handlers, StandInTheDocsAsTheyAreOffered) {
  std::ifstream file(FRESHET_SOURCE_DIR "/docs/kafka.md");
  std::stringstream docs;
  docs << file.rdbuf();
  EXPECT_NE(docs.str().find(handlers_table()), std::string::npos) << "docs/kafka.md should hold:\n" << handlers_table();
}

}  // namespace
}  // namespace freshet::broker
