#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

/// The engine's process, as its parent sees it. One thread uses an object.
namespace freshet::engine {

class ChildProcess {
 public:
  struct Start {
    std::string program;
    std::vector<std::string> arguments;  ///< without argv[0]
    std::string log_file;                ///< its stderr and stdout, appended
    int inherited_fd = -1;               ///< kept open in the child, as the only one besides the standard files
  };
  /// The child's stdin is a pipe that only this object holds: when it is closed, or this process dies, the child ends.
  static Result<ChildProcess> start(const Start& start);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();  ///< kills what still runs

  int pid() const { return pid_; }
  /// "exit status 3" or "signal 9 (Killed)" once it has ended, waiting up to `timeout_ms`; `wake_fd` (or -1) readable
  /// ends the wait early.
  std::optional<std::string> wait(int timeout_ms, int wake_fd = -1);
  bool ended_well() const { return ended_ && status_ == 0; }
  /// Asks it to end by closing its input.
  void close_input();
  void signal(int number);

 private:
  ChildProcess() = default;
  int pid_ = -1;
  int pid_fd_ = -1;
  int input_ = -1;
  bool ended_ = false;
  int status_ = 0;
};

/// Since when a process runs, in the kernel's ticks since boot: with it a pid names one process only. 0: no such
/// process.
uint64_t process_start_ticks(int pid);
/// Its command line, arguments separated by spaces; empty when there is none.
std::string process_command_line(int pid);

}  // namespace freshet::engine
