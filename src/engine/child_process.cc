#include "engine/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstring>

#include "base/strings.h"
#include "engine/files.h"

namespace freshet::engine {
namespace {

using Clock = std::chrono::steady_clock;

struct ChildSide {
  const char* program;
  char* const* arguments;
  int input;
  int log;
  int inherited;
};

constexpr int kInheritedFd = 3;
constexpr int kMostFds = 65'536;  // where the kernel is too old for close_range

/// Closes everything but the standard files and `inherited`: a child that kept the parent's listeners and connections
/// open would hold ports and clients after the parent was killed.
bool keep_only(int inherited) {
  int first = kInheritedFd;
  if (inherited >= 0) {
    if (inherited != kInheritedFd && dup2(inherited, kInheritedFd) < 0) return false;
    if (fcntl(kInheritedFd, F_SETFD, 0) != 0) return false;
    ++first;
  }
  if (syscall(SYS_close_range, first, ~0U, 0) != 0) {
    for (int fd = first; fd < kMostFds; ++fd) close(fd);
  }
  return true;
}

/// After fork: only calls that are safe there.
[[noreturn]] void become(const ChildSide& side) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  setpgid(0, 0);  // a Ctrl-C in the terminal is for the parent, which then ends the child in order
  const bool ready = dup2(side.input, STDIN_FILENO) >= 0 && dup2(side.log, STDOUT_FILENO) >= 0 &&
                     dup2(side.log, STDERR_FILENO) >= 0 && keep_only(side.inherited);
  if (ready) execv(side.program, side.arguments);
  _exit(127);
}

std::string describe(int status) {
  if (WIFSIGNALED(status)) return fmt::format("signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
  return fmt::format("exit status {}", WEXITSTATUS(status));
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const Start& start) {
  std::vector<char*> arguments{const_cast<char*>(start.program.c_str())};
  for (const std::string& argument : start.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);

  int pipe_fds[2];
  if (::pipe2(pipe_fds, O_CLOEXEC) != 0) return std::unexpected(file_error("make a pipe for", start.program, errno));
  const int log = ::open(start.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0) {
    const int error = errno;
    ::close(pipe_fds[0]);
    ::close(pipe_fds[1]);
    return std::unexpected(file_error("open", start.log_file, error));
  }
  const ChildSide side{start.program.c_str(), arguments.data(), pipe_fds[0], log, start.inherited_fd};
  const pid_t pid = ::fork();
  if (pid == 0) become(side);
  const int error = errno;
  ::close(pipe_fds[0]);
  ::close(log);
  if (pid < 0) {
    ::close(pipe_fds[1]);
    return std::unexpected(file_error("start", start.program, error));
  }
  ChildProcess child;
  child.pid_ = pid;
  child.input_ = pipe_fds[1];
  child.pid_fd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pid_fd_(std::exchange(other.pid_fd_, -1)),
      input_(std::exchange(other.input_, -1)),
      ended_(other.ended_),
      status_(other.status_) {}

ChildProcess::~ChildProcess() {
  if (pid_ > 0 && !ended_) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, &status_, 0);
  }
  close_input();
  if (pid_fd_ >= 0) ::close(pid_fd_);
}

std::optional<std::string> ChildProcess::wait(int timeout_ms, int wake_fd) {
  const auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
  while (!ended_) {
    if (::waitpid(pid_, &status_, WNOHANG) == pid_) {
      ended_ = true;
      break;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return std::nullopt;
    std::array<pollfd, 2> fds{pollfd{pid_fd_, POLLIN, 0}, pollfd{wake_fd, POLLIN, 0}};
    // Without a pidfd (an old kernel) look ten times a second.
    const int64_t slice = pid_fd_ >= 0 ? left : std::min<int64_t>(left, 100);
    ::poll(fds.data(), fds.size(), static_cast<int>(std::min<int64_t>(slice, 3'600'000)));
    if (fds[1].revents != 0) {
      if (::waitpid(pid_, &status_, WNOHANG) == pid_) ended_ = true;
      if (!ended_) return std::nullopt;
    }
  }
  return describe(status_);
}

void ChildProcess::close_input() {
  if (input_ >= 0) ::close(input_);
  input_ = -1;
}

void ChildProcess::signal(int number) {
  if (!ended_) ::kill(pid_, number);
}

uint64_t process_start_ticks(int pid) {
  const auto stat = read_whole_file(fmt::format("/proc/{}/stat", pid));
  if (!stat) return 0;
  // The name in parentheses may hold anything; field 22 is the 20th after it (proc(5)).
  const size_t name_end = stat->rfind(')');
  if (name_end == std::string::npos || name_end + 2 > stat->size()) return 0;
  const auto fields = split(std::string_view(*stat).substr(name_end + 2), ' ');
  uint64_t ticks = 0;
  if (fields.size() > 19 && fields[0] != "Z" && fields[0] != "X") {
    std::from_chars(fields[19].data(), fields[19].data() + fields[19].size(), ticks);
  }
  return ticks;
}

std::string process_command_line(int pid) {
  auto line = read_whole_file(fmt::format("/proc/{}/cmdline", pid));
  if (!line) return {};
  std::replace(line->begin(), line->end(), '\0', ' ');
  return std::move(*line);
}

}  // namespace freshet::engine
