#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/group_coordinator.h"

/// For tests: a coordinator over a log in memory, with a clock that is moved by hand.
namespace freshet::broker {

/// Appends become durable when told to. What is durable is kept as batches, as after a crash.
class MemoryGroupLog : public GroupLog {
 public:
  void append(std::vector<GroupRecord> records, Done done) override {
    waiting_.push_back({{std::move(records)}, false, std::move(done)});
    if (automatic) settle(true);
  }
  void replace_with(std::vector<std::vector<GroupRecord>> all, Done done) override {
    waiting_.push_back({std::move(all), true, std::move(done)});
    if (automatic) settle(true);
  }
  /// Answers everything that waits.
  void settle(bool durable) {
    while (!waiting_.empty()) settle_one(durable);
  }
  void settle_one(bool durable) {
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    if (durable) {
      if (next.replaces) batches.clear();
      for (auto& records : next.batches) batches.push_back(std::move(records));
    }
    next.done(durable, now);
  }
  size_t waiting() const { return waiting_.size(); }
  void crash() { waiting_.clear(); }

  std::vector<std::vector<GroupRecord>> batches;
  bool automatic = true;
  Now now{1'700'000'000'000, 1'000'000};

 private:
  struct Waiting {
    std::vector<std::vector<GroupRecord>> batches;
    bool replaces;
    Done done;
  };
  std::deque<Waiting> waiting_;
};

template <class Response>
using Answer = std::shared_ptr<std::optional<Response>>;

struct JoinWish {
  std::string group = "g";
  std::string member = "";
  std::optional<std::string> instance = {};
  std::vector<std::pair<std::string, std::string>> protocols = {{"range", "topics"}};
  int16_t version = 9;
  int32_t session_timeout_ms = 10'000;
  int32_t rebalance_timeout_ms = 60'000;
  std::string client_id = "client";
  std::string protocol_type = "consumer";
};
struct CommitWish {
  std::string group = "g";
  std::string member = "";
  int32_t generation = -1;
  std::vector<std::pair<int32_t, int64_t>> offsets = {{0, 1}};  ///< of topic "t"
  std::string metadata = "";
  std::string topic = "t";
  int16_t version = 9;
};

struct Harness {
  explicit Harness(GroupSettings group_settings = {}) : settings(std::move(group_settings)) { start(); }

  void start() {
    coordinator = std::make_unique<GroupCoordinator>(log, settings);
    for (const auto& batch : log.batches) {
      for (const GroupRecord& record : batch) {
        const auto value = record.value ? std::optional<std::string_view>(*record.value) : std::nullopt;
        if (!coordinator->replay(record.key, value)) ++unreadable;
      }
    }
    coordinator->loaded(log.now);
  }
  void crash_and_restart() {
    log.crash();
    coordinator.reset();
    start();
  }
  /// Moves the clock, stopping at each deadline on the way.
  void advance_ms(int64_t ms) {
    const int64_t end_us = log.now.steady_us + ms * 1000;
    while (log.now.steady_us < end_us) {
      const int64_t next_us = std::min(end_us, std::max(coordinator->next_deadline_us(), log.now.steady_us + 1000));
      log.now.wall_ms += (next_us - log.now.steady_us) / 1000;
      log.now.steady_us = next_us;
      coordinator->tick(log.now);
    }
  }

  template <class Response>
  Respond<Response> into(const Answer<Response>& slot) {
    return [this, slot](Response response) {
      if (*slot) ++answered_twice;
      *slot = std::move(response);
    };
  }

