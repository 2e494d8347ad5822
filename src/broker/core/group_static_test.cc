#include <gtest/gtest.h>

#include "broker/core/group_harness.h"

namespace freshet::broker {
namespace {

using kafka::KafkaError;

TEST(StaticMember, RestartKeepsAssignmentWithoutRebalance) {
  Harness h;
  const std::string before = h.stable_member({.instance = "i1"});
  const auto restarted = h.join({.instance = "i1"});
  ASSERT_TRUE(*restarted);
  EXPECT_EQ((*restarted)->error, KafkaError::kNone);
  EXPECT_EQ((*restarted)->generation_id, 1);
  EXPECT_NE((*restarted)->member_id, before);
  EXPECT_EQ((*restarted)->leader, (*restarted)->member_id);
  EXPECT_TRUE((*restarted)->skip_assignment);
  EXPECT_EQ((*restarted)->members.size(), 1U);
  EXPECT_EQ((**h.sync("g", (*restarted)->member_id, 1, {}, "i1")).assignment, "all of it");
  EXPECT_EQ(h.heartbeat("g", before, 1, "i1"), KafkaError::kFencedInstanceId);
}

TEST(StaticMember, RestartedLeaderOfAnOldVersionIsNotToldThatItLeads) {
  Harness h;
  const std::string before = h.stable_member({.instance = "i1"});
  const auto restarted = h.join({.instance = "i1", .version = 8});
  ASSERT_TRUE(*restarted);
  EXPECT_EQ((*restarted)->leader, before);
  EXPECT_FALSE((*restarted)->skip_assignment);
  EXPECT_TRUE((*restarted)->members.empty());
}

TEST(StaticMember, RestartWithAnotherProtocolRebalances) {
  Harness h;
  h.stable_member({.instance = "i1", .protocols = {{"range", "a"}, {"sticky", "b"}}});
  const auto restarted = h.join({.instance = "i1", .protocols = {{"sticky", "b"}}});
  ASSERT_TRUE(*restarted);  // alone: the rebalance ends at once
  EXPECT_EQ((*restarted)->generation_id, 2);
  EXPECT_EQ((*restarted)->protocol_name, "sticky");
}

TEST(StaticMember, DuplicateOfAWaitingMemberFencesIt) {
  Harness h;
  const auto first = h.join({.instance = "i1"});
  EXPECT_FALSE(*first);
  const auto second = h.join({.instance = "i1"});
  ASSERT_TRUE(*first);
  EXPECT_EQ((*first)->error, KafkaError::kFencedInstanceId);
  h.advance_ms(500);
  ASSERT_TRUE(*second);
  EXPECT_EQ((*second)->error, KafkaError::kNone);
}

TEST(StaticMember, RestartDuringCompletingRebalancesAgain) {
  Harness h;
  const auto first = h.join({.instance = "i1"});
  h.advance_ms(500);
  ASSERT_TRUE(*first);
  const auto restarted = h.join({.instance = "i1"});
  ASSERT_TRUE(*restarted);
  EXPECT_EQ((*restarted)->generation_id, 2);
}

TEST(StaticMember, StaysInTheGroupWhenItMissesARebalance) {
  Harness h;
  h.stable_member({.instance = "i1", .session_timeout_ms = 100'000, .rebalance_timeout_ms = 5'000});
  const auto second = h.join_twice({.rebalance_timeout_ms = 5'000});
  h.advance_ms(5'100);
  ASSERT_TRUE(*second);
  EXPECT_EQ((*second)->leader, (*second)->member_id);
  EXPECT_EQ((*second)->members.size(), 2U);
}

TEST(StaticMember, AdministratorRemovesAnInstance) {
  Harness h;
  h.stable_member({.instance = "i1"});
  const auto response = h.leave("g", {{"", "i1"}, {"", "i2"}, {"wrong", "i1"}});
  EXPECT_EQ(response.members[0].error, KafkaError::kNone);
  EXPECT_EQ(response.members[1].error, KafkaError::kUnknownMemberId);
  EXPECT_EQ(h.coordinator->find("g")->state(), Group::State::kEmpty);
}

TEST(StaticMember, LeaveWithAnotherMemberIdIsFenced) {
  Harness h;
  h.stable_member({.instance = "i1"});
  EXPECT_EQ(h.leave("g", {{"wrong", "i1"}}).members[0].error, KafkaError::kFencedInstanceId);
}

}  // namespace
}  // namespace freshet::broker
