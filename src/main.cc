#include <string_view>

#include "cli/program.h"
#include "engine/engine.h"

int main(int argc, char** argv) {
  // The engine's child is this program again, before anything of the command line is set up.
  if (argc > 1 && std::string_view(argv[1]) == "__engine") return freshet::engine::run_child(argc - 1, argv + 1);
  return freshet::cli::run(argc, argv);
}
