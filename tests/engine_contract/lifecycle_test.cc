#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "fixture.h"

namespace freshet::engine {
namespace {

using Lifecycle = EngineTest;

TEST_F(Lifecycle, StartsAndAnswersAsTheTestedVersion) {
  EXPECT_EQ(ask("SELECT version()"), kTestedVersion);
  EXPECT_EQ(engine_->state().version, kTestedVersion);
  EXPECT_EQ(engine_->state().run, 1u);
  EXPECT_EQ(engine_->state().token_losses, 0U);
  EXPECT_NE(engine_->tcp_port(), 0);
}

TEST_F(Lifecycle, SecondStartOnTheSameFolderIsRefused) {
  auto second = Engine::start(options_in(folder_.path()));
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kAlreadyRunning);
}

TEST_F(Lifecycle, KilledEngineIsStartedAgainAndKeepsWhatItAcknowledged) {
  must("CREATE DATABASE p");
  must("CREATE TABLE p.t (x UInt64) ENGINE = MergeTree ORDER BY x");
  must("INSERT INTO p.t SELECT number FROM numbers(10)");
  const int pid = engine_->state().pid;
  ASSERT_EQ(::kill(pid, SIGKILL), 0);
  ASSERT_TRUE(eventually([&] { return engine_->state().run == 2 && engine_->state().running; }));
  EXPECT_NE(engine_->state().pid, pid);
  EXPECT_EQ(ask("SELECT count() FROM p.t"), "10");
}

TEST_F(Lifecycle, RestartWithRepairReturnsWithANewRun) {
  engine_->restart_with_repair("a test asked for it");
  EXPECT_TRUE(engine_->state().running);
  EXPECT_EQ(engine_->state().run, 2u);
  EXPECT_EQ(ask("SELECT 1"), "1");
}

TEST_F(Lifecycle, StopIsOrderlyAndTheFolderCanBeUsedAgain) {
  must("CREATE DATABASE p");
  const int pid = engine_->state().pid;
  engine_->stop();
  EXPECT_NE(::kill(pid, 0), 0) << "the child is gone";
  EXPECT_FALSE(engine_->state().running);
  engine_.reset();
  start();
  EXPECT_EQ(ask("SELECT count() FROM system.databases WHERE name = 'p'"), "1");
}

TEST(Start, PortInUseNamesTheKey) {
  const TemporaryFolder first_folder;
  auto first = Engine::start(options_in(first_folder.path()));
  ASSERT_TRUE(first.has_value()) << first.error().to_string();
  const TemporaryFolder folder;
  Engine::Options options = options_in(folder.path());
  options.http.port = (*first)->ingest_endpoint().port;
  auto second = Engine::start(options);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kPortInUse);
  EXPECT_NE(second.error().message.find("clickhouse.http"), std::string::npos) << second.error().message;
}

TEST(Start, EngineThatCannotStartIsADegradedStateAndHealsItself) {
  const TemporaryFolder folder;
  Engine::Options options = options_in(folder.path());
  std::filesystem::create_directories(options.data_folder);
  const std::string blocked = options.data_folder + "/store";  // a file where ClickHouse needs a folder
  {
    std::ofstream(blocked) << "in the way";
  }
  auto engine = Engine::start(options);
  ASSERT_TRUE(engine.has_value()) << engine.error().to_string();
  EXPECT_FALSE((*engine)->state().running);
  EXPECT_FALSE((*engine)->state().last_error.empty());
  std::filesystem::remove(blocked);
  EXPECT_TRUE(eventually([&] { return (*engine)->state().running; }));
  EXPECT_TRUE((*engine)->state().last_error.empty());
}

TEST(Start, TakesOverFromAFreshetThatWasKilled) {
  const TemporaryFolder folder;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t other = ::fork();
  if (other == 0) {
    auto engine = Engine::start(options_in(folder.path()));
    const char started = engine && (*engine)->state().running ? 'y' : 'n';
    [[maybe_unused]] const ssize_t n = ::write(ready[1], &started, 1);
    ::pause();
    ::_exit(0);
  }
  char started = 'n';
  ASSERT_EQ(::read(ready[0], &started, 1), 1);
  ASSERT_EQ(started, 'y');
  ASSERT_EQ(::kill(other, SIGKILL), 0);
  ::waitpid(other, nullptr, 0);
  auto engine = Engine::start(options_in(folder.path()));
  ASSERT_TRUE(engine.has_value()) << engine.error().to_string();
  EXPECT_TRUE((*engine)->state().running) << (*engine)->state().last_error;
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(Lifecycle, ChildHoldsNothingOpenButItsOwn) {
  // Made without close-on-exec, as listeners of some libraries are.
  int leaked[2];
  ASSERT_EQ(::pipe(leaked), 0);
  engine_->restart_with_repair("a test");
  ASSERT_TRUE(engine_->state().running);
  ::close(leaked[1]);
  char byte = 0;
  EXPECT_EQ(::read(leaked[0], &byte, 1), 0) << "the end of the pipe: nobody else has its writing end";
  ::close(leaked[0]);
}

TEST(Start, MissingProgramIsNamed) {
  const TemporaryFolder folder;
  Engine::Options options = options_in(folder.path());
  options.settings.program = "/nowhere/clickhouse";
  auto engine = Engine::start(options);
  ASSERT_FALSE(engine.has_value());
  EXPECT_EQ(engine.error().code, ErrorCode::kEngineMissing);
}

TEST_F(Lifecycle, FilesWithSecretsAreTheOwnersOnly) {
  for (const std::string name : {"/users.json", "/clickhouse/users.xml", "/clickhouse/config.xml"}) {
    struct stat info{};
    ASSERT_EQ(::stat((folder_.path() + name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << name;
  }
}

}  // namespace
}  // namespace freshet::engine
