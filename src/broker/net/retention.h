#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "base/ids.h"
#include "log/log_manager.h"

namespace freshet::broker {

/// How full the log is.
struct LogUse {
  int64_t bytes = 0;
  int64_t max_bytes = -1;    ///< log.max_bytes; -1: no limit
  int64_t kept_bytes = 0;    ///< what cannot be removed yet: not ingested, or in segments that are being written
  double bytes_per_s = 0;    ///< at which it grows, over about the last minute
  int64_t holds_for_s = -1;  ///< until max_bytes is reached at that rate, with nothing ingested; -1: not in sight
};

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
  /// What set_keep_from() says; without it, nothing is kept.
  Offset keep_from(const std::string& topic, PartitionId partition) const;
  /// Applies time and size. Returns why producers must be refused now; empty: they need not.
  std::string run(const log::LogManager& logs, int64_t now_ms);
  uint64_t dropped_bytes() const;
  LogUse use() const;  ///< as of the last run

 private:
  struct Partition {
    std::string name;  ///< "events-0"
    std::shared_ptr<log::PartitionLog> log;
    Offset keep_from;
    int64_t retention_ms = -1;
    int64_t retention_bytes = -1;
  };
  std::vector<Partition> partitions(const log::LogManager& logs) const;
  std::string apply(const log::LogManager& logs, std::vector<Partition>& all, int64_t now_ms);
  /// Removes from the largest partitions first until `excess` bytes are gone; returns what is left of it.
  int64_t free_excess(std::vector<Partition>& partitions, int64_t excess, int64_t now_ms, bool even_if_kept);

  void note_use(const std::vector<Partition>& partitions, int64_t total_bytes);
  /// To be told the log's size before anything is removed.
  void note_growth(int64_t total_bytes, int64_t now_ms);

  const Options options_;
  int64_t last_bytes_ = -1;  ///< after the last run; this and the next three: the writer's thread
  int64_t last_ms_ = 0;
  double grown_bytes_ = 0;  ///< of about the last minute, the older the less
  double grown_s_ = 0;
  mutable std::mutex mutex_;
  KeepFrom keep_from_;          ///< guarded by mutex_
  uint64_t dropped_bytes_ = 0;  ///< guarded by mutex_
  LogUse use_;                  ///< guarded by mutex_
};

}  // namespace freshet::broker
