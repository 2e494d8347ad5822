#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "broker/core/group_harness.h"

/// Simulated members join, heartbeat, commit, leave, crash and come back under a random schedule, while appends are
/// slow or fail and the coordinator itself is killed. FRESHET_SEED=… runs a schedule again.
namespace freshet::broker {
namespace {

using kafka::KafkaError;

struct World;

/// A consumer as the clients' libraries behave. `request` counts; answers to earlier ones went to a closed connection.
class Consumer {
 public:
  Consumer(World& world, std::string group, std::string name, bool is_static, int16_t version)
      : world_(world), group_(std::move(group)), name_(std::move(name)), is_static_(is_static), version_(version) {}

  void step(int64_t now_ms);
  void start() {
    if (!running_) connection_lost(), running_ = true, member_.clear(), generation_ = -1;
  }
  void crash() { running_ = false, connection_lost(); }
  void leave();
  void connection_lost() { ++request_, waiting_ = false, phase_ = Phase::kJoin; }
  bool running() const { return running_; }
  bool settled(int32_t generation) const { return phase_ == Phase::kStable && generation_ == generation; }
  const std::string& group() const { return group_; }
  std::string describe() const {
    return fmt::format("{} member {} phase {} generation {} waiting {}", name_, member_, static_cast<int>(phase_),
                       generation_, waiting_);
  }

 private:
  enum class Phase { kJoin, kSync, kStable };
  std::optional<std::string_view> instance() const {
    return is_static_ ? std::optional<std::string_view>(name_) : std::nullopt;
  }
  template <class Response>
  Respond<Response> on(void (Consumer::*handler)(const Response&));
  void send_join();
  void send_sync();
  void send_heartbeat();
  void send_commit();
  void joined(const kafka::JoinGroupResponse& response);
  void synced(const kafka::SyncGroupResponse& response);
  void beaten(const kafka::HeartbeatResponse& response) { failed(response.error); }
  void committed(const kafka::OffsetCommitResponse& response);
  void failed(KafkaError error) {
    if (error == KafkaError::kNone) return;
    if (error == KafkaError::kUnknownMemberId || error == KafkaError::kFencedInstanceId) member_.clear();
    phase_ = Phase::kJoin;
  }

  World& world_;
  const std::string group_;
  const std::string name_;
  const bool is_static_;
  const int16_t version_;
  bool running_ = false;
  uint64_t request_ = 0;
  bool waiting_ = false;
  Phase phase_ = Phase::kJoin;
  std::string member_;
  int32_t generation_ = -1;
  std::vector<std::string> to_assign_;
  int64_t heartbeat_due_ms_ = 0;
  int64_t committing_ = 0;
};

struct World {
  explicit World(uint64_t seed) : random(seed) {
    settings.cleanup_interval_ms = int64_t{1} << 40;  // a group that is forgotten begins again with generation 1
    coordinator = std::make_unique<GroupCoordinator>(log, settings);
    coordinator->loaded(log.now);
    log.automatic = false;
  }
  size_t below(size_t n) { return static_cast<size_t>(random() % n); }
  Uuid fresh() {
    Uuid uuid;
    store_big(reinterpret_cast<char*>(uuid.bytes.data()), ++uuids);
    return uuid;
  }
  void pass_ms(int64_t ms) {
    log.now.steady_us += ms * 1000;
    log.now.wall_ms += ms;
  }
  void kill_coordinator() {
    log.crash();
    coordinator.reset();
    coordinator = std::make_unique<GroupCoordinator>(log, settings);
    for (const auto& batch : log.batches) {
      for (const GroupRecord& record : batch) {
        ASSERT_TRUE(coordinator->replay(record.key,
                                        record.value ? std::optional<std::string_view>(*record.value) : std::nullopt));
      }
    }
    coordinator->loaded(log.now);
    outstanding.clear();
    for (const auto& [key, offset] : acknowledged) {
      const OffsetValue* value = coordinator->offsets().find(key.first, "t", key.second);
      ASSERT_NE(value, nullptr);
      ASSERT_GE(value->offset, offset);
    }
    for (auto& consumer : consumers) consumer->connection_lost();
  }

