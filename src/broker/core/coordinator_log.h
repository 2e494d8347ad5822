#pragma once

#include <memory>
#include <string>
#include <vector>

#include "broker/core/catalog.h"
#include "broker/core/group_log.h"
#include "broker/core/job.h"

namespace freshet::broker {

/// The group coordinator's topic over the log's writer.
class CoordinatorLog final : public GroupLog {
 public:
  explicit CoordinatorLog(JobQueue& jobs) : jobs_(jobs) {}

  /// The topic must be there: from now on appends go to it.
  void attach(const Topic& topic);
  uint64_t size_bytes() const { return log_->size_bytes(); }
  const log::PartitionLog& log() const { return *log_; }

  void append(std::vector<GroupRecord> records, Done done) override;
  void replace_with(std::vector<std::vector<GroupRecord>> batches, Done done) override;

  /// The core's time, which records are stamped with and `done` is told.
  void set_now(const Now& now) { now_ = now; }

 private:
  void submit(std::vector<std::string> batches, std::function<void(bool durable, Offset first)> done);

  JobQueue& jobs_;
  Uuid topic_;
  std::shared_ptr<log::PartitionLog> log_;
  Now now_;
};

}  // namespace freshet::broker
