#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kafka/errors.h"
#include "kafka/field.h"
#include "kafka/types.h"

/// Who leads and who holds partitions: with one broker, always the same. Fields, types, nulls and defaults: Kafka 4.1's
/// message schemas.
namespace freshet::kafka {

/// ElectLeaders (key 43). KIP-183, KIP-460.
struct ElectLeadersRequest {
  static constexpr Api api{.key = 43, .name = "ElectLeaders", .versions = {0, 2}, .flexible_since = 2};
  struct Topic {
    std::string_view topic;
    std::vector<int32_t> partitions;
    bool operator==(const Topic&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.topic);
      io(m.partitions);
    }
  };
  int8_t election_type = 0;
  std::optional<std::vector<Topic>> topics;
  int32_t timeout_ms = 60'000;
  bool operator==(const ElectLeadersRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.election_type, since(1));
    io(m.topics);
    io(m.timeout_ms);
  }
};

struct ElectLeadersResponse {
  static constexpr Api api = ElectLeadersRequest::api;
  struct Topic {
    struct Partition {
      int32_t index = 0;
      KafkaError error = KafkaError::kNone;
      std::optional<std::string> error_message;
      bool operator==(const Partition&) const = default;
      static void fields(auto& m, auto& io) {
        io(m.index);
        io(m.error);
        io(m.error_message);
      }
    };
    std::string topic;
    std::vector<Partition> partitions;
    bool operator==(const Topic&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.topic);
      io(m.partitions);
    }
  };
  int32_t throttle_time_ms = 0;
  KafkaError error = KafkaError::kNone;
  std::vector<Topic> topics;
  bool operator==(const ElectLeadersResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms);
    io(m.error, since(1));
    io(m.topics);
  }
};

/// AlterPartitionReassignments (key 45). KIP-455, KIP-860 (v1).
struct AlterPartitionReassignmentsRequest {
  static constexpr Api api{.key = 45, .name = "AlterPartitionReassignments", .versions = {0, 1}, .flexible_since = 0};
  struct Topic {
    struct Partition {
      int32_t index = 0;
      std::optional<std::vector<int32_t>> replicas;
      bool operator==(const Partition&) const = default;
      static void fields(auto& m, auto& io) {
        io(m.index);
        io(m.replicas);
      }
    };
    std::string_view name;
    std::vector<Partition> partitions;
    bool operator==(const Topic&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.name);
      io(m.partitions);
    }
  };
  int32_t timeout_ms = 60'000;
  bool allow_replication_factor_change = true;
  std::vector<Topic> topics;
  bool operator==(const AlterPartitionReassignmentsRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.timeout_ms);
    io(m.allow_replication_factor_change, since(1));
    io(m.topics);
  }
};

struct AlterPartitionReassignmentsResponse {
  static constexpr Api api = AlterPartitionReassignmentsRequest::api;
  struct Topic {
    struct Partition {
      int32_t index = 0;
      KafkaError error = KafkaError::kNone;
      std::optional<std::string> error_message;
      bool operator==(const Partition&) const = default;
      static void fields(auto& m, auto& io) {
        io(m.index);
        io(m.error);
        io(m.error_message);
      }
    };
    std::string name;
    std::vector<Partition> partitions;
    bool operator==(const Topic&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.name);
      io(m.partitions);
    }
  };
  int32_t throttle_time_ms = 0;
  bool allow_replication_factor_change = true;
  KafkaError error = KafkaError::kNone;
  std::optional<std::string> error_message;
  std::vector<Topic> results;
  bool operator==(const AlterPartitionReassignmentsResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms);
    io(m.allow_replication_factor_change, since(1));
    io(m.error);
    io(m.error_message);
    io(m.results);
  }
};

/// ListPartitionReassignments (key 46). KIP-455.
struct ListPartitionReassignmentsRequest {
  static constexpr Api api{.key = 46, .name = "ListPartitionReassignments", .versions = {0, 0}, .flexible_since = 0};
  struct Topic {
    std::string_view name;
    std::vector<int32_t> partitions;
    bool operator==(const Topic&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.name);
      io(m.partitions);
    }
  };
  int32_t timeout_ms = 60'000;
  std::optional<std::vector<Topic>> topics;
  bool operator==(const ListPartitionReassignmentsRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.timeout_ms);
    io(m.topics);
  }
};

struct ListPartitionReassignmentsResponse {
  static constexpr Api api = ListPartitionReassignmentsRequest::api;
  struct Topic {
    struct Partition {
      int32_t index = 0;
      std::vector<int32_t> replicas;
      std::vector<int32_t> adding_replicas;
      std::vector<int32_t> removing_replicas;
      bool operator==(const Partition&) const = default;
      static void fields(auto& m, auto& io) {
        io(m.index);
        io(m.replicas);
        io(m.adding_replicas);
        io(m.removing_replicas);
      }
    };
    std::string name;
    std::vector<Partition> partitions;
    bool operator==(const Topic&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.name);
      io(m.partitions);
    }
  };
  int32_t throttle_time_ms = 0;
  KafkaError error = KafkaError::kNone;
  std::optional<std::string> error_message;
  std::vector<Topic> topics;
  bool operator==(const ListPartitionReassignmentsResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms);
    io(m.error);
    io(m.error_message);
    io(m.topics);
  }
};

}  // namespace freshet::kafka
