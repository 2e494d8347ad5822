#include "engine/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "engine/library.h"

namespace freshet::engine {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class UsersFile : public ::testing::Test {
 protected:
  UsersFile() {
    std::string pattern = (fs::temp_directory_path() / "freshet_users_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~UsersFile() override { fs::remove_all(folder_); }
  std::string path() const { return (folder_ / "users.json").string(); }
  fs::path folder_;
};

TEST_F(UsersFile, IsMadeOnceForItsOwnerOnly) {
  const auto first = load_or_create_users(path());
  ASSERT_TRUE(first.has_value()) << first.error().to_string();
  EXPECT_EQ(first->password(kIngestUser).size(), 48u);
  EXPECT_NE(first->password(kIngestUser), first->password(kQueryUser));
  struct stat info{};
  ASSERT_EQ(::stat(path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(load_or_create_users(path())->passwords, first->passwords);
}

TEST_F(UsersFile, KeepsPasswordsThatItHasAndAddsTheMissing) {
  std::ofstream(path()) << R"({"freshet_query": "mine", "other": "kept"})";
  const auto users = load_or_create_users(path());
  ASSERT_TRUE(users.has_value());
  EXPECT_EQ(users->password(kQueryUser), "mine");
  EXPECT_EQ(load_or_create_users(path())->password("other"), "kept");
  EXPECT_FALSE(users->password(kIngestUser).empty());
}

TEST_F(UsersFile, DamageIsNeverAnsweredWithNewPasswords) {
  for (const char* text : {"", "[]", "{", R"({"freshet_query": 1})"}) {
    std::ofstream(path(), std::ios::trunc) << text;
    const auto users = load_or_create_users(path());
    ASSERT_FALSE(users.has_value()) << text;
    EXPECT_EQ(users.error().code, ErrorCode::kCorrupt);
  }
}

TEST(Config, HoldsHashesAndNoPassword) {
  const Users users{{{kIngestUser, "secret-a"}, {kQueryUser, "secret-b"}, {kScratchUser, "secret-c"}}};
  const std::string text = users_config({"shop", "/d/users.xml", 1 << 30, true}, users);
  EXPECT_THAT(text, Not(HasSubstr("secret-")));
  EXPECT_THAT(text, HasSubstr(sha256_hex("secret-a")));
  EXPECT_THAT(text, HasSubstr("GRANT ALL ON shop__freshet.*"));
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Config, KafkaTablesAreAnIngestersRightAndOnlyWhenAskedFor) {
  const Users users{{{kIngestUser, "a"}, {kQueryUser, "b"}, {kScratchUser, "c"}}};
  const std::string grant = "GRANT TABLE ENGINE ON Kafka";
  EXPECT_THAT(users_config({"shop", "/d/users.xml", 1 << 30, true}, users), Not(HasSubstr(grant)));
  const std::string text = users_config({"shop", "/d/users.xml", 1 << 30, true, true}, users);
  const size_t at = text.find(grant);
  ASSERT_NE(at, text.npos);
  EXPECT_EQ(text.find(grant, at + 1), text.npos) << "one user only";
  EXPECT_THAT(server_config({"p", "/d/u", 1, true, true}), HasSubstr("<session_timeout_ms>"));
  EXPECT_THAT(server_config({"p", "/d/u", 1, true}), Not(HasSubstr("<kafka>")));
  EXPECT_LT(text.find("<freshet_ingest>"), at);
  EXPECT_GT(text.find("</freshet_ingest>"), at);
}

TEST(Config, SyncsPartsOnlyForDurabilityPower) {
  EXPECT_THAT(server_config({"p", "/d/u", 1, true}), HasSubstr("<fsync_after_insert>1<"));
  EXPECT_THAT(server_config({"p", "/d/u", 1, false}), HasSubstr("<fsync_after_insert>0<"));
  EXPECT_THAT(server_config({"p", "/a&b<c/u", 1, true}), HasSubstr("/a&amp;b&lt;c/u"));
  EXPECT_THAT(server_config({"p", "/d/u", 1, true}), Not(HasSubstr("<logger>")));
}

TEST(Config, EngineLeavesMemoryToTheRest) {
  constexpr int64_t kGiB = int64_t{1} << 30;
  EXPECT_GT(machine_memory_bytes(), 0);
  EXPECT_EQ(default_engine_memory_bytes(16 * kGiB), 8 * kGiB);
  EXPECT_EQ(default_engine_memory_bytes(3 * kGiB / 2), kGiB);
  EXPECT_LT(default_engine_memory_bytes(kGiB), kGiB);
}

TEST(FindEngine, LooksBesideTheProgramThenInNodeModulesThenOnPath) {
  std::string pattern = (fs::temp_directory_path() / "freshet_find_XXXXXX").string();
  const fs::path folder = ::mkdtemp(pattern.data());
  const std::string executable = (folder / "build" / "freshet").string();
  const auto make = [](const fs::path& path) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << "x";
    fs::permissions(path, fs::perms::owner_all);
  };
  EXPECT_FALSE(find_engine("/nowhere/clickhouse", executable, "").has_value());
  make(folder / "bin" / "clickhouse");
  EXPECT_EQ(find_engine("", executable, "/nowhere:" + (folder / "bin").string())->program,
            folder / "bin" / "clickhouse");
  make(folder / "node_modules/@chdb/lib-linux-x64-gnu/libchdb.so");
  EXPECT_EQ(find_engine("", executable, (folder / "bin").string())->library,
            folder / "node_modules/@chdb/lib-linux-x64-gnu/libchdb.so");
  make(folder / "build" / "libchdb.so");
  EXPECT_EQ(find_engine("", executable, "")->library, folder / "build" / "libchdb.so");
  EXPECT_EQ(find_engine((folder / "bin" / "clickhouse").string(), executable, "")->program,
            folder / "bin" / "clickhouse");
  fs::remove_all(folder);
}

}  // namespace
}  // namespace freshet::engine
