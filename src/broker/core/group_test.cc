#include "broker/core/group.h"

#include <gtest/gtest.h>

#include "broker/core/group_harness.h"

namespace freshet::broker {
namespace {

using kafka::KafkaError;

TEST(Group, DynamicMemberIsGivenAnIdFirst) {
  Harness h;
  const auto first = h.join({});
  ASSERT_TRUE(*first);
  EXPECT_EQ((*first)->error, KafkaError::kMemberIdRequired);
  EXPECT_TRUE((*first)->member_id.starts_with("client-"));
  EXPECT_EQ((*first)->generation_id, -1);

  const auto second = h.join({.member = (*first)->member_id});
  EXPECT_FALSE(*second) << "waits for the initial delay";
  h.advance_ms(h.settings.initial_rebalance_delay_ms);
  ASSERT_TRUE(*second);
  EXPECT_EQ((*second)->error, KafkaError::kNone);
  EXPECT_EQ((*second)->generation_id, 1);
  EXPECT_EQ((*second)->leader, (*first)->member_id);
  EXPECT_EQ((*second)->protocol_name, "range");
  EXPECT_EQ((*second)->members.size(), 1U);
}

TEST(Group, OldVersionsJoinAtOnce) {
  Harness h;
  const auto joined = h.join({.version = 3});
  h.advance_ms(h.settings.initial_rebalance_delay_ms);
  ASSERT_TRUE(*joined);
  EXPECT_EQ((*joined)->error, KafkaError::kNone);
}

TEST(Group, MembersWhoStartTogetherShareTheFirstGeneration) {
  Harness h;
  std::vector<Answer<kafka::JoinGroupResponse>> joins;
  for (int i = 0; i < 5; ++i) {
    joins.push_back(h.join_twice({}));
    h.advance_ms(h.settings.initial_rebalance_delay_ms / 2);
  }
  h.advance_ms(h.settings.initial_rebalance_delay_ms * 2);
  for (const auto& joined : joins) {
    ASSERT_TRUE(*joined);
    EXPECT_EQ((*joined)->generation_id, 1);
  }
}

TEST(Group, ProtocolWithMostVotesThatAllSupportIsChosen) {
  Harness h;
  const auto a = h.join_twice({.protocols = {{"sticky", "a1"}, {"range", "a2"}}});
  const auto b = h.join_twice({.protocols = {{"range", "b2"}, {"sticky", "b1"}, {"other", ""}}});
  const auto c = h.join_twice({.protocols = {{"range", "c2"}, {"sticky", "c1"}}});
  h.advance_ms(500);
  ASSERT_TRUE(*a && *b && *c);
  EXPECT_EQ((*a)->protocol_name, "range");
  const auto& leader = !(*a)->members.empty() ? *a : !(*b)->members.empty() ? *b : *c;
  ASSERT_EQ(leader->members.size(), 3U);
  std::set<std::string> metadata;
  for (const auto& member : leader->members) metadata.insert(member.metadata);
  EXPECT_EQ(metadata, (std::set<std::string>{"a2", "b2", "c2"}));
}

TEST(Group, InconsistentProtocolIsRefused) {
  Harness h;
  h.stable_member();
  EXPECT_EQ((*h.join({.protocols = {{"mine", ""}}}))->error, KafkaError::kInconsistentGroupProtocol);
  EXPECT_EQ((*h.join({.protocol_type = "connect"}))->error, KafkaError::kInconsistentGroupProtocol);
  EXPECT_EQ((*h.join({.group = "new", .protocols = {}}))->error, KafkaError::kInconsistentGroupProtocol);
}

TEST(Group, LimitsAreEnforced) {
  GroupSettings settings;
  settings.max_members = 1;
  settings.max_groups = 1;
  settings.max_member_bytes = 100;
  Harness h(settings);
  EXPECT_EQ((*h.join({.group = ""}))->error, KafkaError::kInvalidGroupId);
  EXPECT_EQ((*h.join({.session_timeout_ms = 10}))->error, KafkaError::kInvalidSessionTimeout);
  EXPECT_EQ((*h.join({.protocols = {{"range", std::string(101, 'm')}}}))->error, KafkaError::kGroupMaxSizeReached);
  h.stable_member();
  EXPECT_EQ((*h.join({}))->error, KafkaError::kGroupMaxSizeReached);
  EXPECT_EQ((*h.join({.group = "another"}))->error, KafkaError::kGroupMaxSizeReached);
}

TEST(Group, FollowerWaitsForTheLeadersAssignment) {
  Harness h;
  const auto a = h.join_twice({});
  const auto b = h.join_twice({});
  h.advance_ms(500);
  const std::string leader = (*a)->leader;
  const std::string follower = (*a)->member_id == leader ? (*b)->member_id : (*a)->member_id;
  h.log.automatic = false;

  const auto follower_sync = h.sync("g", follower, 1);
  EXPECT_FALSE(*follower_sync);
  const auto leader_sync = h.sync("g", leader, 1, {{leader, "p0"}, {follower, "p1"}});
  EXPECT_FALSE(*leader_sync) << "the assignment is not durable yet";
  EXPECT_EQ(h.heartbeat("g", follower, 1), KafkaError::kNone);
  h.log.settle(true);

  ASSERT_TRUE(*follower_sync && *leader_sync);
  EXPECT_EQ((*follower_sync)->assignment, "p1");
  EXPECT_EQ((*leader_sync)->assignment, "p0");
  EXPECT_EQ((*leader_sync)->protocol_type, "consumer");
  EXPECT_EQ(h.coordinator->find("g")->state(), Group::State::kStable);
}

TEST(Group, AssignmentThatCannotBeStoredStartsTheRebalanceAnew) {
  Harness h;
  const auto joined = h.join_twice({});
  h.advance_ms(500);
  const std::string member = (*joined)->member_id;
  h.log.automatic = false;
  const auto synced = h.sync("g", member, 1, {{member, "p0"}});
  h.log.settle(false);
  ASSERT_TRUE(*synced);
  EXPECT_EQ((*synced)->error, KafkaError::kCoordinatorNotAvailable);
  EXPECT_EQ(h.heartbeat("g", member, 1), KafkaError::kRebalanceInProgress);
}

TEST(Group, HeartbeatTellsWhatIsWrong) {
  Harness h;
  const std::string member = h.stable_member();
  EXPECT_EQ(h.heartbeat("g", member, 1), KafkaError::kNone);
  EXPECT_EQ(h.heartbeat("g", member, 2), KafkaError::kIllegalGeneration);
  EXPECT_EQ(h.heartbeat("g", "stranger", 1), KafkaError::kUnknownMemberId);
  EXPECT_EQ(h.heartbeat("nowhere", member, 1), KafkaError::kUnknownMemberId);
  h.join_twice({});
  EXPECT_EQ(h.heartbeat("g", member, 1), KafkaError::kRebalanceInProgress);
}

TEST(Group, NewMemberWaitsUntilTheOthersRejoin) {
  Harness h;
  const std::string first = h.stable_member();
  const auto second = h.join_twice({});
  h.advance_ms(1000);
  EXPECT_FALSE(*second);
  const auto rejoined = h.join({.member = first});
  ASSERT_TRUE(*rejoined && *second);
  EXPECT_EQ((*rejoined)->generation_id, 2);
  EXPECT_EQ((*second)->generation_id, 2);
  EXPECT_EQ((*second)->leader, first);
  EXPECT_TRUE((*second)->members.empty());
}

TEST(Group, MemberThatDoesNotRejoinIsDroppedAtTheRebalanceTimeout) {
  Harness h;
  const std::string first = h.stable_member({.session_timeout_ms = 100'000, .rebalance_timeout_ms = 5'000});
  const auto second = h.join_twice({.rebalance_timeout_ms = 5'000});
  h.advance_ms(4'990);
  EXPECT_FALSE(*second);
  h.advance_ms(20);
  ASSERT_TRUE(*second);
  EXPECT_EQ((*second)->leader, (*second)->member_id);
  EXPECT_EQ(h.heartbeat("g", first, 2), KafkaError::kUnknownMemberId);
}

TEST(Group, SilentMemberExpiresAndTheGroupBecomesEmpty) {
  Harness h;
  const std::string member = h.stable_member();
  h.advance_ms(9'000);
  EXPECT_EQ(h.heartbeat("g", member, 1), KafkaError::kNone);
  h.advance_ms(9'990);
  EXPECT_EQ(h.coordinator->find("g")->members().size(), 1U);
  h.advance_ms(20);
  EXPECT_EQ(h.coordinator->find("g")->state(), Group::State::kEmpty);
  EXPECT_EQ(h.coordinator->find("g")->generation(), 2);
}

TEST(Group, MemberThatNeverSyncsIsDropped) {
  Harness h;
  const auto a = h.join_twice({.session_timeout_ms = 100'000, .rebalance_timeout_ms = 5'000});
  const auto b = h.join_twice({.session_timeout_ms = 100'000, .rebalance_timeout_ms = 5'000});
  h.advance_ms(500);
  const std::string leader = (*a)->leader;
  const std::string follower = (*a)->member_id == leader ? (*b)->member_id : (*a)->member_id;
  (void)h.sync("g", leader, 1, {{leader, "p0"}, {follower, "p1"}});
  h.advance_ms(6'000);
  EXPECT_EQ(h.heartbeat("g", follower, 1), KafkaError::kUnknownMemberId);
  EXPECT_EQ(h.heartbeat("g", leader, 1), KafkaError::kRebalanceInProgress);
}

TEST(Group, PendingMemberIsWaitedForUntilItsSessionEnds) {
  Harness h;
  const std::string first = h.stable_member();
  (void)h.join({.session_timeout_ms = 6'000});  // takes an id and never comes back
  const auto second = h.join_twice({});
  const auto rejoined = h.join({.member = first});
  EXPECT_FALSE(*rejoined);
  h.advance_ms(6'000);
  ASSERT_TRUE(*rejoined && *second);
  EXPECT_EQ((*second)->generation_id, 2);
}

TEST(Group, LostAnswersCanBeAskedForAgain) {
  Harness h;
  const std::string first = h.stable_member();
  const auto second = h.join_twice({});
  (void)h.join({.member = first});
  const std::string follower = (*second)->member_id;
  const auto again = h.join({.member = follower});  // completing: same metadata
  ASSERT_TRUE(*again);
  EXPECT_EQ((*again)->generation_id, 2);
  (void)h.sync("g", first, 2, {{first, "x"}, {follower, "y"}});
  EXPECT_EQ((**h.sync("g", follower, 2)).assignment, "y");
  const auto stable = h.join({.member = follower});  // stable: a follower with nothing new
  ASSERT_TRUE(*stable);
  EXPECT_EQ((*stable)->generation_id, 2);
  EXPECT_FALSE(*h.join({.member = follower, .protocols = {{"range", "other topics"}}})) << "new metadata: rebalance";
}

TEST(Group, SyncChecksGenerationAndProtocol) {
  Harness h;
  const std::string member = h.stable_member();
  EXPECT_EQ((**h.sync("g", member, 7)).error, KafkaError::kIllegalGeneration);
  EXPECT_EQ((**h.sync("g", "stranger", 1)).error, KafkaError::kUnknownMemberId);
  EXPECT_EQ((**h.sync("g", member, 1)).assignment, "all of it");
}

TEST(Group, LeavingIsSeenAtOnce) {
  Harness h;
  const std::string first = h.stable_member();
  const auto second = h.join_twice({});
  const auto leaving = h.leave("g", {{first, {}}, {"stranger", {}}});
  EXPECT_EQ(leaving.error, KafkaError::kNone);
  EXPECT_EQ(leaving.members[0].error, KafkaError::kNone);
  EXPECT_EQ(leaving.members[1].error, KafkaError::kUnknownMemberId);
  ASSERT_TRUE(*second);
  EXPECT_EQ((*second)->generation_id, 2);
  EXPECT_EQ(h.leave("g", {{"stranger", {}}}, 1).error, KafkaError::kUnknownMemberId);
  EXPECT_EQ(h.leave("g", {{(*second)->member_id, {}}}, 1).error, KafkaError::kNone);
  EXPECT_EQ(h.coordinator->find("g")->state(), Group::State::kEmpty);
}

TEST(Group, RefusedLeaveDoesNotDisturbTheOthers) {
  Harness h;
  const std::string member = h.stable_member();
  (void)h.leave("g", {{"stranger", {}}});
  EXPECT_EQ(h.heartbeat("g", member, 1), KafkaError::kNone);
}

}  // namespace
}  // namespace freshet::broker
