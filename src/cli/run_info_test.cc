#include "cli/run_info.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace freshet::cli {
namespace {

class RunInfoTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "/run_info_XXXXXX";
    folder = ::mkdtemp(pattern.data());
    std::filesystem::create_directories(folder + "/data");
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder + "/" + name) << text; }

  std::string folder;
};

TEST_F(RunInfoTest, FolderWithoutProjectIsNamed) {
  const auto info = find_running(folder);
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().code, ErrorCode::kProjectMissing);
}

TEST_F(RunInfoTest, ProjectThatWasNeverStartedIsNotRunning) {
  write("freshet.yaml", "name: x\n");
  const auto info = find_running(folder);
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().code, ErrorCode::kNotRunning);
  EXPECT_NE(info.error().message.find("up"), std::string::npos);
}

TEST_F(RunInfoTest, DeadProcessIsNotRunning) {
  write("freshet.yaml", "name: x\n");
  write("data/run.json", R"({"pid": 999999999, "kafka": "127.0.0.1:1"})");
  const auto info = find_running(folder);
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().code, ErrorCode::kNotRunning);
}

TEST_F(RunInfoTest, LiveProcessGivesItsAddresses) {
  write("freshet.yaml", "name: x\n");
  write("data/run.json",
        R"({"kafka":"127.0.0.1:9092","http":"http://127.0.0.1:8080","pid":)" + std::to_string(::getpid()) + "}");
  const auto info = find_running(folder);
  ASSERT_TRUE(info) << info.error().to_string();
  EXPECT_EQ(info->kafka, "127.0.0.1:9092");
  EXPECT_EQ(info->http, "http://127.0.0.1:8080");
}

TEST_F(RunInfoTest, TornFileIsAnError) {
  write("freshet.yaml", "name: x\n");
  write("data/run.json", R"({"kafka":"127)");
  const auto info = find_running(folder);
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().code, ErrorCode::kCorrupt);
}

TEST(HostPort, ReadsUrlsAndAddresses) {
  EXPECT_EQ(parse_host_port("http://127.0.0.1:8123/")->port, 8123);
  EXPECT_EQ(parse_host_port("[::1]:9092")->host, "::1");
  EXPECT_EQ(parse_host_port("localhost:1")->host, "localhost");
  EXPECT_FALSE(parse_host_port("localhost"));
  EXPECT_FALSE(parse_host_port("localhost:99999"));
  EXPECT_FALSE(parse_host_port(":80"));
}

}  // namespace
}  // namespace freshet::cli
