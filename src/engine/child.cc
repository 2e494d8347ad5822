#include <dlfcn.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <thread>

#include "engine/engine.h"

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

}  // namespace

int run_child(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: __engine LIBRARY [ARGUMENT…]: used by freshet itself\n", stderr);
    return 2;
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
