#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "clickhouse/client.h"
#include "engine/engine.h"

/// What the tests against a real engine share: a temporary folder, an engine on free ports, statements in short.
namespace freshet::engine {

/// A folder of its own that is gone at the end of the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "freshet_engine_XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline Engine::Options options_in(const std::string& folder) {
  Engine::Options options;
  options.data_folder = folder + "/clickhouse";
  options.users_file = folder + "/users.json";
  options.http = {"127.0.0.1", 0};
  options.tcp = {"127.0.0.1", 0};
  options.project_name = "p";
  options.executable = FRESHET_ENGINE_CHILD;
  return options;
}

/// Waits until `condition` holds; false after `timeout`.
template <class Condition>
bool eventually(Condition condition, std::chrono::seconds timeout = std::chrono::seconds(20)) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

/// An engine in a folder of its own, and a client of its ingest user.
class EngineTest : public ::testing::Test {
 protected:
  void SetUp() override { start(); }

  void start() {
    auto started = Engine::start(options_in(folder_.path()));
    ASSERT_TRUE(started.has_value()) << started.error().to_string();
    engine_ = std::move(*started);
    ASSERT_TRUE(engine_->state().running) << engine_->state().last_error;
  }
  clickhouse::Client client() const { return clickhouse::Client(engine_->ingest_endpoint()); }

  /// The first column of the first row, or the error.
  std::string ask(const std::string& sql) const {
    auto rows = client().rows(sql);
    if (!rows) return rows.error().message;
    return rows->empty() || (*rows)[0].empty() ? "" : (*rows)[0][0];
  }
  void must(const std::string& sql) const {
    const auto answer = client().execute(sql);
    ASSERT_TRUE(answer.has_value()) << sql << "\n" << answer.error().message;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace freshet::engine
