#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "log/log_manager.h"
#include "log/partition_log.h"

namespace freshet::broker {

/// One partition's batch of a job.
struct AppendPart {
  Uuid topic;
  PartitionId partition;
  std::shared_ptr<log::PartitionLog> log;
  std::span<char> batches;         ///< looks into Job::keep; the writer sets offsets in place
  bool checked_sequences = true;   ///< a client's batch: PartitionLog::produce(); else batches of our own: append()
  bool log_append_time = false;    ///< message.timestamp.type of the topic: the writer sets the records' time
  Result<log::Produced> result{};  ///< set by the writer: an error also when the sync after it failed
  int64_t appended_ms = 0;         ///< the writer's wall clock
};

/// What the log's one writer has to do: appends, or any other work on the log. Made by the core on its thread, run on
/// the writer's, and given back to the core's thread through done() once it is as durable as the log promises.
struct Job {
  std::vector<AppendPart> appends;
  std::shared_ptr<const void> keep;  ///< keeps the bytes of `appends` in place
  /// Runs on the writer's thread after the appends; what it captures must not belong to the core.
  std::function<void(log::LogManager&)> work;
  /// Runs on the core's thread.
  std::function<void(Job&)> done;
};

/// Where the core's jobs go: a thread with a queue, or in tests and simulations a loop. Jobs finish in their order.
class JobQueue {
 public:
  virtual ~JobQueue() = default;
  /// False: the queue is full or stopping; the job will not run.
  virtual bool submit(std::unique_ptr<Job> job) = 0;
};

}  // namespace freshet::broker
