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
  /// Every run begins with its token logs checked and repaired. Raised for ever when one could not be read whole: what
  /// was unreadable was put aside, and no token that was given under a smaller number may be trusted.
  uint64_t token_losses = 0;
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
    std::function<bool()> cancelled;  ///< asked while start() waits; empty: never
    std::string executable;           ///< runs run_child() for `__engine …`; empty: the running program itself
  };
  /// Waits for the first start. Errors: kCancelled, kEngineMissing, kEngineVersion, kAlreadyRunning, kPortInUse, and
  /// what the data folder or users file refuses. An engine that is there but does not come up is no error here: state()
  /// says why, and it is started again and again.
  static Result<std::unique_ptr<Engine>> start(const Options& options);
  virtual ~Engine() = default;

  virtual EngineState state() const = 0;
  virtual clickhouse::Endpoint ingest_endpoint() const = 0;
  virtual clickhouse::Endpoint query_endpoint() const = 0;
  /// For databases fr_scratch_* only: statements of users are tried out as this user.
  virtual clickhouse::Endpoint scratch_endpoint() const = 0;
  virtual uint16_t tcp_port() const = 0;
  /// Ends the child, repairs its token logs, starts it again; after an answer that leaves a batch in doubt. Returns
  /// when the old child is gone and a new one answers, or its first start has failed (state() says which). Calls of
  /// several threads at once are one restart.
  virtual void restart_with_repair(const std::string& reason) = 0;
  /// Orderly: no restart follows.
  virtual void stop() = 0;
};

/// The child's side: for `freshet __engine LIBRARY|PROGRAM ARGUMENT…`, called with argc - 1 and argv + 1 (argv[0] is
/// "__engine"): keeps this process to the data folder (sandbox.h), then hands the arguments to libchdb's
/// clickhouse-local, or becomes the program. Returns only when it cannot start.
int run_child(int argc, char** argv);

}  // namespace freshet::engine
