#pragma once

#include <string>

namespace freshet::app {

struct UpOptions {
  std::string folder = ".";  ///< of the project
  bool free_ports = false;   ///< --ports free: any free port for every listener
  std::string ready_file;    ///< --ready-file: written once everything answers; empty: none
};

/// `freshet up`: runs the project in the foreground until SIGINT or SIGTERM. Prints its errors; returns the exit code.
int run_up(const UpOptions& options);

}  // namespace freshet::app
