#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/child_process.h"
#include "engine/data_lock.h"
#include "engine/engine.h"
#include "engine/library.h"
#include "engine/users.h"

/// What is fixed for an engine's life, and one start of its child. Used by the watcher's thread only.
namespace freshet::engine {

struct Plan {
  Engine::Options options;  ///< with ports that are chosen
  EngineProgram program;
  std::string executable;  ///< plays the child (`__engine`)
  Users users;
  int64_t memory_bytes = 0;

  std::string log_file() const { return options.data_folder + "/engine.log"; }
  clickhouse::Endpoint endpoint(const char* user) const;
};

/// Checks what can be known without starting: folder, program, users, ports. kPortInUse names the key of freshet.yaml.
Result<Plan> make_plan(const Engine::Options& options);
/// kPortInUse, naming `key`, when the address cannot be listened on; a port 0 is replaced by a free one.
Result<void> check_port(project::Address& address, const char* key);

/// Starts the child and waits until it answers; `cancelled()` ends the wait with kCancelled. Fills `version`.
Result<ChildProcess> launch(const Plan& plan, const DataLock& lock, const std::function<bool()>& cancelled,
                            std::string& version);
/// In order: closes its input, waits, then SIGTERM, then SIGKILL. True when it ended by itself and well.
bool end_child(ChildProcess& child, int patience_ms);
/// The last lines of the engine's log, for an error's sentence.
std::string log_tail(const std::string& log_file);

}  // namespace freshet::engine
