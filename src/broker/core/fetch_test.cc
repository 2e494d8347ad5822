#include <gtest/gtest.h>

#include "broker/core/core_harness.h"
#include "record/batch.h"

namespace freshet::broker {
namespace {

using kafka::FetchRequest;
using kafka::FetchResponse;
using kafka::KafkaError;

constexpr int16_t kVersion = 12;

TEST(Fetch, ReturnsBatchesAsTheyWereProduced) {
  CoreHarness broker;
  broker.create("t");
  broker.produced("t", broker.batch(3));
  const auto answer = broker.ask<FetchResponse>(CoreHarness::fetch("t", 0), kVersion);
  const auto& partition = answer.topics.at(0).partitions.at(0);
  EXPECT_EQ(partition.high_watermark, 3);
  const auto batch = record::BatchView::parse(partition.records.bytes());
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->count(), 3);
  EXPECT_TRUE(batch->crc_matches());
}

TEST(Fetch, WaitsForDataAndIsWokenByIt) {
  CoreHarness broker;
  broker.create("t");
  const uint64_t request = broker.send(CoreHarness::fetch("t", 0, 500), kVersion);
  EXPECT_FALSE(broker.answered(request));
  broker.produced("t", broker.batch(1));
  const auto answer = broker.answer_to<FetchResponse>(request, kVersion);
  EXPECT_FALSE(answer.topics[0].partitions[0].records.bytes().empty());
  EXPECT_EQ(broker.core->fetcher().parked(), 0u);
}

TEST(Fetch, IsAnsweredEmptyWhenItsTimeIsUp) {
  CoreHarness broker;
  broker.create("t");
  const uint64_t request = broker.send(CoreHarness::fetch("t", 0, 500), kVersion);
  EXPECT_LE(broker.core->next_deadline_us(), broker.now.steady_us + 500'000);
  broker.advance(499);
  EXPECT_FALSE(broker.answered(request));
  broker.advance(1);
  const auto answer = broker.answer_to<FetchResponse>(request, kVersion);
  EXPECT_FALSE(answer.topics[0].partitions[0].records.is_null);
  EXPECT_TRUE(answer.topics[0].partitions[0].records.bytes().empty());
}

TEST(Fetch, WaitsForItsLeastBytes) {
  CoreHarness broker;
  broker.create("t");
  auto wanted = CoreHarness::fetch("t", 0, 500);
  wanted.min_bytes = 1'000;
  const uint64_t request = broker.send(wanted, kVersion);
  broker.produced("t", broker.batch(1));
  EXPECT_FALSE(broker.answered(request));
  broker.produced("t", broker.batch(1, 1'000));
  EXPECT_TRUE(broker.answered(request));
}

TEST(Fetch, NamesErrorsAtOnce) {
  CoreHarness broker;
  broker.create("t");
  const auto error_of = [&](const FetchRequest& request) {
    return broker.ask<FetchResponse>(request, kVersion).topics.at(0).partitions.at(0).error;
  };
  EXPECT_EQ(error_of(CoreHarness::fetch("t", 1, 500)), KafkaError::kOffsetOutOfRange);
  EXPECT_EQ(error_of(CoreHarness::fetch("nowhere", 0, 500)), KafkaError::kUnknownTopicOrPartition);
  auto epoch = CoreHarness::fetch("t", 0, 500);
  epoch.topics[0].partitions[0].current_leader_epoch = 3;
  EXPECT_EQ(error_of(epoch), KafkaError::kUnknownLeaderEpoch);
  auto by_id = CoreHarness::fetch("", 0, 500);
  by_id.topics[0].id.bytes[0] = 9;
  EXPECT_EQ(broker.ask<FetchResponse>(by_id, 13).topics[0].partitions[0].error, KafkaError::kUnknownTopicId);
}

TEST(Fetch, GivesOneBatchHoweverLittleWasAskedFor) {
  CoreHarness broker;
  broker.create("t");
  broker.produced("t", broker.batch(1, 5'000));
  auto request = CoreHarness::fetch("t", 0);
  request.max_bytes = 10;
  request.topics[0].partitions[0].max_bytes = 10;
  EXPECT_GT(broker.ask<FetchResponse>(request, kVersion).topics[0].partitions[0].records.bytes().size(), 5'000u);
}

TEST(Fetch, DropsWhatWaitsWhenItsClientLeaves) {
  CoreHarness broker;
  broker.create("t");
  broker.send(CoreHarness::fetch("t", 0, 500), kVersion);
  EXPECT_EQ(broker.core->fetcher().parked(), 1u);
  broker.core->close(1);
  EXPECT_EQ(broker.core->fetcher().parked(), 0u);
}

TEST(Fetch, EndsWithAnErrorWhenItsTopicIsDeleted) {
  CoreHarness broker;
  broker.create("t");
  const uint64_t request = broker.send(CoreHarness::fetch("t", 0, 500), kVersion);
  broker.core->delete_topic(broker.core->catalog().find("t"),
                            [](const Result<void>& deleted) { EXPECT_TRUE(deleted); });
  broker.run_writer();
  EXPECT_EQ(broker.answer_to<FetchResponse>(request, kVersion).topics[0].partitions[0].error,
            KafkaError::kUnknownTopicOrPartition);
}

TEST(FetchSession, ContinuesWithChangesOnly) {
  CoreHarness broker;
  broker.create("a");
  broker.create("b");
  auto first = CoreHarness::fetch("a", 0);
  first.topics.push_back(CoreHarness::fetch("b", 0).topics[0]);
  first.session_epoch = 0;
  const auto opened = broker.ask<FetchResponse>(first, kVersion);
  ASSERT_NE(opened.session_id, 0);
  EXPECT_EQ(opened.topics.size(), 2u);

  FetchRequest next;
  next.session_id = opened.session_id;
  next.session_epoch = 1;
  EXPECT_TRUE(broker.ask<FetchResponse>(next, kVersion).topics.empty());
  broker.produced("b", broker.batch(1));
  next.session_epoch = 2;
  const auto changed = broker.ask<FetchResponse>(next, kVersion);
  ASSERT_EQ(changed.topics.size(), 1u);
  EXPECT_EQ(changed.topics[0].name, "b");
  EXPECT_EQ(changed.session_id, opened.session_id);

  next.session_epoch = 3;
  next.forgotten_topics.push_back({"b", {}, {0}});
  EXPECT_TRUE(broker.ask<FetchResponse>(next, kVersion).topics.empty());
}

TEST(FetchSession, RefusesUnknownOnesAndWrongEpochs) {
  CoreHarness broker;
  broker.create("a");
  auto first = CoreHarness::fetch("a", 0);
  first.session_epoch = 0;
  const int32_t id = broker.ask<FetchResponse>(first, kVersion).session_id;
  FetchRequest next;
  next.session_id = id;
  next.session_epoch = 5;
  EXPECT_EQ(broker.ask<FetchResponse>(next, kVersion).error, KafkaError::kInvalidFetchSessionEpoch);
  next.session_epoch = 1;
  EXPECT_EQ(broker.ask<FetchResponse>(next, 13).error, KafkaError::kFetchSessionTopicIdError);
  next.session_id = id + 1;
  EXPECT_EQ(broker.ask<FetchResponse>(next, kVersion).error, KafkaError::kFetchSessionIdNotFound);
}

TEST(FetchSessions, GiveWayOnlyWhenTheyAreOld) {
  Limits limits;
  limits.max_fetch_sessions = 2;
  FetchSessions sessions(limits, 42);
  const int32_t oldest = sessions.create(0)->id;
  sessions.create(10);
  EXPECT_EQ(sessions.create(20), nullptr);
  EXPECT_NE(sessions.create(limits.fetch_session_idle_ms + 1), nullptr);
  EXPECT_EQ(sessions.find(oldest), nullptr);
  EXPECT_EQ(sessions.size(), 2u);
  EXPECT_EQ(FetchSessions::next_epoch(INT32_MAX), 1);
}

}  // namespace
}  // namespace freshet::broker
