#include "broker/core/offsets.h"

#include <gtest/gtest.h>

#include "broker/core/group_harness.h"

namespace freshet::broker {
namespace {

using kafka::KafkaError;
constexpr int64_t kDayMs = 24 * 3'600'000;

TEST(Offsets, CommitIsAppliedAndAnsweredOnlyOnceDurable) {
  Harness h;
  h.log.automatic = false;
  const auto answer = h.commit({.offsets = {{0, 10}, {1, 20}}, .metadata = "m"});
  EXPECT_FALSE(*answer);
  EXPECT_EQ(h.committed("g", 0), -1);
  h.log.settle(true);
  ASSERT_TRUE(*answer);
  EXPECT_EQ(Harness::error_of(answer), KafkaError::kNone);
  EXPECT_EQ(h.committed("g", 1), 20);
  ASSERT_EQ(h.log.batches.size(), 1U) << "one request is one batch";
  EXPECT_EQ(h.log.batches[0].size(), 2U);
}

TEST(Offsets, CommitThatFailsIsNotApplied) {
  Harness h;
  h.log.automatic = false;
  const auto answer = h.commit({.offsets = {{0, 10}}});
  h.log.settle(false);
  EXPECT_EQ(Harness::error_of(answer), KafkaError::kCoordinatorNotAvailable);
  EXPECT_EQ(h.committed("g", 0), -1);
}

TEST(Offsets, MembershipDecidesWhoMayCommit) {
  Harness h;
  EXPECT_EQ(Harness::error_of(h.commit({.group = "new", .member = "m", .generation = 3, .version = 9})),
            KafkaError::kGroupIdNotFound);
  EXPECT_EQ(Harness::error_of(h.commit({.group = "new", .member = "m", .generation = 3, .version = 8})),
            KafkaError::kIllegalGeneration);
  const std::string member = h.stable_member();
  EXPECT_EQ(Harness::error_of(h.commit({.member = member, .generation = 1})), KafkaError::kNone);
  EXPECT_EQ(Harness::error_of(h.commit({.member = member, .generation = 0})), KafkaError::kIllegalGeneration);
  EXPECT_EQ(Harness::error_of(h.commit({.member = "stranger", .generation = 1})), KafkaError::kUnknownMemberId);
  EXPECT_EQ(Harness::error_of(h.commit({})), KafkaError::kUnknownMemberId) << "a simple consumer beside members";
  (void)h.join_twice({});
  EXPECT_EQ(Harness::error_of(h.commit({.member = member, .generation = 1})), KafkaError::kNone) << "before it rejoins";
  (void)h.join({.member = member});
  EXPECT_EQ(Harness::error_of(h.commit({.member = member, .generation = 2})), KafkaError::kRebalanceInProgress);
}

TEST(Offsets, UnknownPartitionsAndLongMetadataAreRefusedEachByItself) {
  Harness h;
  const auto answer = h.commit({.offsets = {{0, 1}, {500, 1}}});
  EXPECT_EQ(Harness::error_of(answer, 0), KafkaError::kNone);
  EXPECT_EQ(Harness::error_of(answer, 1), KafkaError::kUnknownTopicOrPartition);
  EXPECT_EQ(Harness::error_of(h.commit({.metadata = std::string(4096, 'm')})), KafkaError::kNone);
  EXPECT_EQ(Harness::error_of(h.commit({.metadata = std::string(4097, 'm')})), KafkaError::kOffsetMetadataTooLarge);
}

TEST(Offsets, FetchAnswersSingleAndBatchedGroups) {
  Harness h;
  (void)h.commit({.offsets = {{0, 10}}, .metadata = "note"});
  kafka::OffsetFetchRequest single;
  single.group_id = "g";
  single.topics.emplace().push_back({"t", {0, 7}});
  const auto one = h.coordinator->fetch(single, 7);
  EXPECT_EQ(one.topics[0].partitions[0].offset, 10);
  EXPECT_EQ(one.topics[0].partitions[0].metadata, "note");
  EXPECT_EQ(one.topics[0].partitions[1].offset, -1);
  EXPECT_EQ(one.topics[0].partitions[1].metadata, "");

  kafka::OffsetFetchRequest batched;
  batched.groups.push_back({"g", {}, -1, {}});
  batched.groups.push_back({"unknown", {}, -1, {}});
  const auto all = h.coordinator->fetch(batched, 9);
  ASSERT_EQ(all.groups.size(), 2U);
  EXPECT_EQ(all.groups[0].topics[0].partitions[0].offset, 10);
  EXPECT_TRUE(all.groups[1].topics.empty());
  EXPECT_EQ(all.groups[1].error, KafkaError::kNone);
}

TEST(Offsets, FetchAnswersOnceWhatIsNamedOften) {
  Harness h;
  (void)h.commit({.offsets = {{0, 10}, {1, 11}}, .metadata = std::string(1'000, 'm')});
  kafka::OffsetFetchRequest single;
  single.group_id = "g";
  single.topics.emplace().push_back({"t", {0, 0, 1, 0}});
  single.topics->push_back({"t", {1, 0}});
  single.topics->push_back({"t", {2}});
  const auto one = h.coordinator->fetch(single, 7);
  ASSERT_EQ(one.topics.size(), 2U);
  ASSERT_EQ(one.topics[0].partitions.size(), 2U);
  EXPECT_EQ(one.topics[0].partitions[1].offset, 11);
  EXPECT_EQ(one.topics[1].partitions.at(0).index, 2);

  kafka::OffsetFetchRequest batched;
  for (int i = 0; i < 3; ++i) batched.groups.push_back({"g", {}, -1, {}});
  EXPECT_EQ(h.coordinator->fetch(batched, 9).groups.size(), 1U);
}

TEST(Offsets, SurviveARestartWithTheMembers) {
  Harness h;
  const std::string member = h.stable_member({.instance = "i1"});
  (void)h.commit({.member = member, .generation = 1, .offsets = {{0, 42}}});
  h.log.automatic = false;
  (void)h.commit({.member = member, .generation = 1, .offsets = {{0, 43}}});  // lost: it was never answered
  h.crash_and_restart();

  EXPECT_EQ(h.committed("g", 0), 42);
  EXPECT_EQ(h.heartbeat("g", member, 1, "i1"), KafkaError::kNone) << "goes on with its generation";
  EXPECT_EQ((**h.sync("g", member, 1, {}, "i1")).assignment, "all of it");
  h.log.automatic = true;
  h.advance_ms(10'001);
  EXPECT_EQ(h.coordinator->find("g")->state(), Group::State::kEmpty) << "and has its session time-out";
}

TEST(Offsets, DeletedTopicIsForgottenInAllGroups) {
  Harness h;
  (void)h.commit({.group = "a", .offsets = {{0, 1}, {1, 2}}});
  (void)h.commit({.group = "b", .topic = "other"});
  h.log.automatic = false;
  (void)h.commit({.group = "b", .offsets = {{5, 5}}});  // under way
  h.coordinator->forget_topic("t", h.log.now);
  h.log.settle(true);
  EXPECT_EQ(h.committed("a", 0), -1);
  EXPECT_EQ(h.committed("b", 5), -1);
  EXPECT_EQ(h.committed("b", 0, "other"), 1);
  h.crash_and_restart();
  EXPECT_EQ(h.committed("a", 1), -1);
  EXPECT_EQ(h.committed("b", 0, "other"), 1);
}

TEST(Offsets, ExpireSevenDaysAfterTheGroupBecameEmptyButNeverOurOwn) {
  Harness h;
  const std::string member = h.stable_member();
  (void)h.commit({.member = member, .generation = 1});
  (void)h.commit({.group = "freshet.telemetry.events"});
  (void)h.commit({.group = "simple"});
  for (int i = 0; i < 3; ++i) {
    h.advance_ms(kDayMs / 12'000 * 1000);
    (void)h.heartbeat("g", member, 1);
  }
  h.advance_ms(6 * kDayMs);
  EXPECT_EQ(h.committed("g", 0), 1);
  h.advance_ms(kDayMs + 4 * 3'600'000);
  EXPECT_EQ(h.committed("g", 0), -1);
  EXPECT_EQ(h.committed("simple", 0), -1);
  EXPECT_EQ(h.coordinator->find("g"), nullptr) << "a group without members and offsets is gone";
  EXPECT_EQ(h.committed("freshet.telemetry.events", 0), 1);
  h.crash_and_restart();
  EXPECT_EQ(h.coordinator->find("g"), nullptr);
}

TEST(Offsets, IngestersPositionsAreOneBatchAndItsGroupIsReserved) {
  Harness h;
  const std::string group = "freshet.telemetry.events";
  h.coordinator->reserve(group);
  const std::vector<GroupCoordinator::Position> positions = {{"events", 0, 5, 2, "intent"},
                                                             {"events", 1, 6, 2, "intent"}};
  std::optional<KafkaError> answer;
  h.coordinator->commit_positions(group, positions, h.log.now, [&](KafkaError error) { answer = error; });
  EXPECT_EQ(answer, KafkaError::kNone);
  EXPECT_EQ(h.log.batches.size(), 1U);
  EXPECT_EQ(h.coordinator->committed(group), positions);
  EXPECT_EQ((*h.join({.group = group}))->error, KafkaError::kGroupAuthorizationFailed);
  EXPECT_EQ(Harness::error_of(h.commit({.group = group})), KafkaError::kGroupAuthorizationFailed);

  h.coordinator->commit_positions(group, {{"events", 0, 7, 2, std::string(4097, 'x')}}, h.log.now,
                                  [&](KafkaError error) { answer = error; });
  EXPECT_EQ(answer, KafkaError::kOffsetMetadataTooLarge);
}

TEST(Offsets, CompactionHoldsEverythingAlsoWhatIsUnderWay) {
  Harness h;
  const std::string member = h.stable_member();
  for (int64_t i = 0; i < 50; ++i) (void)h.commit({.group = "other", .offsets = {{static_cast<int32_t>(i % 5), i}}});
  h.log.automatic = false;
  (void)h.commit({.group = "other", .offsets = {{9, 99}}});
  h.coordinator->compact_if_large(1000);
  EXPECT_EQ(h.log.waiting(), 1U) << "small logs are left alone";
  h.coordinator->compact_if_large(1 << 30);
  (void)h.commit({.group = "other", .offsets = {{9, 100}}});
  h.log.settle(true);
  EXPECT_EQ(h.log.batches.size(), 3U);  // the state, what was under way, what came after

  h.log.automatic = true;
  h.crash_and_restart();
  EXPECT_EQ(h.committed("other", 9), 100);
  EXPECT_EQ(h.committed("other", 4), 49);
  EXPECT_EQ(h.heartbeat("g", member, 1), KafkaError::kNone);
}

}  // namespace
}  // namespace freshet::broker
