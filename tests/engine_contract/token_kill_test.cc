#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <iterator>

#include "fixture.h"

/// ClickHouse writes a token before it renames its part. What Freshet makes of that: an engine that is killed in
/// between, or whose rename fails, is started through the token repair, and then the same batch with the same token is
/// exact.
namespace freshet::engine {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr const char* kStrace = "/usr/bin/strace";

/// strace on a running process, injecting a fault into its renames.
class Strace {
 public:
  Strace(int pid, const std::string& inject, const std::string& log) : log_(log) {
    const std::string target = std::to_string(pid);
    pid_ = ::fork();
    if (pid_ == 0) {
      const int fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      ::dup2(fd, STDERR_FILENO);
      ::execl(kStrace, "strace", "-f", "-e", "trace=rename", "-e", inject.c_str(), "-p", target.c_str(), nullptr);
      ::_exit(127);
    }
  }
  ~Strace() {
    // Not asked politely: the kernel lets go of what it traced, and strace itself may wait for a dead thread for ever.
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  std::string said() const {
    std::ifstream file(log_);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  /// False where tracing is not permitted.
  bool attached() const {
    eventually([&] {
      return said().find("attached") != std::string::npos || said().find("not permitted") != std::string::npos;
    });
    return said().find("attached") != std::string::npos && said().find("not permitted") == std::string::npos;
  }

 private:
  std::string log_;
  pid_t pid_;
};

class TokenKill : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    must("CREATE DATABASE p");
    must("CREATE TABLE p.raw (k UInt64) ENGINE = MergeTree ORDER BY k");
    for (const char* view : {"v1", "v2"}) {
      must(fmt::format("CREATE TABLE p.{} (k UInt64, n UInt64) ENGINE = SummingMergeTree ORDER BY k", view));
      must(fmt::format("CREATE MATERIALIZED VIEW p.{0}_mv TO p.{0} AS SELECT k, count() AS n FROM p.raw GROUP BY k",
                       view));
    }
    auto body = client().run({.sql = "SELECT number AS k FROM numbers(100) FORMAT Native"});
    ASSERT_TRUE(body.has_value());
    body_ = *body;
    ASSERT_TRUE(insert("before").has_value());
  }
  clickhouse::QueryResult<std::string> insert(const std::string& token) const {
    return insert(clickhouse::insert_settings(token));
  }
  /// One view after the other on one thread: strace counts the calls of each thread by itself.
  clickhouse::QueryResult<std::string> insert_in_order(const std::string& token) const {
    auto settings = clickhouse::insert_settings(token);
    settings["parallel_view_processing"] = "0";
    return insert(settings);
  }
  clickhouse::QueryResult<std::string> insert(const std::map<std::string, std::string>& settings) const {
    return client().run({.sql = "INSERT INTO p.raw FORMAT Native", .settings = settings, .body = body_});
  }
  std::string counts() const {
    return ask(
        "SELECT concat(toString((SELECT count() FROM p.raw)), ' ', toString((SELECT sum(n) FROM p.v1)), ' ', "
        "toString((SELECT sum(n) FROM p.v2)))");
  }
  fs::path table_folder(const std::string& table) const {
    return ask("SELECT arrayFirst(x -> 1, data_paths) FROM system.tables WHERE database = 'p' AND name = '" + table +
               "'");
  }
  /// Tokens that the repair struck out, in all tables.
  int struck_out() const {
    int lines = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path() + "/clickhouse/store")) {
      if (!entry.path().filename().string().starts_with("deduplication_log_")) continue;
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) lines += line.starts_with("2\t") ? 1 : 0;
    }
    return lines;
  }
  void kill_at_rename(int number);

  std::string body_;
};

void TokenKill::kill_at_rename(int number) {
  {
    const Strace strace(engine_->state().pid, fmt::format("inject=rename:signal=KILL:when={}", number),
                        folder_.path() + "/strace");
    if (!strace.attached()) GTEST_SKIP() << "tracing is not permitted here: " << strace.said();
    const auto answer = insert_in_order("t1");
    ASSERT_FALSE(answer.has_value()) << "no rename " << number << " was seen: the engine works otherwise now";
    EXPECT_EQ(answer.error().outcome, clickhouse::Outcome::kUnknown);
  }
  ASSERT_TRUE(eventually([&] { return engine_->state().run == 2 && engine_->state().running; }));
  EXPECT_EQ(struck_out(), 1) << "the token was there before its part: " << counts();
  ASSERT_TRUE(insert("t1").has_value());
  EXPECT_EQ(counts(), "200 200 200");
  ASSERT_TRUE(insert("t1").has_value());
  EXPECT_EQ(counts(), "200 200 200");
}

TEST_F(TokenKill, KilledAtTheRenameOfTheTablesPart) { kill_at_rename(1); }
TEST_F(TokenKill, KilledAtTheRenameOfTheFirstViewsPart) { kill_at_rename(2); }
TEST_F(TokenKill, KilledAtTheRenameOfTheSecondViewsPart) { kill_at_rename(3); }

TEST_F(TokenKill, RenameThatFailsIsExactAfterARestartWithRepair) {
  {
    const Strace strace(engine_->state().pid, "inject=rename:error=ENOSPC:when=1", folder_.path() + "/strace");
    if (!strace.attached()) GTEST_SKIP() << "tracing is not permitted here: " << strace.said();
    const auto answer = insert("t1");
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().outcome, clickhouse::Outcome::kRefused);
  }
  engine_->restart_with_repair("a rename failed");
  ASSERT_TRUE(engine_->state().running);
  EXPECT_EQ(struck_out(), 1);
  ASSERT_TRUE(insert("t1").has_value());
  EXPECT_EQ(counts(), "200 200 200");
}

/// The same by editing files, for machines that do not permit tracing.
TEST_F(TokenKill, PartThatNeverCameIntoPlaceIsInsertedByTheRepeat) {
  ASSERT_TRUE(insert("t1").has_value());
  const fs::path raw = table_folder("raw");
  engine_->stop();
  engine_.reset();
  ASSERT_TRUE(fs::exists(raw / "all_2_2_0"));
  fs::remove_all(raw / "all_2_2_0");
  start();
  EXPECT_EQ(counts(), "100 200 200");
  EXPECT_EQ(struck_out(), 1);
  ASSERT_TRUE(insert("t1").has_value());
  EXPECT_EQ(counts(), "200 200 200");
}

TEST_F(TokenKill, TornLastLineDoesNotSpoilLaterTokens) {
  const fs::path logs = table_folder("raw") / "deduplication_logs";
  engine_->stop();
  engine_.reset();
  for (const auto& entry : fs::directory_iterator(logs)) std::ofstream(entry.path(), std::ios::app) << "1\tall_9";
  start();
  ASSERT_TRUE(insert("t1").has_value());
  engine_->restart_with_repair("a test");
  ASSERT_TRUE(insert("t1").has_value());
  EXPECT_EQ(counts(), "200 200 200");
  EXPECT_EQ(engine_->state().token_losses, 0U);
}

}  // namespace
}  // namespace freshet::engine
