// Plays the engine's child in tests: what `freshet __engine …` does, and nothing else.
#include <cstdio>
#include <string_view>

#include "engine/engine.h"

int main(int argc, char** argv) {
  if (argc < 2 || std::string_view(argv[1]) != "__engine") {
    std::fputs("usage: engine_child __engine LIBRARY ARGUMENT...\n", stderr);
    return 2;
  }
  return freshet::engine::run_child(argc - 1, argv + 1);
}
