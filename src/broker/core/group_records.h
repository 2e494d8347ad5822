#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "kafka/field.h"

/// Records of the internal topic __consumer_offsets, in Kafka's own formats (group-coordinator's message schemas), so
/// that `kafka-dump-log --offsets-decoder` reads them. Key: 16 bits of type, fields. Value: 16 bits of version, fields;
/// no value (a tombstone) removes what the key names.
namespace freshet::broker {

/// Key and value of one record.
struct GroupRecord {
  std::string key;
  std::optional<std::string> value;  ///< none: tombstone
  bool operator==(const GroupRecord&) const = default;
};

/// OffsetCommitKey, type 1.
struct OffsetKey {
  std::string group;
  std::string topic;
  int32_t partition = 0;
  bool operator==(const OffsetKey&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.group);
    io(m.topic);
    io(m.partition);
  }
};

/// OffsetCommitValue: written in version 3, versions 0 to 4 are read.
struct OffsetValue {
  int64_t offset = 0;
  int32_t leader_epoch = -1;
  std::string metadata;
  int64_t commit_timestamp_ms = 0;
  int64_t expire_timestamp_ms = -1;  ///< of version 1 only
  bool operator==(const OffsetValue&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.offset);
    io(m.leader_epoch, kafka::since(3));
    io(m.metadata);
    io(m.commit_timestamp_ms);
    io(m.expire_timestamp_ms, kafka::between(1, 1));
  }
};

/// GroupMetadataKey, type 2.
struct GroupKey {
  std::string group;
  bool operator==(const GroupKey&) const = default;
  static void fields(auto& m, auto& io) { io(m.group); }
};

/// GroupMetadataValue: written in version 3, versions 0 to 4 are read.
struct GroupValue {
  struct Member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::string client_id;
    std::string client_host;
    int32_t rebalance_timeout_ms = 0;
    int32_t session_timeout_ms = 0;
    std::string subscription;
    std::string assignment;
    bool operator==(const Member&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.member_id);
      io(m.group_instance_id, kafka::since(3));
      io(m.client_id);
      io(m.client_host);
      io(m.rebalance_timeout_ms, kafka::since(1));
      io(m.session_timeout_ms);
      io(m.subscription, kafka::kBytes);
      io(m.assignment, kafka::kBytes);
    }
  };

  std::string protocol_type;
  int32_t generation = 0;
  std::optional<std::string> protocol;
  std::optional<std::string> leader;
  int64_t current_state_timestamp_ms = -1;  ///< since when the group is in its state; -1: unknown
  std::vector<Member> members;              ///< none: the group is empty
  bool operator==(const GroupValue&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.protocol_type);
    io(m.generation);
    io(m.protocol);
    io(m.leader);
    io(m.current_state_timestamp_ms, kafka::since(2));
    io(m.members);
  }
};

GroupRecord make_record(const OffsetKey& key, const std::optional<OffsetValue>& value);
GroupRecord make_record(const GroupKey& key, const std::optional<GroupValue>& value);

/// A record as read back; nullopt values are tombstones.
struct OffsetRecord {
  OffsetKey key;
  std::optional<OffsetValue> value;
};
struct GroupStateRecord {
  GroupKey key;
  std::optional<GroupValue> value;
};
/// Of a type that this program does not write (consumer groups of KIP-848, share groups): to be passed over.
struct OtherRecord {};
using ParsedGroupRecord = std::variant<OffsetRecord, GroupStateRecord, OtherRecord>;

/// kMalformed, or kUnsupported for a value of a version after 4.
Result<ParsedGroupRecord> parse_record(std::string_view key, std::optional<std::string_view> value);

}  // namespace freshet::broker
