#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kafka/errors.h"
#include "kafka/field.h"
#include "kafka/types.h"

/// Partitions of topics: how many, from where, up to where. Fields, types, nulls and defaults: Kafka 4.1's message
/// schemas.
namespace freshet::kafka {

/// CreatePartitions (key 37): a topic grows. KIP-195.
struct CreatePartitionsRequest {
  static constexpr Api api{.key = 37, .name = "CreatePartitions", .versions = {0, 3}, .flexible_since = 2};
  struct Topic {
    struct Assignment {
      std::vector<int32_t> broker_ids;
      bool operator==(const Assignment&) const = default;
      static void fields(auto& m, auto& io) { io(m.broker_ids); }
    };
    std::string_view name;
    int32_t count = 0;
    std::optional<std::vector<Assignment>> assignments;
    bool operator==(const Topic&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.name);
      io(m.count);
      io(m.assignments);
    }
  };
  std::vector<Topic> topics;
  int32_t timeout_ms = 0;
  bool validate_only = false;
  bool operator==(const CreatePartitionsRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.topics);
    io(m.timeout_ms);
    io(m.validate_only);
  }
};

struct CreatePartitionsResponse {
  static constexpr Api api = CreatePartitionsRequest::api;
  struct Result {
    std::string name;
    KafkaError error = KafkaError::kNone;
    std::optional<std::string> error_message;
    bool operator==(const Result&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.name);
      io(m.error);
      io(m.error_message);
    }
  };
  int32_t throttle_time_ms = 0;
  std::vector<Result> results;
  bool operator==(const CreatePartitionsResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms);
    io(m.results);
  }
};

/// DescribeTopicPartitions (key 75): topics page by page. KIP-966.
struct DescribeTopicPartitionsRequest {
  static constexpr Api api{.key = 75, .name = "DescribeTopicPartitions", .versions = {0, 0}, .flexible_since = 0};
  struct Topic {
    std::string_view name;
    bool operator==(const Topic&) const = default;
    static void fields(auto& m, auto& io) { io(m.name); }
  };
  struct Cursor {
    std::string_view topic;
    int32_t index = 0;
    bool operator==(const Cursor&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.topic);
      io(m.index);
    }
  };
  std::vector<Topic> topics;
  int32_t partition_limit = 2'000;
  std::optional<Cursor> cursor;
  bool operator==(const DescribeTopicPartitionsRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.topics);
    io(m.partition_limit);
    io(m.cursor);
  }
};

struct DescribeTopicPartitionsResponse {
  static constexpr Api api = DescribeTopicPartitionsRequest::api;
  struct Topic {
    struct Partition {
      KafkaError error = KafkaError::kNone;
      int32_t index = 0;
      int32_t leader_id = 0;
      int32_t leader_epoch = -1;
      std::vector<int32_t> replicas;
      std::vector<int32_t> in_sync_replicas;
      std::optional<std::vector<int32_t>> eligible_leader_replicas;
      std::optional<std::vector<int32_t>> last_known_leader_replicas;
      std::vector<int32_t> offline_replicas;
      bool operator==(const Partition&) const = default;
      static void fields(auto& m, auto& io) {
        io(m.error);
        io(m.index);
        io(m.leader_id);
        io(m.leader_epoch);
        io(m.replicas);
        io(m.in_sync_replicas);
        io(m.eligible_leader_replicas);
        io(m.last_known_leader_replicas);
        io(m.offline_replicas);
      }
    };
    KafkaError error = KafkaError::kNone;
    std::optional<std::string> name;
    Uuid id;
    bool is_internal = false;
    std::vector<Partition> partitions;
    int32_t authorized_operations = kNoAuthorizedOperations;
    bool operator==(const Topic&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.error);
      io(m.name);
      io(m.id);
      io(m.is_internal);
      io(m.partitions);
      io(m.authorized_operations);
    }
  };
  struct Cursor {
    std::string topic;
    int32_t index = 0;
    bool operator==(const Cursor&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.topic);
      io(m.index);
    }
  };
  int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
  std::optional<Cursor> next_cursor;
  bool operator==(const DescribeTopicPartitionsResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms);
    io(m.topics);
    io(m.next_cursor);
  }
};

/// DeleteRecords (key 21): the log start offset moves. KIP-107.
struct DeleteRecordsRequest {
  static constexpr Api api{.key = 21, .name = "DeleteRecords", .versions = {0, 2}, .flexible_since = 2};
  struct Topic {
    struct Partition {
      int32_t index = 0;
      int64_t offset = 0;
      bool operator==(const Partition&) const = default;
      static void fields(auto& m, auto& io) {
        io(m.index);
        io(m.offset);
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
  std::vector<Topic> topics;
  int32_t timeout_ms = 0;
  bool operator==(const DeleteRecordsRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.topics);
    io(m.timeout_ms);
  }
};

struct DeleteRecordsResponse {
  static constexpr Api api = DeleteRecordsRequest::api;
  struct Topic {
    struct Partition {
      int32_t index = 0;
      int64_t low_watermark = 0;
      KafkaError error = KafkaError::kNone;
      bool operator==(const Partition&) const = default;
      static void fields(auto& m, auto& io) {
        io(m.index);
        io(m.low_watermark);
        io(m.error);
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
  std::vector<Topic> topics;
  bool operator==(const DeleteRecordsResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms);
    io(m.topics);
  }
};

/// OffsetForLeaderEpoch (key 23): where a leader's epoch ended. KIP-101, KIP-320.
struct OffsetForLeaderEpochRequest {
  static constexpr Api api{.key = 23, .name = "OffsetForLeaderEpoch", .versions = {2, 4}, .flexible_since = 4};
  struct Topic {
    struct Partition {
      int32_t index = 0;
      int32_t current_leader_epoch = -1;
      int32_t leader_epoch = 0;
      bool operator==(const Partition&) const = default;
      static void fields(auto& m, auto& io) {
        io(m.index);
        io(m.current_leader_epoch);
        io(m.leader_epoch);
      }
    };
    std::string_view topic;
    std::vector<Partition> partitions;
    bool operator==(const Topic&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.topic);
      io(m.partitions);
    }
  };
  int32_t replica_id = -2;
  std::vector<Topic> topics;
  bool operator==(const OffsetForLeaderEpochRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.replica_id, since(3));
    io(m.topics);
  }
};

struct OffsetForLeaderEpochResponse {
  static constexpr Api api = OffsetForLeaderEpochRequest::api;
  struct Topic {
    struct Partition {
      KafkaError error = KafkaError::kNone;
      int32_t index = 0;
      int32_t leader_epoch = -1;
      int64_t end_offset = -1;
      bool operator==(const Partition&) const = default;
      static void fields(auto& m, auto& io) {
        io(m.error);
        io(m.index);
        io(m.leader_epoch);
        io(m.end_offset);
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
  std::vector<Topic> topics;
  bool operator==(const OffsetForLeaderEpochResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms);
    io(m.topics);
  }
};

}  // namespace freshet::kafka
