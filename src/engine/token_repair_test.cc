#include "engine/token_repair.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace freshet::engine {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string repaired(const std::vector<std::string_view>& logs, const std::vector<std::string>& parts) {
  const auto result = repair_log(logs, parts);
  return result ? result->text : result.error().to_string();
}

TEST(RepairLog, LeavesATokenWhosePartIsOnDisk) {
  EXPECT_EQ(repaired({"1\tall_1_1_0\tt1\n"}, {"all_1_1_0"}), "1\tall_1_1_0\tt1\n");
}

TEST(RepairLog, LeavesATokenWhosePartWasMergedOrMutated) {
  const std::string_view log = "1\tall_1_1_0\tt1\n1\tall_7_7_0\tt7\n";
  EXPECT_EQ(repaired({log}, {"all_0_5_2", "all_7_7_0_9"}), log);
  EXPECT_EQ(repaired({log}, {"all_0_9_2", "all_3_4_1"}), log) << "a wide part that begins before a narrow one";
}

TEST(RepairLog, StrikesOutATokenWithoutAPart) {
  const auto result = repair_log({"1\tall_1_1_0\tt1\n1\tall_2_2_0\tt2\n"}, {"all_1_1_0"});
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->text, "1\tall_1_1_0\tt1\n1\tall_2_2_0\tt2\n2\tall_2_2_0\tt2\n");
  EXPECT_EQ(result->struck_out, 1);
  EXPECT_FALSE(result->torn);
}

TEST(RepairLog, CoveredMeansTheSamePartition) {
  EXPECT_EQ(repaired({"1\t202601_2_2_0\tt2\n"}, {"202602_1_3_1"}), "1\t202601_2_2_0\tt2\n2\t202601_2_2_0\tt2\n");
}

TEST(RepairLog, StrikesOutEveryPhantomNotOnlyTheLast) {
  EXPECT_EQ(repaired({"1\tall_1_1_0\ta\n1\tall_2_2_0\tb\n1\tall_3_3_0\tc\n"}, {"all_3_3_0"}),
            "1\tall_1_1_0\ta\n1\tall_2_2_0\tb\n1\tall_3_3_0\tc\n2\tall_1_1_0\ta\n2\tall_2_2_0\tb\n");
}

TEST(RepairLog, ATokenStruckOutAlreadyStaysSo) {
  const std::string_view log = "1\tall_1_1_0\ta\n2\tall_1_1_0\ta\n";
  EXPECT_EQ(repaired({log}, {}), log);
}

TEST(RepairLog, ATokenGivenAgainCountsByItsLastPart) {
  const std::string_view log = "1\tall_1_1_0\ta\n2\tall_1_1_0\ta\n1\tall_4_4_0\ta\n";
  EXPECT_EQ(repaired({log}, {"all_4_4_0"}), log);
  EXPECT_EQ(repaired({log}, {}), std::string(log) + "2\tall_4_4_0\ta\n") << "once only";
}

TEST(RepairLog, OlderLogsAreReadAndTheNewestIsRepaired) {
  const auto result =
      repair_log({"1\tall_1_1_0\ta\n1\tall_2_2_0\tb\n", "2\tall_2_2_0\tb\n1\tall_3_3_0\tc\n"}, {"all_3_3_0"});
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->text, "2\tall_2_2_0\tb\n1\tall_3_3_0\tc\n2\tall_1_1_0\ta\n");
}

TEST(RepairLog, ATornLastLineIsCut) {
  for (const std::string_view torn : {"1", "1\t", "1\tall_2_2", "1\tall_2_2_0\tt"}) {
    const auto result = repair_log({"1\tall_1_1_0\ta\n" + std::string(torn)}, {"all_1_1_0", "all_2_2_0"});
    // The text above dies with the call; the result owns its own.
    ASSERT_TRUE(result.has_value());
    EXPECT_EQ(result->text, "1\tall_1_1_0\ta\n") << torn;
    EXPECT_TRUE(result->torn);
  }
}

TEST(RepairLog, RepairingTwiceChangesNothingMore) {
  const std::string once = repaired({"1\tall_1_1_0\ta\n1\tall_2_2_0\tb\n1\tal"}, {"all_1_1_0"});
  EXPECT_EQ(repaired({once}, {"all_1_1_0"}), once);
}

