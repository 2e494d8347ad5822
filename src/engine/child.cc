#include <dlfcn.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>

#include "engine/engine.h"
#include "engine/sandbox.h"

namespace freshet::engine {
namespace {

constexpr unsigned kPatienceSeconds = 40;  // longer than the parent's own

/// The belt: once the input is closed the engine ends by itself; should it hang, nobody else may be there to end it.
void end_when_abandoned() {
  pollfd input{STDIN_FILENO, 0, 0};  // POLLHUP only: the bytes are the start-up query's
  while (::poll(&input, 1, -1) < 0 || (input.revents & (POLLHUP | POLLERR)) == 0) {
  }
  ::sleep(kPatienceSeconds);
  ::kill(::getpid(), SIGKILL);
}

/// The folder of `--path=FOLDER`; empty without one.
std::string data_folder(int argc, char** argv) {
  constexpr std::string_view kPath = "--path=";
  for (int i = 2; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with(kPath)) return std::string(argument.substr(kPath.size()));
  }
  return {};
}

/// False when the engine must not start: the kernel could keep it to its folder, and did not.
bool keep_to_data_folder(const std::string& folder, const char* program) {
  const auto restricted = restrict_files(folder, program);
  if (!restricted) {
    std::fprintf(stderr, "%s\n", restricted.error().message.c_str());
    return false;
  }
  if (!*restricted) {
    std::fputs(
        "warning: this kernel has no Landlock (Linux 5.19 and later, when it is enabled): whoever may query ClickHouse "
        "can read files of this user by file()\n",
        stderr);
  }
  return true;
}

}  // namespace

int run_child(int argc, char** argv) {
  const std::string folder = data_folder(argc, argv);
  if (argc < 2 || folder.empty()) {
    std::fputs("usage: __engine LIBRARY|PROGRAM [ARGUMENT…] --path=FOLDER: used by freshet itself\n", stderr);
    return 2;
  }
  if (!keep_to_data_folder(folder, argv[1])) return 3;
  if (!std::string_view(argv[1]).ends_with(".so")) {
    ::execv(argv[1], argv + 1);
    std::fprintf(stderr, "cannot start %s: %s\n", argv[1], std::strerror(errno));
    return 3;
  }
  void* library = ::dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    std::fprintf(stderr, "cannot load the ClickHouse engine: %s\n", ::dlerror());
    return 3;
  }
  using CommandLine = void* (*)(int, char**);
  auto command_line = reinterpret_cast<CommandLine>(::dlsym(library, "chdb_query_cmdline"));
  if (command_line == nullptr) {
    std::fprintf(stderr, "%s is not libchdb: it has no chdb_query_cmdline\n", argv[1]);
    return 3;
  }
  std::thread(end_when_abandoned).detach();
  // Its answer says nothing that the parent needs; an error was printed.
  command_line(argc - 1, argv + 1);
  std::fflush(nullptr);
  ::_exit(0);
}

}  // namespace freshet::engine