  Answer<kafka::JoinGroupResponse> join(const JoinWish& join) {
    kafka::JoinGroupRequest request;
    request.group_id = join.group;
    request.member_id = join.member;
    if (join.instance) request.group_instance_id = *join.instance;
    request.protocol_type = join.protocol_type;
    for (const auto& [name, metadata] : join.protocols) request.protocols.push_back({name, metadata});
    request.session_timeout_ms = join.session_timeout_ms;
    request.rebalance_timeout_ms = join.rebalance_timeout_ms;
    Uuid fresh;
    store_big(reinterpret_cast<char*>(fresh.bytes.data()), ++uuids);
    auto slot = std::make_shared<std::optional<kafka::JoinGroupResponse>>();
    coordinator->join(request, join.version, {join.client_id, "127.0.0.1"}, fresh, log.now,
                      into<kafka::JoinGroupResponse>(slot));
    return slot;
  }
  /// Takes the id that v4 and later are given first, and joins with it.
  Answer<kafka::JoinGroupResponse> join_twice(JoinWish join, std::string* member = nullptr) {
    const auto first = this->join(join);
    join.member = (*first)->member_id;
    if (member != nullptr) *member = join.member;
    return this->join(join);
  }
  Answer<kafka::SyncGroupResponse> sync(const std::string& group, const std::string& member, int32_t generation,
                                        const std::vector<std::pair<std::string, std::string>>& assignments = {},
                                        const std::optional<std::string>& instance = {}) {
    kafka::SyncGroupRequest request;
    request.group_id = group;
    request.member_id = member;
    request.generation_id = generation;
    if (instance) request.group_instance_id = *instance;
    for (const auto& [id, assignment] : assignments) request.assignments.push_back({id, assignment});
    auto slot = std::make_shared<std::optional<kafka::SyncGroupResponse>>();
    coordinator->sync(request, log.now, into<kafka::SyncGroupResponse>(slot));
    return slot;
  }
  kafka::KafkaError heartbeat(const std::string& group, const std::string& member, int32_t generation,
                              const std::optional<std::string>& instance = {}) {
    kafka::HeartbeatRequest request{group, generation, member, {}};
    if (instance) request.group_instance_id = *instance;
    auto slot = std::make_shared<std::optional<kafka::HeartbeatResponse>>();
    coordinator->heartbeat(request, log.now, into<kafka::HeartbeatResponse>(slot));
    return (*slot)->error;
  }
  kafka::LeaveGroupResponse leave(const std::string& group,
                                  const std::vector<std::pair<std::string, std::optional<std::string>>>& members,
                                  int16_t version = 5) {
    kafka::LeaveGroupRequest request;
    request.group_id = group;
    if (version < 3) request.member_id = members[0].first;
    for (const auto& [id, instance] : members) {
      auto& member = request.members.emplace_back();
      member.member_id = id;
      if (instance) member.group_instance_id = *instance;
    }
    auto slot = std::make_shared<std::optional<kafka::LeaveGroupResponse>>();
    coordinator->leave(request, version, log.now, into<kafka::LeaveGroupResponse>(slot));
    return **slot;
  }

  Answer<kafka::OffsetCommitResponse> commit(const CommitWish& commit) {
    kafka::OffsetCommitRequest request;
    request.group_id = commit.group;
    request.member_id = commit.member;
    request.generation_id = commit.generation;
    request.topics.push_back({commit.topic, {}});
    for (const auto& [partition, offset] : commit.offsets) {
      request.topics[0].partitions.push_back({partition, offset, 0, commit.metadata});
    }
    auto slot = std::make_shared<std::optional<kafka::OffsetCommitResponse>>();
    const auto exists = [](std::string_view topic, int32_t partition) { return topic != "missing" && partition < 100; };
    coordinator->commit(request, commit.version, exists, log.now, into<kafka::OffsetCommitResponse>(slot));
    return slot;
  }
  static kafka::KafkaError error_of(const Answer<kafka::OffsetCommitResponse>& answer, size_t partition = 0) {
    return (*answer)->topics[0].partitions[partition].error;
  }
  int64_t committed(const std::string& group, int32_t partition, const std::string& topic = "t") const {
    const OffsetValue* value = coordinator->offsets().find(group, topic, partition);
    return value == nullptr ? -1 : value->offset;
  }

  /// One member alone in a stable group of generation 1 or later.
  std::string stable_member(JoinWish wish = {}) {
    std::string member;
    auto joined = wish.instance ? join(wish) : join_twice(wish, &member);
    advance_ms(settings.initial_rebalance_delay_ms + 1);
    member = (*joined)->member_id;
    (void)sync(wish.group, member, (*joined)->generation_id, {{member, "all of it"}}, wish.instance);
    return member;
  }

  GroupSettings settings;
  MemoryGroupLog log;
  std::unique_ptr<GroupCoordinator> coordinator;
  uint64_t uuids = 0;
  size_t unreadable = 0;
  size_t answered_twice = 0;
};

}  // namespace freshet::broker
