#pragma once

#include <optional>
#include <vector>

#include "kafka/errors.h"
#include "kafka/field.h"
#include "kafka/types.h"

namespace freshet::kafka {

/// JoinGroup (key 11): enter a group, or a rebalance. KIP-62 (v1), KIP-394 (v4: a member id first), KIP-345 (v5: static
/// members), KIP-559 (v7), KIP-800 (v8), KIP-814 (v9).
struct JoinGroupRequest {
  static constexpr Api api{.key = 11, .name = "JoinGroup", .versions = {0, 9}, .flexible_since = 6};

  struct Protocol {
    std::string_view name;
    std::string_view metadata;
    bool operator==(const Protocol&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.name);
      io(m.metadata, kBytes);
    }
  };

  std::string_view group_id;
  int32_t session_timeout_ms = 0;
  int32_t rebalance_timeout_ms = -1;  ///< v0 has none: the session time-out stands for it
  std::string_view member_id;         ///< empty: unknown yet
  std::optional<std::string_view> group_instance_id;
  std::string_view protocol_type;
  std::vector<Protocol> protocols;
  std::optional<std::string_view> reason;
  bool operator==(const JoinGroupRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.group_id);
    io(m.session_timeout_ms);
    io(m.rebalance_timeout_ms, since(1));
    io(m.member_id);
    io(m.group_instance_id, since(5));
    io(m.protocol_type);
    io(m.protocols);
    io(m.reason, since(8));
  }
};

struct JoinGroupResponse {
  static constexpr Api api = JoinGroupRequest::api;

  struct Member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::string metadata;
    bool operator==(const Member&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.member_id);
      io(m.group_instance_id, since(5));
      io(m.metadata, kBytes);
    }
  };

  int32_t throttle_time_ms = 0;
  KafkaError error = KafkaError::kNone;
  int32_t generation_id = -1;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;  ///< null before v7 is written as empty
  std::string leader;
  bool skip_assignment = false;
  std::string member_id;
  std::vector<Member> members;  ///< for the leader only
  bool operator==(const JoinGroupResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms, since(2));
    io(m.error);
    io(m.generation_id);
    io(m.protocol_type, since(7));
    io(m.protocol_name, nullable_since(7));
    io(m.leader);
    io(m.skip_assignment, since(9));
    io(m.member_id);
    io(m.members);
  }
};

/// Heartbeat (key 12).
struct HeartbeatRequest {
  static constexpr Api api{.key = 12, .name = "Heartbeat", .versions = {0, 4}, .flexible_since = 4};

  std::string_view group_id;
  int32_t generation_id = 0;
  std::string_view member_id;
  std::optional<std::string_view> group_instance_id;
  bool operator==(const HeartbeatRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.group_id);
    io(m.generation_id);
    io(m.member_id);
    io(m.group_instance_id, since(3));
  }
};

struct HeartbeatResponse {
  static constexpr Api api = HeartbeatRequest::api;

  int32_t throttle_time_ms = 0;
  KafkaError error = KafkaError::kNone;
  bool operator==(const HeartbeatResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms, since(1));
    io(m.error);
  }
};

/// LeaveGroup (key 13): one member until v2, several from v3 on (KIP-345).
struct LeaveGroupRequest {
  static constexpr Api api{.key = 13, .name = "LeaveGroup", .versions = {0, 5}, .flexible_since = 4};

  struct Member {
    std::string_view member_id;  ///< may be empty when the instance id says who
    std::optional<std::string_view> group_instance_id;
    std::optional<std::string_view> reason;
    bool operator==(const Member&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.member_id);
      io(m.group_instance_id);
      io(m.reason, since(5));
    }
  };

  std::string_view group_id;
  std::string_view member_id;   ///< until v2
  std::vector<Member> members;  ///< from v3
  bool operator==(const LeaveGroupRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.group_id);
    io(m.member_id, until(2));
    io(m.members, since(3));
  }
};

struct LeaveGroupResponse {
  static constexpr Api api = LeaveGroupRequest::api;

  struct Member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    KafkaError error = KafkaError::kNone;
    bool operator==(const Member&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.member_id);
      io(m.group_instance_id);
      io(m.error);
    }
  };

  int32_t throttle_time_ms = 0;
  KafkaError error = KafkaError::kNone;
  std::vector<Member> members;
  bool operator==(const LeaveGroupResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms, since(1));
    io(m.error);
    io(m.members, since(3));
  }
};

/// SyncGroup (key 14): the leader brings the assignment, everyone takes theirs. KIP-345 (v3), KIP-559 (v5).
struct SyncGroupRequest {
  static constexpr Api api{.key = 14, .name = "SyncGroup", .versions = {0, 5}, .flexible_since = 4};

  struct Assignment {
    std::string_view member_id;
    std::string_view assignment;
    bool operator==(const Assignment&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.member_id);
      io(m.assignment, kBytes);
    }
  };

  std::string_view group_id;
  int32_t generation_id = 0;
  std::string_view member_id;
  std::optional<std::string_view> group_instance_id;
  std::optional<std::string_view> protocol_type;
  std::optional<std::string_view> protocol_name;
  std::vector<Assignment> assignments;
  bool operator==(const SyncGroupRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.group_id);
    io(m.generation_id);
    io(m.member_id);
    io(m.group_instance_id, since(3));
    io(m.protocol_type, since(5));
    io(m.protocol_name, since(5));
    io(m.assignments);
  }
};

struct SyncGroupResponse {
  static constexpr Api api = SyncGroupRequest::api;

  int32_t throttle_time_ms = 0;
  KafkaError error = KafkaError::kNone;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::string assignment;
  bool operator==(const SyncGroupResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms, since(1));
    io(m.error);
    io(m.protocol_type, since(5));
    io(m.protocol_name, since(5));
    io(m.assignment, kBytes);
  }
};

}  // namespace freshet::kafka
