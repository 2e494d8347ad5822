#include <gtest/gtest.h>

#include <algorithm>

#include "broker/core/authorized.h"
#include "broker/core/group_harness.h"

namespace freshet::broker {
namespace {

using kafka::KafkaError;

/// What a consumer subscribes to, as Kafka's clients encode it: version 1, topics, user data.
std::string subscription(const std::vector<std::string>& topics) {
  std::string bytes;
  append_big(bytes, int16_t{1});
  append_big(bytes, static_cast<int32_t>(topics.size()));
  for (const std::string& topic : topics) {
    append_big(bytes, static_cast<int16_t>(topic.size()));
    bytes += topic;
  }
  append_big(bytes, int32_t{-1});
  return bytes;
}

kafka::DescribeGroupsResponse::Group describe(const Harness& harness, std::string_view group, int16_t version = 6,
                                              bool operations = false) {
  kafka::DescribeGroupsRequest request;
  request.groups = {group, group};
  request.include_authorized_operations = operations;
  const auto response = harness.coordinator->describe(request, version);
  EXPECT_EQ(response.groups.size(), 1u);
  return response.groups.at(0);
}

std::vector<std::string> listed(const Harness& harness, std::vector<std::string_view> states = {},
                                std::vector<std::string_view> types = {}) {
  kafka::ListGroupsRequest request;
  request.states_filter = std::move(states);
  request.types_filter = std::move(types);
  std::vector<std::string> ids;
  for (const auto& group : harness.coordinator->list(request).groups) ids.push_back(group.group_id);
  return ids;
}

Answer<kafka::DeleteGroupsResponse> remove(Harness& harness, std::vector<std::string_view> groups) {
  auto slot = std::make_shared<std::optional<kafka::DeleteGroupsResponse>>();
  kafka::DeleteGroupsRequest request;
  request.groups = std::move(groups);
  harness.coordinator->remove(request, harness.into<kafka::DeleteGroupsResponse>(slot));
  return slot;
}

Answer<kafka::OffsetDeleteResponse> remove_offsets(Harness& harness, std::string_view topic,
                                                   const std::vector<int32_t>& partitions,
                                                   std::string_view group = "g") {
  auto slot = std::make_shared<std::optional<kafka::OffsetDeleteResponse>>();
  kafka::OffsetDeleteRequest request;
  request.group_id = group;
  auto& wanted = request.topics.emplace_back();
  wanted.name = topic;
  for (const int32_t partition : partitions) wanted.partitions.push_back({partition});
  const auto exists = [](std::string_view name, int32_t partition) { return name != "missing" && partition < 100; };
  harness.coordinator->remove_offsets(request, exists, harness.into<kafka::OffsetDeleteResponse>(slot));
  return slot;
}

TEST(DescribeGroups, ShowsAStableGroupWithItsMembers) {
  Harness harness;
  JoinWish wish;
  wish.instance = "i1";
  wish.protocols = {{"range", subscription({"t"})}};
  const std::string member = harness.stable_member(wish);
  const auto group = describe(harness, "g");
  EXPECT_EQ(group.error, KafkaError::kNone);
  EXPECT_EQ(group.state, "Stable");
  EXPECT_EQ(group.protocol_type, "consumer");
  EXPECT_EQ(group.protocol_data, "range");
  EXPECT_EQ(group.authorized_operations, kafka::kNoAuthorizedOperations);
  ASSERT_EQ(group.members.size(), 1u);
  EXPECT_EQ(group.members[0].member_id, member);
  EXPECT_EQ(group.members[0].group_instance_id, "i1");
  EXPECT_EQ(group.members[0].client_id, "client");
  EXPECT_EQ(group.members[0].client_host, "/127.0.0.1");
  EXPECT_EQ(group.members[0].metadata, subscription({"t"}));
  EXPECT_EQ(group.members[0].assignment, "all of it");
  EXPECT_EQ(describe(harness, "g", 5, true).authorized_operations, kGroupOperations);
}

TEST(DescribeGroups, AnUnknownGroupIsDeadAndFromV6OnAnError) {
  Harness harness;
  EXPECT_EQ(describe(harness, "none", 5).state, "Dead");
  EXPECT_EQ(describe(harness, "none", 5).error, KafkaError::kNone);
  EXPECT_EQ(describe(harness, "none", 6).error, KafkaError::kGroupIdNotFound);
  EXPECT_EQ(describe(harness, "none", 6).error_message, "Group none not found.");
}

TEST(DescribeGroups, DuringARebalanceMetadataIsLeftOut) {
  Harness harness;
  harness.stable_member();
  JoinWish other;
  other.client_id = "other";
  (void)harness.join_twice(other);
  const auto group = describe(harness, "g");
  EXPECT_EQ(group.state, "PreparingRebalance");
  EXPECT_EQ(group.protocol_data, "");
  EXPECT_EQ(group.members.size(), 2u);
  for (const auto& member : group.members) EXPECT_EQ(member.metadata, "");
}

TEST(ListGroups, FiltersByStateAndType) {
  Harness harness;
  harness.stable_member();
  harness.commit({.group = "idle"});
  EXPECT_EQ(listed(harness), (std::vector<std::string>{"g", "idle"}));
  EXPECT_EQ(listed(harness, {"stable"}), std::vector<std::string>{"g"});
  EXPECT_EQ(listed(harness, {"Empty", "Dead"}), std::vector<std::string>{"idle"});
  EXPECT_EQ(listed(harness, {}, {"Classic"}).size(), 2u);
  EXPECT_TRUE(listed(harness, {}, {"consumer"}).empty());
}

TEST(DeleteGroups, TakesGroupAndOffsetsAwayForGood) {
  Harness harness;
  const std::string member = harness.stable_member();
  harness.commit({.group = "idle", .offsets = {{0, 5}, {1, 6}}});
  auto answer = remove(harness, {"idle", "g", "none", "idle"});
  ASSERT_TRUE(*answer);
  ASSERT_EQ((*answer)->results.size(), 3u);
  EXPECT_EQ((*answer)->results[0].error, KafkaError::kNone);
  EXPECT_EQ((*answer)->results[1].error, KafkaError::kNonEmptyGroup);
  EXPECT_EQ((*answer)->results[2].error, KafkaError::kGroupIdNotFound);
  EXPECT_EQ(listed(harness), std::vector<std::string>{"g"});
  harness.leave("g", {{member, {}}});
  EXPECT_EQ((*remove(harness, {"g"}))->results[0].error, KafkaError::kNone);
  harness.crash_and_restart();
  EXPECT_TRUE(listed(harness).empty());
  EXPECT_EQ(harness.committed("idle", 0), -1);
  EXPECT_EQ(harness.unreadable, 0u);
}

TEST(DeleteGroups, AnswersOnlyOnceItIsDurable) {
  Harness harness;
  harness.commit({.group = "idle"});
  harness.log.automatic = false;
  auto answer = remove(harness, {"idle"});
  EXPECT_FALSE(*answer);
  EXPECT_EQ(harness.committed("idle", 0), 1);
  harness.log.settle(false);
  EXPECT_EQ((*answer)->results[0].error, KafkaError::kCoordinatorNotAvailable);
  EXPECT_EQ(harness.committed("idle", 0), 1);
  answer = remove(harness, {"idle"});
  harness.log.settle(true);
  EXPECT_EQ((*answer)->results[0].error, KafkaError::kNone);
  EXPECT_TRUE(listed(harness).empty());
}

TEST(DeleteGroups, TakesACommitUnderWayWithIt) {
  Harness harness;
  harness.commit({.group = "idle"});
  harness.log.automatic = false;
  harness.commit({.group = "idle", .offsets = {{7, 9}}});
  auto answer = remove(harness, {"idle"});
  harness.log.settle(true);
  EXPECT_EQ((*answer)->results[0].error, KafkaError::kNone);
  EXPECT_EQ(harness.committed("idle", 7), -1);
}

TEST(DeleteGroups, WhoJoinsMeanwhileKeepsTheGroup) {
  Harness harness;
  harness.commit({.group = "g"});
  harness.log.automatic = false;
  auto answer = remove(harness, {"g"});
  JoinWish wish;
  wish.version = 3;
  auto joined = harness.join(wish);
  harness.log.settle(true);
  EXPECT_EQ((*answer)->results[0].error, KafkaError::kNone);
  EXPECT_EQ(harness.committed("g", 0), -1);
  EXPECT_EQ(listed(harness), std::vector<std::string>{"g"});
  harness.log.automatic = true;
  harness.advance_ms(harness.settings.initial_rebalance_delay_ms + 1);
  ASSERT_TRUE(*joined);
  EXPECT_EQ((*joined)->error, KafkaError::kNone);
}

TEST(DeleteGroups, OfOurOwnStreamsIsForbidden) {
  Harness harness;
  harness.coordinator->reserve("freshet.p.s");
  auto slot = std::make_shared<std::optional<KafkaError>>();
  harness.coordinator->commit_positions("freshet.p.s", {{"t", 0, 5, -1, ""}}, harness.log.now,
                                        harness.into<KafkaError>(slot));
  EXPECT_EQ((*remove(harness, {"freshet.p.s"}))->results[0].error, KafkaError::kGroupAuthorizationFailed);
  EXPECT_EQ((*remove_offsets(harness, "t", {0}, "freshet.p.s"))->error, KafkaError::kGroupAuthorizationFailed);
  EXPECT_EQ(harness.committed("freshet.p.s", 0), 5);
}

TEST(DeleteGroups, ThousandsAtOnceWithAllTheirOffsets) {
  Harness harness;
  std::vector<std::string> names;
  std::vector<std::pair<int32_t, int64_t>> offsets;
  for (int32_t partition = 0; partition < 10; ++partition) offsets.emplace_back(partition, 5);
  for (int i = 0; i < 1'000; ++i) names.push_back("g" + std::to_string(i));
  for (const std::string& name : names) harness.commit({.group = name, .offsets = offsets});
  auto answer = remove(harness, {names.begin(), names.end()});
  ASSERT_EQ((*answer)->results.size(), 1'000u);
  EXPECT_TRUE(listed(harness).empty());
  EXPECT_TRUE(harness.coordinator->offsets().groups().empty());
  EXPECT_EQ(harness.answered_twice, 0u);
}

TEST(OffsetDelete, TakesOnlyWhatNobodyReads) {
  Harness harness;
  JoinWish wish;
  wish.protocols = {{"range", subscription({"read"})}};
  const std::string member = harness.stable_member(wish);
  const int32_t generation = harness.coordinator->find("g")->generation();
  harness.commit({.member = member, .generation = generation, .offsets = {{0, 1}, {1, 2}}, .topic = "left"});
  harness.commit({.member = member, .generation = generation, .topic = "read"});
  auto left = remove_offsets(harness, "left", {0, 5, 200});
  EXPECT_EQ((*left)->error, KafkaError::kNone);
  EXPECT_EQ((*left)->topics[0].partitions[0].error, KafkaError::kNone);
  EXPECT_EQ((*left)->topics[0].partitions[1].error, KafkaError::kNone) << "nothing was committed there";
  EXPECT_EQ((*left)->topics[0].partitions[2].error, KafkaError::kUnknownTopicOrPartition);
  EXPECT_EQ((*remove_offsets(harness, "read", {0}))->topics[0].partitions[0].error,
            KafkaError::kGroupSubscribedToTopic);
  harness.crash_and_restart();
  EXPECT_EQ(harness.committed("g", 0, "left"), -1);
  EXPECT_EQ(harness.committed("g", 1, "left"), 2);
  EXPECT_EQ(harness.committed("g", 0, "read"), 1);
}

TEST(OffsetDelete, RefusesUnknownGroupsAndThoseThatAreNotConsumers) {
  Harness harness;
  EXPECT_EQ((*remove_offsets(harness, "t", {0}, "none"))->error, KafkaError::kGroupIdNotFound);
  JoinWish connect;
  connect.protocol_type = "connect";
  harness.stable_member(connect);
  EXPECT_EQ((*remove_offsets(harness, "t", {0}))->error, KafkaError::kNonEmptyGroup);
}

TEST(OffsetDelete, ASubscriptionThatCannotBeReadMayBeAnything) {
  Harness harness;
  JoinWish wish;
  wish.protocols = {{"range", "x"}};
  harness.stable_member(wish);
  EXPECT_EQ((*remove_offsets(harness, "t", {0}))->topics[0].partitions[0].error, KafkaError::kGroupSubscribedToTopic);
}

}  // namespace
}  // namespace freshet::broker
