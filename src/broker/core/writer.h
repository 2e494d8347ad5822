#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "broker/core/job.h"

namespace freshet::broker {

/// The log's one writer, without its thread: run() each job of a batch, then finish() once, which syncs every partition
/// that was written and hands the jobs back. So one sync serves all producers that waited for it. One thread at a time.
class Writer {
 public:
  using Advanced = std::function<void(const Uuid& topic, PartitionId partition, Offset high_watermark)>;
  using GiveBack = std::function<void(std::vector<std::unique_ptr<Job>>)>;

  /// `advanced`: whenever a high watermark moved. `give_back`: jobs that are done, to be brought to the core's thread.
  Writer(log::LogManager& logs, bool sync, Advanced advanced, GiveBack give_back)
      : logs_(logs), sync_(sync), advanced_(std::move(advanced)), give_back_(std::move(give_back)) {}

  void run(std::unique_ptr<Job> job, int64_t now_ms);
  void finish();

 private:
  struct Written {
    Uuid topic;
    PartitionId partition;
    std::shared_ptr<log::PartitionLog> log;
    Offset high_watermark_before;
    /// With the log's cuts() right after the append: the part is gone once there are more. Looks into jobs_.
    std::vector<std::pair<AppendPart*, uint64_t>> parts;
  };
  Written& written_of(const AppendPart& part);
  void append(AppendPart& part, int64_t now_ms);

  log::LogManager& logs_;
  const bool sync_;
  const Advanced advanced_;
  const GiveBack give_back_;
  std::vector<std::unique_ptr<Job>> jobs_;
  std::vector<Written> written_;
};

}  // namespace freshet::broker
