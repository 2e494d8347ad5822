#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "log/log_manager.h"

namespace freshet::broker {

/// A topic as the core sees it. Stays readable after its deletion, for as long as it is held.
struct Topic {
  std::shared_ptr<const log::TopicInfo> info;
  std::vector<std::shared_ptr<log::PartitionLog>> partitions;

  /// Null outside of the topic's partitions.
  const std::shared_ptr<log::PartitionLog>* partition(int32_t index) const {
    return index >= 0 && static_cast<size_t>(index) < partitions.size() ? &partitions[static_cast<size_t>(index)]
                                                                        : nullptr;
  }
};

/// What topics there are, on the core's own thread and without locks: the log manager's list at start, kept up to date
/// by the core's own jobs. One thread at a time.
class Catalog {
 public:
  using Topics = std::map<std::string, std::shared_ptr<const Topic>, std::less<>>;

  void load(const log::LogManager& logs);
  std::shared_ptr<const Topic> add(const log::LogManager& logs, std::shared_ptr<const log::TopicInfo> info);
  /// A topic has grown, or has other settings.
  void update(const log::LogManager& logs, std::shared_ptr<const log::TopicInfo> info);
  void remove(const Uuid& id);

  /// Null where there is none.
  std::shared_ptr<const Topic> find(std::string_view name) const;
  std::shared_ptr<const Topic> find(const Uuid& id) const;
  const Topics& topics() const { return by_name_; }
  int64_t partition_count() const { return partition_count_; }

 private:
  Topics by_name_;
  std::map<Uuid, std::shared_ptr<const Topic>> by_id_;
  int64_t partition_count_ = 0;
};

/// Kafka's rule: 1 to 249 of [a-zA-Z0-9._-], not "." or "..". Empty, or a sentence that says what is wrong.
std::string topic_name_problem(std::string_view name);

}  // namespace freshet::broker
