#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <memory>
#include <string>

#include "clickhouse/client.h"

/// ClickHouse for the tests of this layer: libchdb in a child of the test program, in a temporary folder, on free
/// ports.
namespace freshet::views {

class TestEngine {
 public:
  /// Null when libchdb is not there: FRESHET_LIBCHDB names it, else it is looked for in node_modules/ of the source
  /// tree.
  static std::unique_ptr<TestEngine> start();
  ~TestEngine();

  /// May do anything in databases whose names begin with `t`, and in scratch databases.
  clickhouse::Endpoint ingest() const { return {"127.0.0.1", port_, "freshet_ingest", ""}; }
  /// May do anything in scratch databases, and nothing else.
  clickhouse::Endpoint scratch() const { return {"127.0.0.1", port_, "freshet_scratch", ""}; }
  clickhouse::Endpoint query() const { return {"127.0.0.1", port_, "freshet_query", ""}; }

 private:
  TestEngine() = default;
  std::string folder_;
  uint16_t port_ = 0;
  pid_t child_ = -1;
  int hold_ = -1;  ///< the child ends when this pipe is closed
};

}  // namespace freshet::views
