#pragma once

#include <string>

#include "app/pipeline.h"
#include "app/storage_figures.h"
#include "http/server.h"
#include "io/worker.h"

namespace freshet::app {

/// Looks at log, tables and disk as they are now; may wait for ClickHouse for some seconds. Without an answer the log's
/// and the disk's figures stand alone, and clickhouse_problem says why. Any thread; between the pipeline's open() and
/// stop().
StorageUse measure_storage(const Pipeline& pipeline, int64_t now_ms);
/// What /api/storage answers; the fields are listed in docs/http-api.md.
std::string storage_json(const StorageUse& use);

/// GET /api/storage, on a thread of its own: the web listener waits for nobody.
class StorageApi {
 public:
  StorageApi(const Pipeline& pipeline, const Clock& clock) : pipeline_(pipeline), clock_(clock) {}
  /// Before the server starts; the server must not outlive this object.
  void add_route(http::Server& server);
  /// Waits for what is under way; the pipeline may be stopped then. After the server has stopped.
  void stop() { worker_.stop(); }

 private:
  const Pipeline& pipeline_;
  const Clock& clock_;
  io::Worker worker_{"storage-api", 4};
};

}  // namespace freshet::app
