#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "kafka/errors.h"
#include "kafka/field.h"
#include "kafka/types.h"

namespace freshet::kafka {

/// Fetch (key 1): record batches of partitions from an offset on, with a long poll. KIP-227 (v7: sessions), KIP-320
/// (v9), KIP-392 (v11), KIP-516 (v13: topic ids), KIP-903 (v15), KIP-951 (v16), KIP-853 (v17), KIP-1166 (v18).
struct FetchRequest {
  static constexpr Api api{.key = 1, .name = "Fetch", .versions = {4, 18}, .flexible_since = 12};

  struct ReplicaState {
    int32_t replica_id = -1;
    int64_t replica_epoch = -1;
    bool operator==(const ReplicaState&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.replica_id);
      io(m.replica_epoch);
    }
  };
  struct Partition {
    int32_t index = 0;
    int32_t current_leader_epoch = -1;
    int64_t fetch_offset = 0;
    int32_t last_fetched_epoch = -1;
    int64_t log_start_offset = -1;  ///< of a follower; consumers send -1
    int32_t max_bytes = 0;
    Uuid replica_directory_id;
    int64_t high_watermark = std::numeric_limits<int64_t>::max();  ///< as a follower knows it
    bool operator==(const Partition&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.index);
      io(m.current_leader_epoch, since(9));
      io(m.fetch_offset);
      io(m.last_fetched_epoch, since(12));
      io(m.log_start_offset, since(5));
      io(m.max_bytes);
      io(m.replica_directory_id, since(17).tagged(0));
      io(m.high_watermark, since(18).tagged(1), std::numeric_limits<int64_t>::max());
    }
  };
  struct Topic {
    std::string_view name;  ///< until v12
    Uuid id;                ///< from v13
    std::vector<Partition> partitions;
    bool operator==(const Topic&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.name, until(12));
      io(m.id, since(13));
      io(m.partitions);
    }
  };
  struct ForgottenTopic {
    std::string_view name;  ///< until v12
    Uuid id;                ///< from v13
    std::vector<int32_t> partitions;
    bool operator==(const ForgottenTopic&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.name, until(12));
      io(m.id, since(13));
      io(m.partitions);
    }
  };

  std::optional<std::string_view> cluster_id;
  int32_t replica_id = -1;
  ReplicaState replica_state;
  int32_t max_wait_ms = 0;
  int32_t min_bytes = 0;
  int32_t max_bytes = std::numeric_limits<int32_t>::max();
  IsolationLevel isolation = IsolationLevel::kReadUncommitted;
  int32_t session_id = 0;
  int32_t session_epoch = -1;  ///< -1: without a session; 0: a new one
  std::vector<Topic> topics;
  std::vector<ForgottenTopic> forgotten_topics;
  std::string_view rack_id;
  bool operator==(const FetchRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.cluster_id, since(12).tagged(0));
    io(m.replica_id, until(14));
    io(m.replica_state, since(15).tagged(1));
    io(m.max_wait_ms);
    io(m.min_bytes);
    io(m.max_bytes);
    io(m.isolation);
    io(m.session_id, since(7));
    io(m.session_epoch, since(7));
    io(m.topics);
    io(m.forgotten_topics, since(7));
    io(m.rack_id, since(11));
  }
};

struct FetchResponse {
  static constexpr Api api = FetchRequest::api;

  struct EpochEndOffset {
    int32_t epoch = -1;
    int64_t end_offset = -1;
    bool operator==(const EpochEndOffset&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.epoch);
      io(m.end_offset);
    }
  };
  struct SnapshotId {
    int64_t end_offset = -1;
    int32_t epoch = -1;
    bool operator==(const SnapshotId&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.end_offset);
      io(m.epoch);
    }
  };
  struct AbortedTransaction {
    int64_t producer_id = 0;
    int64_t first_offset = 0;
    bool operator==(const AbortedTransaction&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.producer_id);
      io(m.first_offset);
    }
  };
  struct Partition {
    int32_t index = 0;
    KafkaError error = KafkaError::kNone;
    int64_t high_watermark = 0;
    int64_t last_stable_offset = -1;
    int64_t log_start_offset = -1;
    EpochEndOffset diverging_epoch;
    LeaderIdAndEpoch current_leader;
    SnapshotId snapshot_id;
    std::optional<std::vector<AbortedTransaction>> aborted_transactions;
    int32_t preferred_read_replica = -1;
    Records records;
    bool operator==(const Partition&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.index);
      io(m.error);
      io(m.high_watermark);
      io(m.last_stable_offset);
      io(m.log_start_offset, since(5));
      io(m.diverging_epoch, since(12).tagged(0));
      io(m.current_leader, since(12).tagged(1));
      io(m.snapshot_id, since(12).tagged(2));
      io(m.aborted_transactions);
      io(m.preferred_read_replica, since(11));
      io(m.records);
    }
  };
  struct Topic {
    std::string name;
    Uuid id;
    std::vector<Partition> partitions;
    bool operator==(const Topic&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.name, until(12));
      io(m.id, since(13));
      io(m.partitions);
    }
  };

  int32_t throttle_time_ms = 0;
  KafkaError error = KafkaError::kNone;
  int32_t session_id = 0;
  std::vector<Topic> topics;
  std::vector<NodeEndpoint> node_endpoints;
  bool operator==(const FetchResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms);
    io(m.error, since(7));
    io(m.session_id, since(7));
    io(m.topics);
    io(m.node_endpoints, since(16).tagged(0));
  }
};

}  // namespace freshet::kafka
