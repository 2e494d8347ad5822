#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "base/ids.h"
#include "io/file_system.h"
#include "log/log_manager.h"

/// The two small files beside the partitions' folders. Both are JSON and are replaced whole.
namespace freshet::log {

/// `topics.json`: `{"version": 1, "cluster_id": "…", "topics": [{"name", "id", "partitions", "settings", "internal"}]}`
struct TopicRegistry {
  std::string cluster_id;
  std::map<std::string, std::shared_ptr<const TopicInfo>> topics;  ///< by name

  /// kNotFound for a new folder, kCorrupt, kDataVersion.
  static Result<TopicRegistry> load(io::FileSystem& fs, const std::string& folder);
  Result<void> save(io::FileSystem& fs, const std::string& folder) const;
};

/// `recovery-points.json`: up to where each partition was known to be safe on the disk, by topic id, so that a topic
/// that is made again under an old name does not inherit them. Missing or unreadable: nothing is known, more is
/// checked.
struct RecoveryPoints {
  std::map<Uuid, std::vector<int64_t>> by_topic;  ///< offsets by partition

  static RecoveryPoints load(io::FileSystem& fs, const std::string& folder);
  Result<void> save(io::FileSystem& fs, const std::string& folder) const;
  std::optional<Offset> find(const Uuid& topic, int32_t partition) const;
};

/// 16 bytes as Kafka writes a cluster id: 22 characters of URL-safe base64.
std::string base64_id(const Uuid& id);

}  // namespace freshet::log
