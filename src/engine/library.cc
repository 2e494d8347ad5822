#include "engine/library.h"

#include <unistd.h>

#include <filesystem>

#include "base/strings.h"

namespace freshet::engine {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLibrary = "libchdb.so";
constexpr const char* kPackage = "node_modules/@chdb/lib-linux-x64-gnu";
constexpr int kParents = 4;  // build/freshet, build/PRESET/tests/x_test

bool is_file(const fs::path& path) {
  std::error_code code;
  return fs::is_regular_file(path, code);
}

}  // namespace

Result<EngineProgram> find_engine(const std::string& configured, const std::string& executable,
                                  const std::string& search_path) {
  if (!configured.empty()) {
    if (!is_file(configured)) {
      return fail(ErrorCode::kEngineMissing, "engine.program in freshet.yaml names {}, which does not exist",
                  configured);
    }
    if (configured.ends_with(".so")) return EngineProgram{configured, {}};
    if (::access(configured.c_str(), X_OK) != 0) {
      return fail(ErrorCode::kEngineMissing, "engine.program in freshet.yaml names {}, which cannot be executed",
                  configured);
    }
    return EngineProgram{{}, configured};
  }
  const fs::path folder = fs::path(executable).parent_path();
  if (is_file(folder / kLibrary)) return EngineProgram{(folder / kLibrary).string(), {}};
  fs::path parent = folder;
  for (int i = 0; i < kParents && parent.has_relative_path(); ++i, parent = parent.parent_path()) {
    const fs::path candidate = parent / kPackage / kLibrary;
    if (is_file(candidate)) return EngineProgram{candidate.string(), {}};
  }
  const fs::path installed = fs::path("/usr/lib/freshet") / kLibrary;
  if (is_file(installed)) return EngineProgram{installed.string(), {}};
  for (const std::string_view entry : split(search_path, ':')) {
    const fs::path candidate = fs::path(entry) / "clickhouse";
    if (!entry.empty() && is_file(candidate) && ::access(candidate.c_str(), X_OK) == 0) {
      return EngineProgram{{}, candidate.string()};
    }
  }
  return fail(
      ErrorCode::kEngineMissing,
      "no ClickHouse engine was found: neither {0} in {1}, in {2} near it or in /usr/lib/freshet, nor a `clickhouse` "
      "program on PATH; install it with ./quickstart, or name one as engine.program in freshet.yaml",
      kLibrary, folder.string(), kPackage);
}

std::string own_executable() {
  std::error_code code;
  return fs::read_symlink("/proc/self/exe", code).string();
}

}  // namespace freshet::engine
