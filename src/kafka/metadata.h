#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "kafka/errors.h"
#include "kafka/field.h"
#include "kafka/types.h"

namespace freshet::kafka {

/// Metadata (key 3): brokers, topics, partitions. KIP-430 (v8), KIP-516 (v10: topic ids; v12: lookup by id), KIP-1102
/// (v13).
struct MetadataRequest {
  static constexpr Api api{.key = 3, .name = "Metadata", .versions = {0, 13}, .flexible_since = 9};

  struct Topic {
    Uuid id;                                              ///< zero: ask by name
    std::optional<std::string_view> name{std::in_place};  ///< null, from v10 on: ask by id
    bool operator==(const Topic&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.id, since(10));
      io(m.name, nullable_since(10));
    }
  };

  /// Null, or in v0 empty: all topics.
  std::optional<std::vector<Topic>> topics;
  bool allow_auto_topic_creation = true;
  bool include_cluster_authorized_operations = false;
  bool include_topic_authorized_operations = false;
  bool operator==(const MetadataRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.topics, nullable_since(1));
    io(m.allow_auto_topic_creation, since(4));
    io(m.include_cluster_authorized_operations, between(8, 10));
    io(m.include_topic_authorized_operations, since(8));
  }
};

struct MetadataResponse {
  static constexpr Api api = MetadataRequest::api;

  struct Broker {
    int32_t node_id = 0;
    std::string host;
    int32_t port = 0;
    std::optional<std::string> rack;
    bool operator==(const Broker&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.node_id);
      io(m.host);
      io(m.port);
      io(m.rack, since(1));
    }
  };
  struct Partition {
    KafkaError error = KafkaError::kNone;
    int32_t index = 0;
    int32_t leader_id = 0;
    int32_t leader_epoch = -1;
    std::vector<int32_t> replicas;
    std::vector<int32_t> in_sync_replicas;
    std::vector<int32_t> offline_replicas;
    bool operator==(const Partition&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.error);
      io(m.index);
      io(m.leader_id);
      io(m.leader_epoch, since(7));
      io(m.replicas);
      io(m.in_sync_replicas);
      io(m.offline_replicas, since(5));
    }
  };
  struct Topic {
    KafkaError error = KafkaError::kNone;
    std::optional<std::string> name{std::in_place};  ///< null, from v12 on: an unknown topic id
    Uuid id;
    bool is_internal = false;
    std::vector<Partition> partitions;
    int32_t authorized_operations = kNoAuthorizedOperations;
    bool operator==(const Topic&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.error);
      io(m.name, nullable_since(12));
      io(m.id, since(10));
      io(m.is_internal, since(1));
      io(m.partitions);
      io(m.authorized_operations, since(8));
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<Broker> brokers;
  std::optional<std::string> cluster_id;
  int32_t controller_id = -1;
  std::vector<Topic> topics;
  int32_t cluster_authorized_operations = kNoAuthorizedOperations;
  KafkaError error = KafkaError::kNone;
  bool operator==(const MetadataResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms, since(3));
    io(m.brokers);
    io(m.cluster_id, since(2));
    io(m.controller_id, since(1));
    io(m.topics);
    io(m.cluster_authorized_operations, between(8, 10));
    io(m.error, since(13));
  }
};

}  // namespace freshet::kafka
