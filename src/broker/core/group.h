#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "broker/core/group_records.h"
#include "broker/core/group_types.h"
#include "kafka/group_messages.h"

namespace freshet::broker {

/// A consumer group of the classic protocol (KIP-62, KIP-345, KIP-394, KIP-814), behaving as Kafka 4.1's:
///
///     Empty ── join ──▶ PreparingRebalance ── everyone joined, or time-out ──▶ CompletingRebalance
///       ▲                   ▲   │ nobody left                                      │ leader's assignment stored
///       └───────────────────┼───┘                                                  ▼
///                           └──────── join, leave, time-out of a member ──────── Stable
///
/// Joins wait for the rebalance, syncs for the leader's assignment. No I/O: time is a parameter (milliseconds that
/// never go back), answers and writes go to GroupEffects. One thread at a time. The coordinator is the one to use it.
class Group {
 public:
  enum class State { kEmpty, kPreparingRebalance, kCompletingRebalance, kStable };
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  struct Protocol {
    std::string name;
    std::string metadata;  ///< opaque: the assignor's
    bool operator==(const Protocol&) const = default;
  };
  struct Member {
    std::string id;
    std::optional<std::string> instance_id;  ///< static member
    std::string client_id;
    std::string client_host;
    int32_t rebalance_timeout_ms = 0;
    int32_t session_timeout_ms = 0;
    std::vector<Protocol> protocols;  ///< in order of preference
    std::string assignment;
    int64_t expires_ms = 0;
    bool is_new = false;                     ///< waits for its first rebalance
    bool synced = false;                     ///< has asked for the current generation's assignment
    Respond<kafka::JoinGroupResponse> join;  ///< waits for a rebalance
    Respond<kafka::SyncGroupResponse> sync;  ///< waits for the leader
    bool skips_assignment = false;           ///< of a static member's join that waits to be stored: v9
    std::string leader_to_name;              ///< the same before v9: the leader as it was before
    size_t size_bytes() const;
    const std::string* metadata(std::string_view protocol) const;
  };
  struct JoinContext {
    int16_t version = 0;
    GroupClient client;
    Uuid fresh;  ///< random: for a new member id
    int64_t now_ms = 0;
  };

  Group(std::string id, const GroupSettings& settings, GroupEffects& effects)
      : id_(std::move(id)), settings_(settings), effects_(effects) {}
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  void join(const kafka::JoinGroupRequest& request, const JoinContext& context,
            Respond<kafka::JoinGroupResponse> respond);
  void sync(const kafka::SyncGroupRequest& request, int64_t now_ms, Respond<kafka::SyncGroupResponse> respond);
  kafka::KafkaError heartbeat(const kafka::HeartbeatRequest& request, int64_t now_ms);
  kafka::KafkaError leave(std::string_view member_id, const std::optional<std::string_view>& instance_id);
  /// To be called once after a request's leave() calls: the rest goes on without them.
  void left(int64_t now_ms);
  /// Whether this member may commit in this generation. Counts as a heartbeat.
  kafka::KafkaError check_commit(std::string_view member_id, const std::optional<std::string_view>& instance_id,
                                 int32_t generation, int64_t now_ms);

  /// A write is durable, or failed.
  void stored(const GroupStore& store, bool ok, int64_t now_ms);
  /// Time-outs that have come. Does nothing before deadline_ms().
  void tick(int64_t now_ms);
  /// Never later than the next time-out; perhaps earlier.
  int64_t deadline_ms() const { return deadline_ms_; }

  /// From the log; sessions begin anew at `now_ms`.
  void restore(const GroupValue& value, int64_t now_ms);
  /// What a store is to write. `wall_ms` for the record's own time.
  GroupValue value(const GroupStore& store, int64_t wall_ms) const;

