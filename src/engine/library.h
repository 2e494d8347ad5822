#pragma once

#include <string>
#include <vector>

#include "base/error.h"

/// Where the engine is.
namespace freshet::engine {

struct EngineProgram {
  std::string library;  ///< libchdb.so; or else
  std::string program;  ///< a `clickhouse` program, started as `clickhouse local`
  const std::string& path() const { return library.empty() ? program : library; }
};

/// `configured` (engine.program in freshet.yaml: a clickhouse program, or a libchdb.so) must exist when it is given.
/// Otherwise libchdb.so beside `executable`; in node_modules/@chdb/lib-linux-x64-gnu of its folder's parents; in
/// /usr/lib/freshet; then `clickhouse` in one of the folders of `search_path` (PATH). kEngineMissing says where it was
/// looked for.
Result<EngineProgram> find_engine(const std::string& configured, const std::string& executable,
                                  const std::string& search_path);

/// The path of the running program.
std::string own_executable();

}  // namespace freshet::engine
