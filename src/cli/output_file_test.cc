#include "cli/output_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace freshet::cli {
namespace {

class OutputFile : public testing::Test {
 protected:
  OutputFile() {
    std::string pattern = testing::TempDir() + "/outputXXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    path_ = folder_ + "/streams/a.yaml";
  }
  ~OutputFile() override { std::filesystem::remove_all(folder_); }
  static std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string folder_;
  std::string path_;
};

TEST_F(OutputFile, StaysWithoutReplace) {
  ASSERT_TRUE(write_output(path_, "first", false));
  const auto again = write_output(path_, "second", false);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kProjectExists);
  EXPECT_EQ(read(path_), "first");
}

TEST_F(OutputFile, WhatIsReplacedIsKept_EveryTime) {
  EXPECT_EQ(write_output(path_, "first", true).value(), "");
  EXPECT_EQ(write_output(path_, "second", true).value(), path_ + ".bak");
  EXPECT_EQ(write_output(path_, "third", true).value(), path_ + ".2.bak");
  EXPECT_EQ(read(path_), "third");
  EXPECT_EQ(read(path_ + ".bak"), "first");
  EXPECT_EQ(read(path_ + ".2.bak"), "second");
}

}  // namespace
}  // namespace freshet::cli
