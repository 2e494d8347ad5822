#include "engine/data_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <sstream>
#include <thread>

#include "base/log_line.h"
#include "engine/child_process.h"
#include "engine/files.h"

namespace freshet::engine {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kRetry{20};
constexpr std::chrono::milliseconds kAfterKill{5'000};

/// A process that a LOCK file names: pid and start, so that a pid given anew is not taken for it.
struct Holder {
  int pid = 0;
  uint64_t start_ticks = 0;
  bool alive() const { return pid > 0 && start_ticks != 0 && process_start_ticks(pid) == start_ticks; }
};
struct Holders {
  Holder parent;
  Holder child;
};

Holders read_holders(const std::string& path) {
  Holders holders;
  const auto text = read_whole_file(path);
  std::istringstream in(text ? *text : std::string());
  std::string word;
  while (in >> word) {
    Holder* holder = word == "freshet" ? &holders.parent : word == "engine" ? &holders.child : nullptr;
    if (holder == nullptr) break;
    in >> holder->pid >> holder->start_ticks;
  }
  return holders;
}

bool lock_before(int fd, Clock::time_point deadline, const std::function<bool()>& cancelled) {
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (Clock::now() >= deadline || (cancelled && cancelled())) return false;
    std::this_thread::sleep_for(kRetry);
  }
  return true;
}

std::unexpected<Error> in_use(const std::string& folder, const Holders& holders) {
  return fail(ErrorCode::kAlreadyRunning,
              "{} is in use by the Freshet of process {}; stop it first (one Freshet a data folder)", folder,
              holders.parent.pid);
}

}  // namespace

Result<std::unique_ptr<DataLock>> DataLock::acquire(const std::string& folder, int patience_ms, bool* took_over,
                                                    const std::function<bool()>& cancelled) {
  const std::string path = folder + "/LOCK";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return std::unexpected(file_error("open", path, errno));
  std::unique_ptr<DataLock> lock(new DataLock(path, fd));
  *took_over = false;
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno != EWOULDBLOCK) return std::unexpected(file_error("lock", path, errno));

  *took_over = true;
  const Holders holders = read_holders(path);
  if (holders.parent.alive()) return in_use(folder, holders);
  if (lock_before(fd, Clock::now() + std::chrono::milliseconds(patience_ms), cancelled)) return lock;
  if (cancelled && cancelled()) return fail(ErrorCode::kCancelled, "stopped while the engine of an earlier run ended");
  const bool ours = holders.child.alive() &&
                    process_command_line(holders.child.pid).find("--path=" + folder + " ") != std::string::npos;
  if (!ours) return in_use(folder, read_holders(path));
  log_warn("engine", "killing the engine of an earlier run (process {}), which did not end within {} ms",
           holders.child.pid, patience_ms);
  ::kill(holders.child.pid, SIGKILL);
  if (lock_before(fd, Clock::now() + kAfterKill, {})) return lock;
  return in_use(folder, holders);
}

DataLock::~DataLock() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> DataLock::note_child(int child_pid) {
  const int self = ::getpid();
  std::string text = fmt::format("freshet {} {}\n", self, process_start_ticks(self));
  if (child_pid > 0) text += fmt::format("engine {} {}\n", child_pid, process_start_ticks(child_pid));
  // In place: a new file would be another lock.
  if (::ftruncate(fd_, 0) != 0 || ::pwrite(fd_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return std::unexpected(file_error("write", path_, errno));
  }
  return {};
}

}  // namespace freshet::engine
