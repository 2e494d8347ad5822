#include <gtest/gtest.h>

#include "broker/core/authorized.h"
#include "broker/core/core_harness.h"

namespace freshet::broker {
namespace {

using kafka::KafkaError;

kafka::CreatePartitionsRequest growth(std::string_view topic, int32_t count) {
  kafka::CreatePartitionsRequest request;
  request.topics.push_back({topic, count, std::nullopt});
  return request;
}

kafka::CreatePartitionsResponse::Result grown(CoreHarness& broker, const kafka::CreatePartitionsRequest& request) {
  return broker.ask<kafka::CreatePartitionsResponse>(request, 3).results.at(0);
}

kafka::DeleteRecordsRequest deletion(std::string_view topic, int32_t partition, int64_t offset) {
  kafka::DeleteRecordsRequest request;
  request.topics.push_back({topic, {{partition, offset}}});
  return request;
}

kafka::DeleteRecordsResponse::Topic::Partition deleted(CoreHarness& broker,
                                                       const kafka::DeleteRecordsRequest& request) {
  return broker.ask<kafka::DeleteRecordsResponse>(request, 2).topics.at(0).partitions.at(0);
}

TEST(CreatePartitions, TheTopicGrowsAndCanBeWrittenAtOnce) {
  CoreHarness broker;
  broker.create("t", 2);
  const Uuid id = broker.core->catalog().find("t")->info->id;
  const int64_t before = broker.core->catalog().partition_count();
  EXPECT_EQ(grown(broker, growth("t", 5)).error, KafkaError::kNone);
  EXPECT_EQ(broker.core->catalog().find("t")->partitions.size(), 5u);
  EXPECT_EQ(broker.core->catalog().find(id)->info->partitions, 5);
  EXPECT_EQ(broker.core->catalog().partition_count(), before + 3);
  EXPECT_EQ(broker.grown, std::vector<std::string>{"t"});
  auto produce = broker.produce("t", broker.batch(3));
  produce.topics[0].partitions[0].index = 4;
  EXPECT_EQ(broker.ask<kafka::ProduceResponse>(produce, 9).topics.at(0).partitions.at(0).error, KafkaError::kNone);
  broker.kill_and_restart();
  EXPECT_EQ(broker.core->catalog().find("t")->partitions.at(4)->log_end(), Offset(3));
}

TEST(CreatePartitions, ATopicThatIsDeletedInTheSameMomentKeepsItsPartitionsUntilThen) {
  for (const bool grow : {true, false}) {
    CoreHarness broker;
    broker.create("t", 2);
    const auto topic = broker.core->catalog().find("t");
    if (grow) {
      broker.core->grow_topics({{topic->info->id, 4}}, [](const auto&) {});
    } else {
      broker.core->change_topics({{topic->info->id, false, {}}}, [](const auto&) {});
    }
    auto look = std::make_unique<Job>();
    look->done = [&](Job&) {
      const auto now = broker.core->catalog().find("t");
      ASSERT_TRUE(now);
      for (const auto& log : now->partitions) EXPECT_TRUE(log);
    };
    ASSERT_TRUE(broker.submit(std::move(look)));
    broker.core->delete_topic(topic, [](const Result<void>& done) { EXPECT_TRUE(done); });
    broker.run_writer();
    EXPECT_FALSE(broker.core->catalog().find("t"));
  }
}

TEST(CreatePartitions, RefusesInKafkasWords) {
  CoreHarness broker;
  broker.create("t", 2);
  EXPECT_EQ(grown(broker, growth("none", 5)).error, KafkaError::kUnknownTopicOrPartition);
  EXPECT_EQ(grown(broker, growth("t", 2)).error_message, "Topic already has 2 partition(s).");
  EXPECT_EQ(grown(broker, growth("t", 1)).error_message,
            "The topic t currently has 2 partition(s); 1 would not be an increase.");
  EXPECT_EQ(grown(broker, growth("t", 1)).error, KafkaError::kInvalidPartitions);
  EXPECT_EQ(grown(broker, growth("t", 1'001)).error, KafkaError::kInvalidPartitions);
  EXPECT_EQ(grown(broker, growth("__consumer_offsets", 3)).error, KafkaError::kPolicyViolation);
  auto twice = growth("t", 4);
  twice.topics.push_back(twice.topics[0]);
  const auto response = broker.ask<kafka::CreatePartitionsResponse>(twice, 3);
  ASSERT_EQ(response.results.size(), 1u);
  EXPECT_EQ(response.results[0].error, KafkaError::kInvalidRequest);
  EXPECT_EQ(broker.core->catalog().find("t")->partitions.size(), 2u);
}

TEST(CreatePartitions, AssignmentsMustFit) {
  CoreHarness broker;
  broker.create("t", 2);
  auto request = growth("t", 4);
  request.topics[0].assignments.emplace().push_back({{1}});
  EXPECT_EQ(grown(broker, request).error, KafkaError::kInvalidReplicaAssignment);
  request.topics[0].assignments->push_back({{7}});
  EXPECT_EQ(grown(broker, request).error, KafkaError::kInvalidReplicaAssignment);
  request.topics[0].assignments->back() = {{1}};
  request.validate_only = true;
  EXPECT_EQ(grown(broker, request).error, KafkaError::kNone);
  EXPECT_EQ(broker.core->catalog().find("t")->partitions.size(), 2u);
  request.validate_only = false;
  EXPECT_EQ(grown(broker, request).error, KafkaError::kNone);
  EXPECT_EQ(broker.core->catalog().find("t")->partitions.size(), 4u);
}

TEST(DescribeTopicPartitions, GivesPagesThatTogetherAreAll) {
  CoreHarness broker;
  broker.create("a", 3);
  broker.create("b", 4);
  kafka::DescribeTopicPartitionsRequest request;
  request.partition_limit = 2;
  std::map<std::string, std::vector<int32_t>> seen;
  for (int page = 0; page < 10; ++page) {
    const auto response = broker.ask<kafka::DescribeTopicPartitionsResponse>(request, 0);
    size_t partitions = 0;
    for (const auto& topic : response.topics) {
      for (const auto& partition : topic.partitions) seen[*topic.name].push_back(partition.index);
      partitions += topic.partitions.size();
    }
    EXPECT_LE(partitions, 2u);
    if (!response.next_cursor) break;
    broker.frames.push_back(response.next_cursor->topic);
    request.cursor.emplace(broker.frames.back(), response.next_cursor->index);
  }
  EXPECT_EQ(seen["a"], (std::vector<int32_t>{0, 1, 2}));
  EXPECT_EQ(seen["b"], (std::vector<int32_t>{0, 1, 2, 3}));
  EXPECT_EQ(seen["__consumer_offsets"], (std::vector<int32_t>{0}));
}

TEST(DescribeTopicPartitions, NamesWhatIsNotThere) {
  CoreHarness broker;
  broker.create("a", 1);
  kafka::DescribeTopicPartitionsRequest request;
  request.topics = {{"a"}, {"none"}, {"no name"}};
  const auto response = broker.ask<kafka::DescribeTopicPartitionsResponse>(request, 0);
  ASSERT_EQ(response.topics.size(), 3u);
  EXPECT_EQ(response.topics[0].authorized_operations, kTopicOperations);
  EXPECT_EQ(response.topics[1].error, KafkaError::kInvalidTopic);
  EXPECT_EQ(response.topics[2].error, KafkaError::kUnknownTopicOrPartition);
  EXPECT_FALSE(response.next_cursor);
}

TEST(DeleteRecords, MovesTheStartForEverybody) {
  CoreHarness broker;
  broker.create("t");
  broker.produced("t", broker.batch(10));
  broker.produced("t", broker.batch(10));
  const auto result = deleted(broker, deletion("t", 0, 12));
  EXPECT_EQ(result.error, KafkaError::kNone);
  EXPECT_EQ(result.low_watermark, 12);
  const auto fetched = broker.ask<kafka::FetchResponse>(CoreHarness::fetch("t", 3), 12);
  EXPECT_EQ(fetched.topics.at(0).partitions.at(0).error, KafkaError::kOffsetOutOfRange);
  EXPECT_EQ(broker.produced("t", broker.batch(1)).log_start_offset, 12);
  EXPECT_EQ(deleted(broker, deletion("t", 0, 5)).low_watermark, 12) << "never back";
  broker.kill_and_restart();
  kafka::ListOffsetsRequest earliest;
  earliest.topics.push_back({"t", {{0, -1, kafka::ListOffsetsRequest::kEarliest}}});
  EXPECT_EQ(broker.ask<kafka::ListOffsetsResponse>(earliest, 10).topics.at(0).partitions.at(0).offset, 12);
  EXPECT_EQ(deleted(broker, deletion("t", 0, -1)).low_watermark, 21) << "-1: everything";
}

TEST(DeleteRecords, RefusesWhatIsOutOfRangeUnknownInternalOrNamedTwice) {
  CoreHarness broker;
  broker.create("t");
  broker.produced("t", broker.batch(10));
  EXPECT_EQ(deleted(broker, deletion("t", 0, 11)).error, KafkaError::kOffsetOutOfRange);
  EXPECT_EQ(deleted(broker, deletion("t", 0, -2)).error, KafkaError::kOffsetOutOfRange);
  EXPECT_EQ(deleted(broker, deletion("t", 1, 1)).error, KafkaError::kUnknownTopicOrPartition);
  EXPECT_EQ(deleted(broker, deletion("none", 0, 1)).error, KafkaError::kUnknownTopicOrPartition);
  EXPECT_EQ(deleted(broker, deletion("__consumer_offsets", 0, 0)).error, KafkaError::kInvalidTopic);
  auto twice = deletion("t", 0, 1);
  twice.topics.push_back(twice.topics[0]);
  EXPECT_EQ(deleted(broker, twice).error, KafkaError::kInvalidRequest);
  EXPECT_EQ(broker.core->catalog().find("t")->partitions[0]->log_start(), Offset(0));
  broker.refuse_jobs = true;
  EXPECT_EQ(deleted(broker, deletion("t", 0, 1)).error, KafkaError::kRequestTimedOut);
}

TEST(DeleteRecords, KeepsWhatAStreamHasNotIngested) {
  CoreHarness broker;
  broker.create("t");
  broker.produced("t", broker.batch(10));
  broker.keep_from = Offset(4);
  EXPECT_EQ(deleted(broker, deletion("t", 0, 5)).error, KafkaError::kPolicyViolation);
  EXPECT_EQ(deleted(broker, deletion("t", 0, -1)).error, KafkaError::kPolicyViolation);
  EXPECT_EQ(deleted(broker, deletion("t", 0, 4)).low_watermark, 4);
}

TEST(DeleteRecords, WakesWhoWaitsBelowTheNewStart) {
  CoreHarness broker;
  broker.create("t");
  broker.produced("t", broker.batch(10));
  auto fetch = CoreHarness::fetch("t", 5, 60'000);
  fetch.min_bytes = 1 << 20;
  const uint64_t waiting = broker.send(fetch, 12);
  EXPECT_FALSE(broker.answered(waiting));
  deleted(broker, deletion("t", 0, 8));
  ASSERT_TRUE(broker.answered(waiting));
  EXPECT_EQ(broker.answer_to<kafka::FetchResponse>(waiting, 12).topics.at(0).partitions.at(0).error,
            KafkaError::kOffsetOutOfRange);
}

TEST(OffsetForLeaderEpoch, KnowsTheOnlyEpoch) {
  CoreHarness broker;
  broker.create("t");
  broker.produced("t", broker.batch(10));
  kafka::OffsetForLeaderEpochRequest request;
  request.topics.push_back({"t", {{0, 0, 0}, {0, -1, 7}, {0, 3, 0}, {5, -1, 0}}});
  const auto answered = broker.ask<kafka::OffsetForLeaderEpochResponse>(request, 4).topics.at(0).partitions;
  EXPECT_EQ(answered.at(0).end_offset, 10);
  EXPECT_EQ(answered.at(0).leader_epoch, 0);
  EXPECT_EQ(answered.at(1).end_offset, -1);
  EXPECT_EQ(answered.at(1).error, KafkaError::kNone);
  EXPECT_EQ(answered.at(2).error, KafkaError::kUnknownLeaderEpoch);
  EXPECT_EQ(answered.at(3).error, KafkaError::kUnknownTopicOrPartition);
}

}  // namespace
}  // namespace freshet::broker
