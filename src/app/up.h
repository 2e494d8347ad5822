#pragma once

#include <functional>
#include <string>

namespace freshet::app {

struct UpOptions {
  std::string folder = ".";  ///< of the project
  bool free_ports = false;   ///< --ports free: any free port for every listener
  std::string ready_file;    ///< --ready-file: written once everything answers; empty: none
  /// Whether `freshet produce TOPIC --generate` has a story for a topic: then the start says so.
  std::function<bool(const std::string& topic)> has_story = [](const std::string&) { return false; };
};

/// `freshet up`: runs the project in the foreground until SIGINT or SIGTERM. Prints its errors; returns the exit code.
int run_up(const UpOptions& options);

}  // namespace freshet::app
