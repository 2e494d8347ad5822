#pragma once

#include <optional>
#include <vector>

#include "kafka/errors.h"
#include "kafka/field.h"
#include "kafka/types.h"

namespace freshet::kafka {

/// OffsetCommit (key 8): positions of a group. KIP-320 (v6), KIP-345 (v7: static members), KIP-848 (v9).
struct OffsetCommitRequest {
  static constexpr Api api{.key = 8, .name = "OffsetCommit", .versions = {2, 9}, .flexible_since = 8};

  struct Partition {
    int32_t index = 0;
    int64_t offset = 0;
    int32_t leader_epoch = -1;
    std::optional<std::string_view> metadata;
    bool operator==(const Partition&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.index);
      io(m.offset);
      io(m.leader_epoch, since(6));
      io(m.metadata);
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

  std::string_view group_id;
  int32_t generation_id = -1;  ///< -1 with an empty member id: a simple consumer, no member of the group
  std::string_view member_id;
  std::optional<std::string_view> group_instance_id;
  int64_t retention_time_ms = -1;  ///< v2-4; ignored, as in Kafka since 2.1
  std::vector<Topic> topics;
  bool operator==(const OffsetCommitRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.group_id);
    io(m.generation_id);
    io(m.member_id);
    io(m.group_instance_id, since(7));
    io(m.retention_time_ms, between(2, 4));
    io(m.topics);
  }
};

struct OffsetCommitResponse {
  static constexpr Api api = OffsetCommitRequest::api;

  struct Partition {
    int32_t index = 0;
    KafkaError error = KafkaError::kNone;
    bool operator==(const Partition&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.index);
      io(m.error);
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
  bool operator==(const OffsetCommitResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms, since(3));
    io(m.topics);
  }
};

/// OffsetFetch (key 9): committed positions; of one group until v7, of several from v8 on (KIP-709). KIP-447 (v7).
struct OffsetFetchRequest {
  static constexpr Api api{.key = 9, .name = "OffsetFetch", .versions = {1, 9}, .flexible_since = 6};

  struct Topic {
    std::string_view name;
    std::vector<int32_t> partitions;
    bool operator==(const Topic&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.name);
      io(m.partitions);
    }
  };
  struct Group {
    std::string_view group_id;
    std::optional<std::string_view> member_id;
    int32_t member_epoch = -1;
    std::optional<std::vector<Topic>> topics;  ///< null: all topics
    bool operator==(const Group&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.group_id);
      io(m.member_id, since(9));
      io(m.member_epoch, since(9));
      io(m.topics);
    }
  };

  std::string_view group_id;                 ///< until v7
  std::optional<std::vector<Topic>> topics;  ///< until v7; null from v2 on: all topics
  std::vector<Group> groups;                 ///< from v8
  bool require_stable = false;
  bool operator==(const OffsetFetchRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.group_id, until(7));
    io(m.topics, until(7).nullable_since(2));
    io(m.groups, since(8));
    io(m.require_stable, since(7));
  }
};

struct OffsetFetchResponse {
  static constexpr Api api = OffsetFetchRequest::api;

  struct Partition {
    int32_t index = 0;
    int64_t offset = -1;  ///< -1: nothing committed
    int32_t leader_epoch = -1;
    std::optional<std::string> metadata{std::in_place};
    KafkaError error = KafkaError::kNone;
    bool operator==(const Partition&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.index);
      io(m.offset);
      io(m.leader_epoch, since(5));
      io(m.metadata);
      io(m.error);
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
  struct Group {
    std::string group_id;
    std::vector<Topic> topics;
    KafkaError error = KafkaError::kNone;
    bool operator==(const Group&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.group_id);
      io(m.topics);
      io(m.error);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;             ///< until v7
  KafkaError error = KafkaError::kNone;  ///< v2-7
  std::vector<Group> groups;             ///< from v8
  bool operator==(const OffsetFetchResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms, since(3));
    io(m.topics, until(7));
    io(m.error, between(2, 7));
    io(m.groups, since(8));
  }
};

}  // namespace freshet::kafka
