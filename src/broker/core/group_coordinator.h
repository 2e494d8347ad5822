#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "broker/core/call.h"
#include "broker/core/group.h"
#include "broker/core/group_log.h"
#include "broker/core/group_types.h"
#include "broker/core/offsets.h"
#include "kafka/group_admin_messages.h"
#include "kafka/group_messages.h"
#include "kafka/offset_messages.h"

namespace freshet::broker {

/// All consumer groups and their committed offsets: a state machine without I/O, threads, clocks or random numbers.
///
/// Every request function calls its `respond` exactly once: at its own end, or at that of a later call (a rebalance
/// came to its end, a write became durable, a time-out passed in tick()). `respond` may call back in. Nothing is
/// answered or applied before the record that holds it is durable. A request's client may be gone: then drop the
/// answer; its member stays until its session time-out, as in Kafka.
///
/// Starting: replay() each record of kOffsetsTopic in order, then loaded(). Members of before are members again, with
/// their generation and assignment, and have their session time-out from loaded() on to be heard of.
/// One thread at a time. The log and everything that `respond` refers to must outlive it.
class GroupCoordinator {
 public:
  GroupCoordinator(GroupLog& log, GroupSettings settings);
  ~GroupCoordinator();
  GroupCoordinator(const GroupCoordinator&) = delete;
  GroupCoordinator& operator=(const GroupCoordinator&) = delete;

  // Starting.
  /// A record of the log. kMalformed: it is skipped, and the caller says so.
  Result<void> replay(std::string_view key, std::optional<std::string_view> value);
  void loaded(const Now& now);

  // Requests of clients. Requests look into their frame only until the function returns.
  /// `fresh`: a random UUID, part of the member's id if it gets one.
  void join(const kafka::JoinGroupRequest& request, int16_t version, const GroupClient& client, const Uuid& fresh,
            const Now& now, Respond<kafka::JoinGroupResponse> respond);
  void sync(const kafka::SyncGroupRequest& request, const Now& now, Respond<kafka::SyncGroupResponse> respond);
  void heartbeat(const kafka::HeartbeatRequest& request, const Now& now, Respond<kafka::HeartbeatResponse> respond);
  void leave(const kafka::LeaveGroupRequest& request, int16_t version, const Now& now,
             Respond<kafka::LeaveGroupResponse> respond);
  /// `exists`: whether a topic has that partition; offsets of others are refused with UNKNOWN_TOPIC_OR_PARTITION.
  using PartitionExists = std::function<bool(std::string_view topic, int32_t partition)>;
  void commit(const kafka::OffsetCommitRequest& request, int16_t version, const PartitionExists& exists, const Now& now,
              Respond<kafka::OffsetCommitResponse> respond);
  kafka::OffsetFetchResponse fetch(const kafka::OffsetFetchRequest& request, int16_t version) const;

  // Administrators (group_admin.cc).
  /// An unknown group is Dead; from v6 on that is an error.
  kafka::DescribeGroupsResponse describe(const kafka::DescribeGroupsRequest& request, int16_t version) const;
  kafka::ListGroupsResponse list(const kafka::ListGroupsRequest& request) const;
  /// Groups without members go with their offsets. Those of our own streams do not.
  void remove(const kafka::DeleteGroupsRequest& request, Respond<kafka::DeleteGroupsResponse> respond);
  /// `exists` as for commit().
  void remove_offsets(const kafka::OffsetDeleteRequest& request, const PartitionExists& exists,
                      Respond<kafka::OffsetDeleteResponse> respond);

