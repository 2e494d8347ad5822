#include <gtest/gtest.h>
#include <unistd.h>

#include "io/file_system.h"
#include "io/io_test_folder.h"

namespace freshet::io {
namespace {

FileSystem& fs() { return real_file_system(); }

TEST(RealFileSystem, AppendsPartsAndReadsThemBack) {
  TestFolder folder;
  auto file = *fs().open(folder / "a", OpenMode::kCreateOrAppend);
  std::vector<std::string> texts;
  std::vector<std::string_view> parts;
  std::string all;
  for (int i = 0; i < 200; ++i)
    texts.push_back(std::string(static_cast<size_t>(i * 37 % 501), static_cast<char>('a' + i % 26)));
  for (const std::string& text : texts) {
    parts.push_back(text);
    all += text;
  }
  ASSERT_TRUE(file->append(parts));
  ASSERT_TRUE(file->sync());
  EXPECT_EQ(file->size(), all.size());
  EXPECT_EQ(*file->read_at(0, all.size() + 10), all);
  EXPECT_EQ(file->view(100, 50)->bytes, all.substr(100, 50));
  ASSERT_TRUE(file->write_at(3, "XYZ"));
  EXPECT_EQ(*file->read_at(3, 3), "XYZ");
  EXPECT_FALSE(file->write_at(all.size(), "x"));
  auto again = *fs().open(folder / "a", OpenMode::kCreateOrAppend);
  EXPECT_EQ(again->size(), all.size());
  ASSERT_TRUE(again->truncate(10));
  ASSERT_TRUE(again->append("tail"));
  EXPECT_EQ(*again->read_at(8, 100), all.substr(8, 2) + "tail");
}

TEST(RealFileSystem, ViewsOutliveGrowthAndRemoval) {
  TestFolder folder;
  Slice first, second;
  {
    auto file = *fs().open(folder / "a", OpenMode::kCreateOrAppend);
    ASSERT_TRUE(file->append("hello"));
    first = *file->view(0, 5);
    const std::string block(1 << 20, 'x');
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(file->append(block));
    second = *file->view(5, size_t{20} << 20);
    EXPECT_EQ(file->view(3, 2)->bytes, "lo");
    EXPECT_TRUE(file->view(uint64_t{30} << 20, 5)->bytes.empty());
    ASSERT_TRUE(fs().remove(folder / "a"));
  }
  EXPECT_EQ(first.bytes, "hello");
  EXPECT_EQ(second.bytes.size(), size_t{20} << 20);
  EXPECT_EQ(second.bytes.back(), 'x');
}

TEST(RealFileSystem, ErrorsTellTheCausesApartAndNameThePath) {
  TestFolder folder;
  const auto missing = fs().open(folder / "missing", OpenMode::kRead);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_NE(missing.error().message.find(folder / "missing"), std::string::npos);
  EXPECT_NE(missing.error().message.find("No such file"), std::string::npos);
  if (::access("/dev/full", W_OK) == 0) {
    auto full = *fs().open("/dev/full", OpenMode::kCreateOrAppend);
    const auto written = full->append("x");
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::kDiskFull);
  }
  if (::getuid() != 0) {
    const auto refused = fs().open("/freshet-test", OpenMode::kCreateOrAppend);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kPermission);
  }
}

TEST(RealFileSystem, ReplacesAFileWhole) {
  TestFolder folder;
  ASSERT_TRUE(fs().replace_file(folder / "f.json", "one"));
  ASSERT_TRUE(fs().replace_file(folder / "f.json", "two"));
  EXPECT_EQ(*fs().read_file(folder / "f.json"), "two");
  EXPECT_EQ(*fs().list(folder.path()), std::vector<std::string>{"f.json"});
  EXPECT_EQ(fs().read_file(folder / "f.json", 2).error().code, ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace freshet::io
