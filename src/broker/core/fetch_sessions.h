#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/hash.h"
#include "broker/core/limits.h"

/// Incremental fetch sessions (KIP-227): the broker remembers the partitions that a consumer reads, so that a request
/// names only what changed and an answer only what has news.
namespace freshet::broker {

/// A partition as a fetch wants it, and what its client was told last.
struct FetchPartition {
  Uuid topic_id;      ///< zero where the request names topics
  std::string topic;  ///< empty where the request has topic ids
  int32_t index = 0;
  int64_t fetch_offset = 0;
  int32_t max_bytes = 0;
  int32_t leader_epoch = -1;
  // What the client knows; -1: nothing yet.
  int64_t told_high_watermark = -1;
  int64_t told_log_start = -1;
  bool told_error = false;
};

/// The partitions of one fetch: of a session, or of one request only (id 0). Ordered; those that had data go to the
/// end, so that all get their turn when an answer is full.
class FetchSession {
 public:
  int32_t id = 0;
  int32_t epoch = 0;  ///< that the next request must have
  bool by_topic_id = false;
  int64_t used_ms = 0;

  std::list<FetchPartition>& partitions() { return partitions_; }
  /// Adds the partition, or takes over the request's fields where it is known.
  void update(const FetchPartition& wanted);
  void forget(const Uuid& topic_id, const std::string& topic, int32_t index);
  void move_to_end(std::list<FetchPartition>::iterator partition);

 private:
  using Key = std::tuple<Uuid, std::string, int32_t>;
  std::list<FetchPartition> partitions_;
  std::map<Key, std::list<FetchPartition>::iterator> by_key_;
};

/// One thread at a time. Time is a parameter.
class FetchSessions {
 public:
  /// `seed`: random, so that ids of a broker before a restart are not taken for ones of now.
  FetchSessions(const Limits& limits, uint64_t seed) : limits_(limits), seed_(seed) {}

  /// A new session, or null when there are too many that were used lately: answer without one then.
  std::shared_ptr<FetchSession> create(int64_t now_ms);
  std::shared_ptr<FetchSession> find(int32_t id) const;
  void remove(int32_t id) { sessions_.erase(id); }
  size_t size() const { return sessions_.size(); }
  /// After epoch 2^31-1 comes 1; 0 and -1 have meanings of their own.
  static int32_t next_epoch(int32_t epoch) { return epoch == INT32_MAX ? 1 : epoch + 1; }

 private:
  const Limits& limits_;
  const uint64_t seed_;
  uint64_t created_ = 0;
  std::unordered_map<int32_t, std::shared_ptr<FetchSession>> sessions_;
};

}  // namespace freshet::broker
