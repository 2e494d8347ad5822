#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

#include "base/ids.h"
#include "log/log_manager.h"

namespace freshet::broker {

/// What may be removed from the log, and what must be refused when nothing may. run(): the writer's thread; the rest:
/// any.
class Retention {
 public:
  struct Options {
    int64_t retention_ms = -1;
    int64_t max_bytes = -1;  ///< of all topics together
    bool overrun_drops = false;
  };
  using KeepFrom = std::function<Offset(const std::string& topic, PartitionId partition)>;

  explicit Retention(const Options& options) : options_(options) {}

  void set_keep_from(KeepFrom keep_from);
  /// Applies time and size. Returns why producers must be refused now; empty: they need not.
  std::string run(const log::LogManager& logs, int64_t now_ms);
  uint64_t dropped_bytes() const;

 private:
  struct Partition {
    std::string name;  ///< "events-0"
    std::shared_ptr<log::PartitionLog> log;
    Offset keep_from;
    int64_t retention_ms = -1;
    int64_t retention_bytes = -1;
  };
  std::vector<Partition> partitions(const log::LogManager& logs) const;
  /// Removes from the largest partitions first until `excess` bytes are gone; returns what is left of it.
  int64_t free_excess(std::vector<Partition>& partitions, int64_t excess, int64_t now_ms, bool even_if_kept);

  const Options options_;
  mutable std::mutex mutex_;
  KeepFrom keep_from_;          ///< guarded by mutex_
  uint64_t dropped_bytes_ = 0;  ///< guarded by mutex_
};

}  // namespace freshet::broker
