#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/hash.h"
#include "log/partition_log.h"

/// All topics of one data folder: `data/log/TOPIC-PARTITION/`, and a file that names topics, their ids and settings.
namespace freshet::log {

struct TopicInfo {
  std::string name;
  Uuid id;
  int32_t partitions = 0;
  std::map<std::string, std::string> settings;  ///< Kafka's names, e.g. retention.ms, kept and shown
  bool internal = false;                        ///< __consumer_offsets
};

/// Creation and deletion: the writer thread. Lookups: any thread. A partition that was looked up stays readable after
/// its topic is deleted, for as long as the caller holds it.
class LogManager {
 public:
  static Result<std::unique_ptr<LogManager>> open(io::FileSystem& fs, std::string folder, const LogOptions& options,
                                                  std::vector<std::string>& warnings);
  virtual ~LogManager() = default;

  /// Written once, when the folder is made: what Kafka calls the cluster id (22 characters of base64).
  virtual const std::string& cluster_id() const = 0;
  virtual std::vector<TopicInfo> topics() const = 0;
  virtual const TopicInfo* find(const std::string& name) const = 0;  ///< valid until the topic is deleted
  virtual const TopicInfo* find(const Uuid& id) const = 0;
  virtual std::shared_ptr<PartitionLog> partition(const Uuid& topic, PartitionId partition) const = 0;

  virtual Result<TopicInfo> create(const std::string& name, const Uuid& id, int32_t partitions,
                                   std::map<std::string, std::string> settings, bool internal) = 0;
  virtual Result<void> remove(const std::string& name) = 0;
};

}  // namespace freshet::log