  // The ingester in the same process.
  struct Position {
    std::string topic;
    int32_t partition = 0;
    int64_t offset = -1;
    int32_t leader_epoch = -1;
    std::string metadata;
    bool operator==(const Position&) const = default;
  };
  /// Clients may read this group's offsets, but neither join it nor commit to it (GROUP_AUTHORIZATION_FAILED).
  void reserve(std::string group);
  /// All positions as one record batch: all or none. kNone once durable; kOffsetMetadataTooLarge,
  /// kCoordinatorNotAvailable (nothing was written; try again), kUnknownMemberId (the group has members).
  void commit_positions(const std::string& group, const std::vector<Position>& positions, const Now& now,
                        Respond<kafka::KafkaError> respond);
  std::vector<Position> committed(std::string_view group) const;

  /// A topic was deleted: its offsets are forgotten in all groups.
  void forget_topic(std::string_view topic, const Now& now);

  // Driving it.
  void tick(const Now& now);
  /// When tick() has something to do, in Now::steady_us; INT64_MAX: never.
  int64_t next_deadline_us() const;
  /// To be called now and then with the size of the topic's log: begins a compaction when much of it is out of date.
  void compact_if_large(uint64_t log_bytes);

  // Looking at it.
  struct Summary {
    std::string group;
    std::string state;  ///< Kafka's name
    std::string protocol_type;
    int32_t generation = 0;
    size_t members = 0;
    size_t offsets = 0;
  };
  std::vector<Summary> summaries() const;
  const Group* find(std::string_view group) const;  ///< valid until the next call
  const OffsetStore& offsets() const { return offsets_; }

 private:
  struct Entry {
    Entry(std::string id, const GroupSettings& settings, GroupEffects& effects)
        : group(std::move(id), settings, effects) {}
    Group group;
    uint64_t serial = 0;  ///< another object of the same name is another group
    int64_t scheduled_ms = Group::kNever;
    int64_t empty_since_wall_ms = 0;
    size_t writes = 0;  ///< under way
  };
  using Entries = std::map<std::string, std::unique_ptr<Entry>, std::less<>>;
  class Turn;

  Entry* entry(std::string_view group) const;
  Entry* make_entry(std::string_view group, const Now& now);
  kafka::KafkaError check_group(std::string_view group) const;
  void settle(Entry& entry, const Now& now);
  void write(Entry& entry, const GroupStore& store, const Now& now);
  void append(Entry* entry, std::vector<GroupRecord> records, GroupLog::Done done);
  void apply(const std::vector<GroupRecord>& records);
  void reschedule(Entry& entry);
  void unschedule(Entry& entry);
  void run_answers();
  void clean_up(const Now& now);
  /// For the offsets of these groups that `is_meant` picks, durable or under way.
  using IsMeant = std::function<bool(const OffsetKey&)>;
  std::vector<GroupRecord> tombstones_of(const std::set<std::string, std::less<>>& groups,
                                         const IsMeant& is_meant) const;
  void append_all(std::vector<GroupRecord> records, std::function<void(bool durable)> done);
  kafka::KafkaError check_removal(std::string_view group) const;
  void erase_if_gone(const std::string& id, uint64_t serial);
  void expire_offsets(Entry& entry, const Now& now);
  bool never_expires(std::string_view group) const;
  std::vector<kafka::OffsetFetchResponse::Topic> fetch_topics(
      std::string_view group, const std::optional<std::vector<kafka::OffsetFetchRequest::Topic>>& wanted) const;

  GroupLog& log_;
  const GroupSettings settings_;
  GroupEffects effects_;
  Entries entries_;
  std::set<std::pair<int64_t, std::string>> deadlines_;
  std::set<std::string, std::less<>> reserved_;
  OffsetStore offsets_;
  std::map<std::string, GroupValue, std::less<>> stored_groups_;           ///< group metadata as the log holds it
  std::deque<std::shared_ptr<const std::vector<GroupRecord>>> under_way_;  ///< appends without an answer yet, in order
  uint64_t next_serial_ = 0;
  int64_t cleanup_due_ms_ = 0;
  uint64_t compacted_bytes_ = 0;  ///< size of the last compaction
  bool compacting_ = false;
  int depth_ = 0;  ///< of public functions: answers run when the outermost ends
};

}  // namespace freshet::broker
