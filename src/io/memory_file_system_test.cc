#include "io/memory_file_system.h"

#include <gtest/gtest.h>

namespace freshet::io {
namespace {

TEST(MemoryFileSystem, PowerCutDropsWhatWasNotSynced) {
  MemoryFileSystem fs;
  ASSERT_TRUE(fs.create_folders("/d"));
  auto file = *fs.open("/d/a", OpenMode::kCreateOrAppend);
  ASSERT_TRUE(file->append("synced"));
  ASSERT_TRUE(file->sync());
  ASSERT_TRUE(fs.sync_folder("/d"));
  ASSERT_TRUE(file->append(" and not"));
  auto never = *fs.open("/d/b", OpenMode::kCreateOrAppend);
  ASSERT_TRUE(never->append("x"));
  ASSERT_TRUE(never->sync());  // its content, but not its name

  fs.power_cut();

  EXPECT_FALSE(file->append("more"));
  EXPECT_EQ(*fs.read_file("/d/a"), "synced");
  EXPECT_FALSE(fs.exists("/d/b"));
}

TEST(MemoryFileSystem, PowerCutMayTearTheTail) {
  MemoryFileSystem fs;
  ASSERT_TRUE(fs.create_folders("/d"));
  auto file = *fs.open("/d/a", OpenMode::kCreateOrAppend);
  ASSERT_TRUE(fs.sync_folder("/d"));
  ASSERT_TRUE(file->append("0123456789"));
  fs.power_cut([](const std::string&, uint64_t unsynced) { return unsynced - 3; });
  EXPECT_EQ(*fs.read_file("/d/a"), "0123456");
}

TEST(MemoryFileSystem, KillKeepsEverything) {
  MemoryFileSystem fs;
  ASSERT_TRUE(fs.create_folders("/d"));
  auto file = *fs.open("/d/a", OpenMode::kCreateOrAppend);
  ASSERT_TRUE(file->append("written"));
  fs.kill();
  EXPECT_FALSE(file->append("more"));
  EXPECT_EQ(*fs.read_file("/d/a"), "written");
}

TEST(MemoryFileSystem, RenameIsDurableOnlyAfterTheFolderWasSynced) {
  MemoryFileSystem fs;
  ASSERT_TRUE(fs.create_folders("/d"));
  ASSERT_TRUE(fs.replace_file("/d/a", "old"));
  auto file = *fs.open("/d/a.new", OpenMode::kCreateOrAppend);
  ASSERT_TRUE(file->append("new"));
  ASSERT_TRUE(file->sync());
  ASSERT_TRUE(fs.rename("/d/a.new", "/d/a"));
  EXPECT_EQ(*fs.read_file("/d/a"), "new");
  fs.power_cut();
  EXPECT_EQ(*fs.read_file("/d/a"), "old");
}

TEST(MemoryFileSystem, FailsWhatItIsToldToFail) {
  MemoryFileSystem fs;
  ASSERT_TRUE(fs.create_folders("/d"));
  auto file = *fs.open("/d/a", OpenMode::kCreateOrAppend);
  fs.fail_once(2, {.error = {}, .write_only = 3}, "append");
  ASSERT_TRUE(file->append("one"));
  EXPECT_FALSE(file->append("three and more"));
  EXPECT_EQ(*file->read_at(0, 100), "onethr");
  ASSERT_TRUE(file->append("!"));
  fs.set_capacity(9);
  const auto full = file->append("1234");
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::kDiskFull);
  EXPECT_EQ(file->size(), 9u);
}

TEST(MemoryFileSystem, ViewsStayAsTheyWere) {
  MemoryFileSystem fs;
  ASSERT_TRUE(fs.create_folders("/d"));
  auto file = *fs.open("/d/a", OpenMode::kCreateOrAppend);
  ASSERT_TRUE(file->append("hello"));
  const Slice view = *file->view(0, 5);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(file->append("more"));
  ASSERT_TRUE(file->truncate(2));
  ASSERT_TRUE(file->append("XXXX"));
  EXPECT_EQ(view.bytes, "hello");
}

}  // namespace
}  // namespace freshet::io
