#pragma once

#include <vector>

#include "kafka/errors.h"
#include "kafka/field.h"
#include "kafka/types.h"

namespace freshet::kafka {

/// ListOffsets (key 2): the offset at or after a timestamp, per partition. KIP-79, KIP-396, KIP-734 (v7: largest
/// timestamp), KIP-405 (v8, v9: tiers), KIP-1075 (v10).
struct ListOffsetsRequest {
  static constexpr Api api{.key = 2, .name = "ListOffsets", .versions = {1, 10}, .flexible_since = 6};
  static constexpr int64_t kLatest = -1;         ///< the end: high watermark
  static constexpr int64_t kEarliest = -2;       ///< the log start
  static constexpr int64_t kMaxTimestamp = -3;   ///< from v7
  static constexpr int64_t kEarliestLocal = -4;  ///< from v8; without tiers the same as kEarliest
  static constexpr int64_t kLatestTiered = -5;   ///< from v9; without tiers -1

  struct Partition {
    int32_t index = 0;
    int32_t current_leader_epoch = -1;
    int64_t timestamp_ms = 0;  ///< or one of the constants
    bool operator==(const Partition&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.index);
      io(m.current_leader_epoch, since(4));
      io(m.timestamp_ms);
    }
  };
  struct Topic {
    std::string_view name;
    std::vector<Partition> partitions;
    bool operator==(const Topic&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.name);
      io(m.partitions);
    }
  };

  int32_t replica_id = -1;
  IsolationLevel isolation = IsolationLevel::kReadUncommitted;
  std::vector<Topic> topics;
  int32_t timeout_ms = 0;
  bool operator==(const ListOffsetsRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.replica_id);
    io(m.isolation, since(2));
    io(m.topics);
    io(m.timeout_ms, since(10));
  }
};

struct ListOffsetsResponse {
  static constexpr Api api = ListOffsetsRequest::api;

  struct Partition {
    int32_t index = 0;
    KafkaError error = KafkaError::kNone;
    int64_t timestamp_ms = -1;
    int64_t offset = -1;
    int32_t leader_epoch = -1;
    bool operator==(const Partition&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.index);
      io(m.error);
      io(m.timestamp_ms);
      io(m.offset);
      io(m.leader_epoch, since(4));
    }
  };
  struct Topic {
    std::string name;
    std::vector<Partition> partitions;
    bool operator==(const Topic&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.name);
      io(m.partitions);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
  bool operator==(const ListOffsetsResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms, since(2));
    io(m.topics);
  }
};

}  // namespace freshet::kafka
