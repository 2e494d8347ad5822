#include "cli/stop_signal.h"

#include <signal.h>

namespace freshet::cli {
namespace {

volatile sig_atomic_t came = 0;

void on_signal(int) { came = came + 1; }

}  // namespace

void watch_stop_signals() {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

int stop_signals() { return came; }

}  // namespace freshet::cli