  std::mt19937_64 random;
  GroupSettings settings;
  MemoryGroupLog log;
  std::unique_ptr<GroupCoordinator> coordinator;
  std::vector<std::unique_ptr<Consumer>> consumers;
  uint64_t uuids = 0;
  uint64_t requests = 0;
  std::set<uint64_t> outstanding;
  uint64_t stable_answers = 0;
  int64_t next_offset = 0;
  std::map<std::pair<std::string, int32_t>, int64_t> acknowledged;
  std::map<std::pair<std::string, int32_t>, std::string> assignment_of;  ///< group, generation → the one assignment
};

template <class Response>
Respond<Response> Consumer::on(void (Consumer::*handler)(const Response&)) {
  const uint64_t id = ++world_.requests;
  world_.outstanding.insert(id);
  waiting_ = true;
  return [this, id, handler, request = ++request_](const Response& response) {
    EXPECT_EQ(world_.outstanding.erase(id), 1U) << "answered twice, or by a coordinator that is gone";
    if (request != request_) return;
    waiting_ = false;
    (this->*handler)(response);
  };
}

void Consumer::step(int64_t now_ms) {
  if (!running_ || waiting_) return;
  if (phase_ == Phase::kJoin) return send_join();
  if (phase_ == Phase::kSync) return send_sync();
  if (now_ms >= heartbeat_due_ms_) {
    heartbeat_due_ms_ = now_ms + 3'000;
    send_heartbeat();
  } else if (world_.below(4) == 0) {
    send_commit();
  }
}

void Consumer::send_join() {
  kafka::JoinGroupRequest request;
  request.group_id = group_;
  request.member_id = member_;
  request.group_instance_id = instance();
  request.session_timeout_ms = 10'000;
  request.rebalance_timeout_ms = 20'000;
  request.protocol_type = "consumer";
  const std::string metadata = world_.below(10) == 0 ? "other" : "topics";
  request.protocols = {{"range", metadata}, {"sticky", metadata}};
  if (world_.below(2) == 0) std::swap(request.protocols[0], request.protocols[1]);
  world_.coordinator->join(request, version_, {name_, "127.0.0.1"}, world_.fresh(), world_.log.now,
                           on(&Consumer::joined));
}

void Consumer::joined(const kafka::JoinGroupResponse& response) {
  if (response.error == KafkaError::kMemberIdRequired) {
    member_ = response.member_id;
    return;
  }
  if (response.error != KafkaError::kNone) return failed(response.error);
  member_ = response.member_id;
  EXPECT_GT(response.generation_id, 0);
  generation_ = response.generation_id;
  to_assign_.clear();
  if (response.leader == member_ && !response.skip_assignment) {
    EXPECT_FALSE(response.members.empty());
    for (const auto& member : response.members) to_assign_.push_back(member.member_id);
  }
  phase_ = Phase::kSync;
}

void Consumer::send_sync() {
  kafka::SyncGroupRequest request;
  request.group_id = group_;
  request.member_id = member_;
  request.group_instance_id = instance();
  request.generation_id = generation_;
  const std::string assignment = fmt::format("{} of {} #{}", generation_, group_, ++world_.uuids);
  for (const std::string& member : to_assign_) request.assignments.push_back({member, assignment});
  world_.coordinator->sync(request, world_.log.now, on(&Consumer::synced));
}

void Consumer::synced(const kafka::SyncGroupResponse& response) {
  if (response.error != KafkaError::kNone) return failed(response.error);
  phase_ = Phase::kStable;
  ++world_.stable_answers;
  std::string& known = world_.assignment_of[{group_, generation_}];
  if (known.empty()) known = response.assignment;
  EXPECT_EQ(known, response.assignment) << "two assignments in one generation";
  EXPECT_TRUE(response.assignment.starts_with(fmt::format("{} of {} #", generation_, group_))) << response.assignment;
}

void Consumer::send_heartbeat() {
  kafka::HeartbeatRequest request{group_, generation_, member_, instance()};
  world_.coordinator->heartbeat(request, world_.log.now, on(&Consumer::beaten));
}

void Consumer::send_commit() {
  committing_ = ++world_.next_offset;
  kafka::OffsetCommitRequest request;
  request.group_id = group_;
  request.member_id = member_;
  request.group_instance_id = instance();
  request.generation_id = generation_;
  request.topics.push_back({"t", {{static_cast<int32_t>(committing_ % 4), committing_, 0, "m"}}});
  world_.coordinator->commit(
      request, 9, [](std::string_view, int32_t) { return true; }, world_.log.now, on(&Consumer::committed));
}

void Consumer::committed(const kafka::OffsetCommitResponse& response) {
  const auto& partition = response.topics[0].partitions[0];
  if (partition.error == KafkaError::kNone) {
    int64_t& acknowledged = world_.acknowledged[{group_, partition.index}];
    acknowledged = std::max(acknowledged, committing_);
  }
  if (partition.error != KafkaError::kCoordinatorNotAvailable) failed(partition.error);
}

void Consumer::leave() {
  kafka::LeaveGroupRequest request;
  request.group_id = group_;
  auto& member = request.members.emplace_back();
  member.member_id = member_;
  member.group_instance_id = instance();
  const uint64_t id = ++world_.requests;
  world_.outstanding.insert(id);
  world_.coordinator->leave(request, 5, world_.log.now, [this, id](const kafka::LeaveGroupResponse&) {
    EXPECT_EQ(world_.outstanding.erase(id), 1U);
  });
  crash();
}

void disturb(World& world) {
  Consumer& consumer = *world.consumers[world.below(world.consumers.size())];
  switch (world.below(200)) {
    case 0:
    case 1:
      return consumer.crash();
    case 2:
      if (consumer.running()) consumer.leave();
      return;
    case 3:
      return consumer.connection_lost();
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
      return consumer.start();
    case 9:
      if (world.below(10) == 0) world.kill_coordinator();
      return;
    case 10:
      if (world.log.waiting() > 0) world.log.settle_one(false);
      return;
    case 11:
      return world.coordinator->compact_if_large(uint64_t{1} << 40);
    case 12:
      return world.pass_ms(static_cast<int64_t>(world.below(12'000)));
    default:
      return;
  }
}

void run_schedule(uint64_t seed) {
  SCOPED_TRACE(fmt::format("FRESHET_SEED={}", seed));
  World world(seed);
  for (size_t i = 0; i < 18; ++i) {
    const bool is_static = world.below(3) == 0;
    const auto version = static_cast<int16_t>(is_static ? 5 + world.below(5) : world.below(10));
    world.consumers.push_back(
        std::make_unique<Consumer>(world, i % 3 == 0 ? "a" : "b", fmt::format("c{}", i), is_static, version));
  }
  const auto turn = [&] {
    world.pass_ms(static_cast<int64_t>(world.below(120)));
    world.coordinator->tick(world.log.now);
    for (auto& consumer : world.consumers) consumer->step(world.log.now.steady_us / 1000);
    if (world.log.waiting() > 0 && world.below(3) > 0) world.log.settle_one(true);
  };
  for (int i = 0; i < 6'000; ++i) {
    disturb(world);
    if (::testing::Test::HasFatalFailure()) return;
    turn();
  }
  for (auto& consumer : world.consumers) consumer->start();
  for (int i = 0; i < 6'000; ++i) turn();  // some six minutes of peace
  for (auto& consumer : world.consumers) {
    const Group* group = world.coordinator->find(consumer->group());
    ASSERT_NE(group, nullptr);
    EXPECT_EQ(group->state(), Group::State::kStable);
    EXPECT_TRUE(consumer->settled(group->generation())) << consumer->describe();
  }
  EXPECT_EQ(world.coordinator->find("a")->members().size(), 6U);
  EXPECT_EQ(world.coordinator->find("b")->members().size(), 12U);
  for (auto& consumer : world.consumers) consumer->crash();
  world.log.settle(true);
  EXPECT_TRUE(world.outstanding.empty()) << world.outstanding.size() << " requests were never answered";
  EXPECT_GT(world.stable_answers, 50U);
}

TEST(GroupRandom, MembersAlwaysReachAStableGenerationAndNoAnswerIsLost) {
  const char* given = std::getenv("FRESHET_SEED");
  if (given != nullptr) return run_schedule(std::strtoull(given, nullptr, 10));
  const uint64_t first = std::random_device{}();
  for (uint64_t seed = first; seed < first + 40 && !HasFailure(); ++seed) run_schedule(seed);
}

}  // namespace
}  // namespace freshet::broker
