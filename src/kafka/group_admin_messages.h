#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kafka/errors.h"
#include "kafka/field.h"
#include "kafka/types.h"

/// Groups as administrators see them. Fields, types, nulls and defaults: Kafka 4.1's message schemas.
namespace freshet::kafka {

/// DescribeGroups (key 15): members of classic groups and what they are assigned. KIP-1043 (v6: an unknown group is an
/// error).
struct DescribeGroupsRequest {
  static constexpr Api api{.key = 15, .name = "DescribeGroups", .versions = {0, 6}, .flexible_since = 5};
  std::vector<std::string_view> groups;
  bool include_authorized_operations = false;
  bool operator==(const DescribeGroupsRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.groups);
    io(m.include_authorized_operations, since(3));
  }
};

struct DescribeGroupsResponse {
  static constexpr Api api = DescribeGroupsRequest::api;
  struct Group {
    struct Member {
      std::string member_id;
      std::optional<std::string> group_instance_id;
      std::string client_id;
      std::string client_host;
      std::string metadata;
      std::string assignment;
      bool operator==(const Member&) const = default;
      static void fields(auto& m, auto& io) {
        io(m.member_id);
        io(m.group_instance_id, since(4));
        io(m.client_id);
        io(m.client_host);
        io(m.metadata, kBytes);
        io(m.assignment, kBytes);
      }
    };
    KafkaError error = KafkaError::kNone;
    std::optional<std::string> error_message;
    std::string group_id;
    std::string state;
    std::string protocol_type;
    std::string protocol_data;
    std::vector<Member> members;
    int32_t authorized_operations = kNoAuthorizedOperations;
    bool operator==(const Group&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.error);
      io(m.error_message, since(6));
      io(m.group_id);
      io(m.state);
      io(m.protocol_type);
      io(m.protocol_data);
      io(m.members);
      io(m.authorized_operations, since(3));
    }
  };
  int32_t throttle_time_ms = 0;
  std::vector<Group> groups;
  bool operator==(const DescribeGroupsResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms, since(1));
    io(m.groups);
  }
};

/// ListGroups (key 16). KIP-518 (v4: by state), KIP-848 (v5: by type).
struct ListGroupsRequest {
  static constexpr Api api{.key = 16, .name = "ListGroups", .versions = {0, 5}, .flexible_since = 3};
  std::vector<std::string_view> states_filter;
  std::vector<std::string_view> types_filter;
  bool operator==(const ListGroupsRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.states_filter, since(4));
    io(m.types_filter, since(5));
  }
};

struct ListGroupsResponse {
  static constexpr Api api = ListGroupsRequest::api;
  struct Group {
    std::string group_id;
    std::string protocol_type;
    std::string state;
    std::string type;
    bool operator==(const Group&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.group_id);
      io(m.protocol_type);
      io(m.state, since(4));
      io(m.type, since(5));
    }
  };
  int32_t throttle_time_ms = 0;
  KafkaError error = KafkaError::kNone;
  std::vector<Group> groups;
  bool operator==(const ListGroupsResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms, since(1));
    io(m.error);
    io(m.groups);
  }
};

/// DeleteGroups (key 42): groups without members, and their offsets. KIP-229.
struct DeleteGroupsRequest {
  static constexpr Api api{.key = 42, .name = "DeleteGroups", .versions = {0, 2}, .flexible_since = 2};
  std::vector<std::string_view> groups;
  bool operator==(const DeleteGroupsRequest&) const = default;
  static void fields(auto& m, auto& io) { io(m.groups); }
};

struct DeleteGroupsResponse {
  static constexpr Api api = DeleteGroupsRequest::api;
  struct Result {
    std::string group_id;
    KafkaError error = KafkaError::kNone;
    bool operator==(const Result&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.group_id);
      io(m.error);
    }
  };
  int32_t throttle_time_ms = 0;
  std::vector<Result> results;
  bool operator==(const DeleteGroupsResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms);
    io(m.results);
  }
};

/// OffsetDelete (key 47): committed offsets of single partitions. KIP-496.
struct OffsetDeleteRequest {
  static constexpr Api api{
      .key = 47, .name = "OffsetDelete", .versions = {0, 0}, .flexible_since = std::numeric_limits<int16_t>::max()};
  struct Topic {
    struct Partition {
      int32_t index = 0;
      bool operator==(const Partition&) const = default;
      static void fields(auto& m, auto& io) { io(m.index); }
    };
    std::string_view name;
    std::vector<Partition> partitions;
    bool operator==(const Topic&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.name);
      io(m.partitions);
    }
  };
  std::string_view group_id;
  std::vector<Topic> topics;
  bool operator==(const OffsetDeleteRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.group_id);
    io(m.topics);
  }
};

struct OffsetDeleteResponse {
  static constexpr Api api = OffsetDeleteRequest::api;
  struct Topic {
    struct Partition {
      int32_t index = 0;
      KafkaError error = KafkaError::kNone;
      bool operator==(const Partition&) const = default;
      static void fields(auto& m, auto& io) {
        io(m.index);
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
  KafkaError error = KafkaError::kNone;
  int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
  bool operator==(const OffsetDeleteResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.error);
    io(m.throttle_time_ms);
    io(m.topics);
  }
};

}  // namespace freshet::kafka
