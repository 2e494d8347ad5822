/// chdb_local LIBCHDB [clickhouse-local's options]: the engine as a program, for tests.
#include <dlfcn.h>
#include <unistd.h>

#include <cstdio>

int main(int argc, char** argv) {
  if (argc < 2) return 1;
  void* library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    std::fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  const auto run = reinterpret_cast<void* (*)(int, char**)>(dlsym(library, "chdb_query_cmdline"));
  const auto buffer = reinterpret_cast<const char* (*)(void*)>(dlsym(library, "chdb_result_buffer"));
  const auto length = reinterpret_cast<size_t (*)(void*)>(dlsym(library, "chdb_result_length"));
  const auto error = reinterpret_cast<const char* (*)(void*)>(dlsym(library, "chdb_result_error"));
  if (!run || !buffer || !length || !error) return 1;
  void* result = run(argc - 1, argv + 1);
  if (!result) return 1;
  const char* message = error(result);
  if (message) {
    std::fprintf(stderr, "%s\n", message);
  } else {
    std::fwrite(buffer(result), 1, length(result), stdout);
  }
  std::fflush(nullptr);
  _exit(message ? 1 : 0);  // its threads do not end in order
}
