#include "project/data_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace freshet::project {
namespace {

class DataFolder : public testing::Test {
 protected:
  DataFolder() {
    std::string pattern = testing::TempDir() + "freshet_data_XXXXXX";
    root_ = mkdtemp(pattern.data());
  }
  ~DataFolder() override { std::filesystem::remove_all(root_); }
  std::string root_;
};

TEST_F(DataFolder, IsMadePrivateAndOpensAgain) {
  const std::string path = root_ + "/data";
  ASSERT_TRUE(open_data_folder(path));
  struct stat status{};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  EXPECT_TRUE(open_data_folder(path));
}

TEST_F(DataFolder, RefusesAnotherVersionAndForeignFiles) {
  std::ofstream(root_ + "/VERSION") << "99\n";
  EXPECT_EQ(open_data_folder(root_).error().code, ErrorCode::kDataVersion);
  std::filesystem::remove(root_ + "/VERSION");
  std::ofstream(root_ + "/thesis.txt") << "x";
  EXPECT_EQ(open_data_folder(root_).error().code, ErrorCode::kDataVersion);
  std::filesystem::remove(root_ + "/thesis.txt");
  EXPECT_TRUE(open_data_folder(root_));
}

TEST_F(DataFolder, SaysWhatItCannotMake) {
  const auto result = open_data_folder(root_ + "/missing/data");
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("missing/data"), std::string::npos);
}

}  // namespace
}  // namespace freshet::project
