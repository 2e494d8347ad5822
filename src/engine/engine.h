#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "clickhouse/client.h"
#include "project/project.h"

/// ClickHouse as a child process, held by the stdin pipe of its start-up query.
namespace freshet::engine {

/// The version that Freshet's contract tests ran against; another one is refused unless allow_untested.
inline constexpr const char* kTestedVersion = "26.7.2.1";

struct EngineState {
  bool running = false;
  int pid = 0;
  uint64_t run = 0;        ///< raised at every start of the child: "without a break" means the same number
  std::string version;     ///< SELECT version()
  std::string last_error;  ///< why it is not running, for `status`
  bool repaired = true;    ///< the current run began with a clean stop or with the token repair
};

/// Starts the child, watches it, repairs token logs and starts it again with back-off when it ends. Thread-safe.
/// The destructor stops it in order (closes the pipe, waits, then kills).
class Engine {
 public:
  struct Options {
    std::string data_folder;  ///< data/clickhouse
    std::string users_file;   ///< data/users.json
    project::Address http;    ///< port 0: any free one, chosen at start
    project::Address tcp;
    project::EngineSettings settings;
    project::Durability durability = project::Durability::kPower;
    std::string project_name;
  };
  static Result<std::unique_ptr<Engine>> start(const Options& options);
  virtual ~Engine() = default;

  virtual EngineState state() const = 0;
  virtual clickhouse::Endpoint ingest_endpoint() const = 0;
  virtual clickhouse::Endpoint query_endpoint() const = 0;
  virtual uint16_t tcp_port() const = 0;
  /// Ends the child, repairs its token logs, starts it again; after an answer that leaves a batch in doubt.
  virtual void restart_with_repair(const std::string& reason) = 0;
  /// Orderly: no restart follows.
  virtual void stop() = 0;
};

/// The child's side: `freshet __engine …` hands its arguments to libchdb's clickhouse-local. Does not return on success.
int run_child(int argc, char** argv);

}  // namespace freshet::engine