TEST(RepairLog, AFinishedLineThatIsNoRecordIsAnError) {
  for (const std::string& log :
       {std::string("nonsense\n"), std::string("3\tall_1_1_0\ta\n"), std::string("1\tall_1_1_0\n"),
        std::string("1\t\ta\n"), std::string("\0\0\0\n", 4), std::string("1\tall_1_1_0\ta\tb\n")}) {
    const auto result = repair_log({log}, {"all_1_1_0"});
    ASSERT_FALSE(result.has_value()) << log;
    EXPECT_EQ(result.error().code, ErrorCode::kTokenLog);
  }
  EXPECT_EQ(readable_lines("1\tall_1_1_0\ta\nnonsense\n2\tall_1_1_0\ta\n1\tto"), "1\tall_1_1_0\ta\n2\tall_1_1_0\ta\n");
}

class TokenLogs : public ::testing::Test {
 protected:
  TokenLogs() {
    std::string pattern = (fs::temp_directory_path() / "freshet_tokens_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    fs::create_directories(table() / "deduplication_logs");
    fs::create_directories(table() / "all_1_1_0");
    fs::create_directories(table() / "tmp_insert_all_2_2_0");
    fs::create_directories(table() / "detached" / "all_2_2_0");
  }
  ~TokenLogs() override { fs::remove_all(folder_); }
  fs::path table() const { return folder_ / "store" / "abc" / "abcdef"; }
  void write(int number, const std::string& text) const {
    std::ofstream(table() / "deduplication_logs" / ("deduplication_log_" + std::to_string(number) + ".txt")) << text;
  }
  std::string read(const std::string& name) const {
    std::ifstream file(table() / "deduplication_logs" / name);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  fs::path folder_;
};

TEST_F(TokenLogs, TheNewestByNumberIsRepairedInPlace) {
  write(9, "1\tall_1_1_0\ta\n");
  write(10, "1\tall_2_2_0\tb\n1\ttorn");
  const auto report = repair_token_logs(folder_.string());
  ASSERT_TRUE(report.has_value()) << report.error().to_string();
  EXPECT_EQ(report->tables, 1);
  EXPECT_EQ(report->struck_out, 1);
  EXPECT_EQ(report->unreadable, 0);
  EXPECT_EQ(read("deduplication_log_9.txt"), "1\tall_1_1_0\ta\n");
  EXPECT_EQ(read("deduplication_log_10.txt"), "1\tall_2_2_0\tb\n2\tall_2_2_0\tb\n");
}

TEST_F(TokenLogs, UnreadableContentIsKeptAsideAndReported) {
  write(1, "1\tall_1_1_0\ta\ngarbage\n1\tall_2_2_0\tb\n");
  const auto report = repair_token_logs(folder_.string());
  ASSERT_TRUE(report.has_value()) << report.error().to_string();
  EXPECT_EQ(report->unreadable, 1);
  EXPECT_EQ(read("deduplication_log_1.txt"), "1\tall_1_1_0\ta\n1\tall_2_2_0\tb\n2\tall_2_2_0\tb\n");
  EXPECT_THAT(read("deduplication_log_1.txt.unreadable"), HasSubstr("garbage"));
  EXPECT_EQ(report->ever_unreadable, 1U);
  const auto next = repair_token_logs(folder_.string());
  EXPECT_EQ(next->unreadable, 0) << "the next start finds it in order";
  EXPECT_EQ(next->ever_unreadable, 1U) << "but tokens from before stay untrusted";
  std::ofstream(folder_ / "token_logs_lost") << "?";
  EXPECT_FALSE(repair_token_logs(folder_.string()));
}

TEST_F(TokenLogs, AFileThatCannotBeReadForbidsTheStart) {
  fs::create_directories(table() / "deduplication_logs" / "deduplication_log_1.txt");
  const auto report = repair_token_logs(folder_.string());
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::kTokenLog);
  EXPECT_THAT(report.error().message, HasSubstr("deduplication_log_1.txt"));
}

TEST_F(TokenLogs, AFolderWithoutTablesNeedsNothing) { EXPECT_EQ(repair_token_logs("/nowhere")->tables, 0); }

}  // namespace
}  // namespace freshet::engine