  const std::string& id() const { return id_; }
  State state() const { return state_; }
  int32_t generation() const { return generation_; }
  const std::string& protocol_type() const { return protocol_type_; }
  const std::optional<std::string>& protocol_name() const { return protocol_name_; }
  const std::string& leader() const { return leader_; }
  const std::map<std::string, Member, std::less<>>& members() const { return members_; }
  /// Nobody is in it or on the way into it.
  bool idle() const { return state_ == State::kEmpty && pending_.empty(); }

 private:
  using Members = std::map<std::string, Member, std::less<>>;

  void join_new(const kafka::JoinGroupRequest& request, const JoinContext& context,
                Respond<kafka::JoinGroupResponse> respond);
  void join_known(const kafka::JoinGroupRequest& request, const JoinContext& context,
                  Respond<kafka::JoinGroupResponse> respond);
  void add_member(std::string member_id, const kafka::JoinGroupRequest& request, const JoinContext& context,
                  Respond<kafka::JoinGroupResponse> respond);
  void replace_static(const std::string& new_id, const kafka::JoinGroupRequest& request, const JoinContext& context,
                      Respond<kafka::JoinGroupResponse> respond);
  void rejoin(Member& member, const kafka::JoinGroupRequest& request, int64_t now_ms,
              Respond<kafka::JoinGroupResponse> respond);
  void refuse(Respond<kafka::JoinGroupResponse> respond, std::string_view member_id, kafka::KafkaError error);
  kafka::KafkaError check_join(const kafka::JoinGroupRequest& request) const;
  kafka::JoinGroupResponse joined(const Member& member) const;
  std::vector<kafka::JoinGroupResponse::Member> member_list() const;

  void ask_rebalance(int64_t now_ms);
  void prepare_rebalance(int64_t now_ms);
  void try_complete_join(int64_t now_ms);
  void complete_join(int64_t now_ms);
  bool elect_joined_leader();
  void begin_generation(int64_t now_ms);
  void take_assignments(const kafka::SyncGroupRequest& request, int64_t now_ms);
  void answer_syncs(kafka::KafkaError error, int64_t now_ms);
  kafka::SyncGroupResponse assigned(const Member& member) const;
  void remove_member(const std::string& member_id);
  GroupValue current_value(int64_t wall_ms) const;
  void expire_members(int64_t now_ms);
  void expire_syncs(int64_t now_ms);
  void end_initial_delay(int64_t now_ms);

  kafka::KafkaError check_member(std::string_view member_id, const std::optional<std::string_view>& instance_id) const;
  bool supported_by_all(std::string_view protocol) const;
  std::string select_protocol() const;
  int32_t rebalance_timeout_ms() const;
  void touch(Member& member, int64_t now_ms);
  void schedule(int64_t at_ms) { deadline_ms_ = std::min(deadline_ms_, at_ms); }
  int64_t exact_deadline_ms() const;

  const std::string id_;
  const GroupSettings& settings_;
  GroupEffects& effects_;

  State state_ = State::kEmpty;
  int32_t generation_ = 0;
  std::string protocol_type_;
  std::optional<std::string> protocol_name_;
  std::string leader_;  ///< empty: none
  Members members_;
  std::map<std::string, std::string, std::less<>> static_members_;  ///< instance id → member id
  std::map<std::string, int64_t, std::less<>> pending_;          ///< ids given out (KIP-394), until when they may join
  std::map<std::string, std::string, std::less<>> assignments_;  ///< of the leader, while they are being stored
  bool storing_assignments_ = false;

  int64_t join_deadline_ms_ = kNever;
  int64_t sync_deadline_ms_ = kNever;
  bool initial_delay_ = false;   ///< the join deadline is that of the first members' gathering
  bool gathered_more_ = false;   ///< and somebody came during it
  int64_t initial_left_ms_ = 0;  ///< by which it may still be extended
  bool lost_members_ = false;    ///< since the last left()
  int64_t deadline_ms_ = kNever;
};

/// "Stable", as Kafka's tools print it.
std::string_view state_name(Group::State state);

}  // namespace freshet::broker
