#pragma once

#include <memory>
#include <string>
#include <vector>

#include "broker/net/broker.h"
#include "ingest/source.h"
#include "log/log_manager.h"

namespace freshet::app {

/// The embedded log and broker as a lane's Source. Holds one incarnation of the topic: when that is deleted, what was
/// in it can still be read until the last holder lets go.
class LogSource final : public ingest::Source {
 public:
  /// Null while the topic does not exist. `broker` and `logs` outlive the source.
  static std::unique_ptr<LogSource> open(broker::Broker& broker, log::LogManager& logs, const std::string& topic,
                                         const std::string& group);

  const Uuid& topic_id() const override { return topic_->id; }
  int32_t partition_count() const override { return static_cast<int32_t>(partitions_.size()); }
  ingest::Bounds bounds(PartitionId partition) const override;
  Result<ingest::Fetched> read(PartitionId partition, Offset from, size_t max_bytes) const override;
  int64_t appended_at_ms(PartitionId partition, Offset offset) const override;
  Result<void> commit(std::span<const ingest::Commit> commits) override;
  Result<std::vector<ingest::Commit>> committed() override;

 private:
  LogSource(broker::Broker& broker, std::shared_ptr<const log::TopicInfo> topic, std::string group)
      : broker_(broker), topic_(std::move(topic)), group_(std::move(group)) {}
  const log::PartitionLog& at(PartitionId partition) const {
    return *partitions_[static_cast<size_t>(partition.value)];
  }

  broker::Broker& broker_;
  const std::shared_ptr<const log::TopicInfo> topic_;
  const std::string group_;
  std::vector<std::shared_ptr<log::PartitionLog>> partitions_;
};

}  // namespace freshet::app
