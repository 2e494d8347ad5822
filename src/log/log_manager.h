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

  virtual const std::string& folder() const = 0;
  /// For topics without settings of their own.
  virtual const LogOptions& options() const = 0;
  /// Written once, when the folder is made: what Kafka calls the cluster id (22 characters of base64).
  virtual const std::string& cluster_id() const = 0;
  virtual std::vector<std::shared_ptr<const TopicInfo>> topics() const = 0;  ///< sorted by name
  /// Null where there is none. What is returned stays as it is, also when the topic is deleted meanwhile.
  virtual std::shared_ptr<const TopicInfo> find(const std::string& name) const = 0;
  virtual std::shared_ptr<const TopicInfo> find(const Uuid& id) const = 0;
  /// Null where there is none.
  virtual std::shared_ptr<PartitionLog> partition(const Uuid& topic, PartitionId partition) const = 0;

  /// `id`: a new random one, so that a topic made again under an old name is another one. kTopicExists, kInvalidTopic.
  virtual Result<std::shared_ptr<const TopicInfo>> create(const std::string& name, const Uuid& id, int32_t partitions,
                                                          std::map<std::string, std::string> settings,
                                                          bool internal) = 0;
  /// More partitions, behind those that are there. kUnknownTopic; kInvalidTopic when they are not more, or too many.
  virtual Result<std::shared_ptr<const TopicInfo>> grow(const Uuid& id, int32_t partitions) = 0;
  /// These settings instead of those before; segment.bytes and segment.ms hold for the next segments. kUnknownTopic.
  virtual Result<std::shared_ptr<const TopicInfo>> configure(const Uuid& id,
                                                             std::map<std::string, std::string> settings) = 0;
  /// Renames the folders to `TOPIC-PARTITION.UUID-delete` and removes them; a crash in between is finished by open().
  virtual Result<void> remove(const std::string& name) = 0;

  /// Checkpoint of all partitions, and their recovery points in one file: call it every minute or so, while running.
  virtual Result<void> checkpoint() = 0;
  /// The same and close() of all partitions: the orderly stop.
  virtual Result<void> close() = 0;
};

}  // namespace freshet::log
