#include <gtest/gtest.h>

#include "broker/core/core_harness.h"
#include "record/batch.h"

namespace freshet::broker {
namespace {

using kafka::KafkaError;

TEST(Produce, AnswersAcksAllOnlyAfterTheWriterSynced) {
  CoreHarness broker;
  broker.create("t");
  const uint64_t request = broker.send(broker.produce("t", broker.batch(3)), 9);
  EXPECT_FALSE(broker.answered(request));
  broker.run_writer();
  const auto answer = broker.answer_to<kafka::ProduceResponse>(request, 9);
  EXPECT_EQ(answer.topics[0].partitions[0].error, KafkaError::kNone);
  EXPECT_EQ(answer.topics[0].partitions[0].base_offset, 0);
  EXPECT_EQ(broker.produced("t", broker.batch(2)).base_offset, 3);
}

TEST(Produce, IsFoundAgainAfterAKill) {
  CoreHarness broker;
  broker.create("t");
  ASSERT_EQ(broker.produced("t", broker.batch(5)).error, KafkaError::kNone);
  broker.kill_and_restart();
  EXPECT_EQ(broker.produced("t", broker.batch(1)).base_offset, 5);
}

TEST(Produce, AnswersARetryOfAnIdempotentProducerWithTheFirstOffset) {
  CoreHarness broker;
  broker.create("t");
  const std::string batch = broker.batch(4, 10, {ProducerId(7), 0, 0});
  EXPECT_EQ(broker.produced("t", batch).base_offset, 0);
  broker.kill_and_restart();
  EXPECT_EQ(broker.produced("t", batch).base_offset, 0);
  EXPECT_EQ(broker.produced("t", broker.batch(1, 10, {ProducerId(7), 0, 4})).base_offset, 4);
  EXPECT_EQ(broker.produced("t", broker.batch(1, 10, {ProducerId(7), 0, 9})).error,
            KafkaError::kOutOfOrderSequenceNumber);
}

TEST(Produce, SaysNothingWithAcks0AndClosesOnAnError) {
  CoreHarness broker;
  broker.create("t");
  const uint64_t request = broker.send(broker.produce("t", broker.batch(1), 0), 9);
  broker.run_writer();
  EXPECT_FALSE(broker.answered(request));
  EXPECT_EQ(broker.skipped, std::vector{request});
  broker.send(broker.produce("unknown", broker.batch(1), 0), 9);
  EXPECT_TRUE(broker.closed.contains(1));
}

TEST(Produce, RefusesWhatKafkaRefuses) {
  CoreHarness broker;
  broker.create("t");
  std::string damaged = broker.batch(2);
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  EXPECT_EQ(broker.produced("t", damaged).error, KafkaError::kCorruptMessage);
  EXPECT_EQ(broker.produced("t", broker.batch(1) + broker.batch(1)).error, KafkaError::kInvalidRecord);
  EXPECT_EQ(broker.produced("t", "").error, KafkaError::kInvalidRecord);
  EXPECT_EQ(broker.produced("t", "garbage").error, KafkaError::kInvalidRecord);
  EXPECT_EQ(broker.produced("t", broker.batch(1, 2 << 20)).error, KafkaError::kMessageTooLarge);
  EXPECT_EQ(broker.produced("u", broker.batch(1)).error, KafkaError::kUnknownTopicOrPartition);
  EXPECT_EQ(broker.produced("__consumer_offsets", broker.batch(1)).error, KafkaError::kInvalidTopic);
  broker.now.wall_ms += 7'200'000;
  const std::string future = broker.batch(1);
  broker.now.wall_ms -= 7'200'000;
  EXPECT_EQ(broker.produced("t", future).error, KafkaError::kInvalidTimestamp);
  EXPECT_EQ(broker.produced("t", broker.batch(1)).base_offset, 0);
}

TEST(Produce, RefusesAPartitionThatIsNamedTwice) {
  CoreHarness broker;
  broker.create("t", 2);
  auto request = broker.produce("t", broker.batch(1));
  request.topics[0].partitions.push_back(request.topics[0].partitions[0]);
  request.topics[0].partitions.push_back({1, request.topics[0].partitions[0].records});
  const auto answer = broker.ask<kafka::ProduceResponse>(request, 9).topics.at(0);
  EXPECT_EQ(answer.partitions.at(0).error, KafkaError::kInvalidRequest);
  EXPECT_EQ(answer.partitions.at(1).error, KafkaError::kInvalidRequest);
  EXPECT_EQ(answer.partitions.at(2).error, KafkaError::kNone);
  EXPECT_EQ(broker.produced("t", broker.batch(1)).base_offset, 0) << "nothing of it was written";
}

TEST(Produce, DecompressesOnlySoMuchForOneRequest) {
  CoreHarness broker;
  broker.limits.least_request_decompressed_bytes = 1 << 20;
  broker.limits.decompressed_per_frame_byte = 2;
  broker.create("t", 6);
  record::BatchBuilder builder(record::Compression::kGzip);
  builder.add(broker.now.wall_ms, std::nullopt, std::string(400'000, 'x'));
  auto request = broker.produce("t", *builder.build());
  ASSERT_LT(request.topics[0].partitions[0].records.bytes().size(), 10'000u);
  for (int32_t i = 1; i < 5; ++i) {
    request.topics[0].partitions.push_back({i, request.topics[0].partitions[0].records});
  }
  broker.frames.push_back(broker.batch(1));
  request.topics[0].partitions.push_back({5, kafka::Records(Slice{broker.frames.back(), nullptr})});
  const auto answer = broker.ask<kafka::ProduceResponse>(request, 9).topics.at(0);
  std::vector<KafkaError> errors;
  for (const auto& partition : answer.partitions) errors.push_back(partition.error);
  constexpr auto kGood = KafkaError::kNone;
  constexpr auto kLarge = KafkaError::kMessageTooLarge;
  EXPECT_EQ(errors, (std::vector{kGood, kGood, kGood, kLarge, kLarge, kGood}))
      << "what is not compressed costs nothing";
}

TEST(Produce, KnowsTopicsByIdFromVersion13On) {
  CoreHarness broker;
  broker.create("t");
  auto request = broker.produce("t", broker.batch(1));
  request.topics[0].id = broker.core->catalog().find("t")->info->id;
  EXPECT_EQ(broker.ask<kafka::ProduceResponse>(request, 13).topics[0].partitions[0].error, KafkaError::kNone);
  request.topics[0].id.bytes[3] ^= 1;
  EXPECT_EQ(broker.ask<kafka::ProduceResponse>(request, 13).topics[0].partitions[0].error, KafkaError::kUnknownTopicId);
}

TEST(Produce, AsksToTryAgainWhenTheDiskIsFullOrTheLogIs) {
  CoreHarness broker;
  broker.create("t");
  broker.disk.set_capacity(0);
  EXPECT_EQ(broker.produced("t", broker.batch(1, 100'000)).error, KafkaError::kNotEnoughReplicas);
  broker.disk.set_capacity(std::nullopt);
  EXPECT_EQ(broker.produced("t", broker.batch(1)).base_offset, 0);
  broker.core->refuse_produce("the log is full");
  EXPECT_EQ(broker.produced("t", broker.batch(2, 10, {ProducerId(7), 0, 0})).error, KafkaError::kNotEnoughReplicas);
  const auto refused = broker.produced("t", broker.batch(1));
  EXPECT_EQ(refused.error, KafkaError::kNotEnoughReplicas);
  EXPECT_EQ(refused.error_message, "the log is full");
  broker.core->refuse_produce("");
  // What was refused is not overtaken by what its producer sent after it.
  EXPECT_EQ(broker.produced("t", broker.batch(2, 10, {ProducerId(7), 0, 2})).error,
            KafkaError::kOutOfOrderSequenceNumber);
  EXPECT_EQ(broker.produced("t", broker.batch(2, 10, {ProducerId(7), 0, 0})).error, KafkaError::kNone);
  broker.refuse_jobs = true;
  EXPECT_EQ(broker.produced("t", broker.batch(1)).error, KafkaError::kNotEnoughReplicas);
}

TEST(Produce, AcknowledgesNothingThatARefusedSyncCutInTheMiddleOfABatch) {
  const io::Fault refused{.error = Error{ErrorCode::kIo, "bad disk", {}, 0, 0}, .write_only = {}};
  const auto error_of = [](CoreHarness& broker, uint64_t sequence) {
    return broker.answer_to<kafka::ProduceResponse>(sequence, 9).topics.at(0).partitions.at(0).error;
  };
  for (const bool at_checkpoint : {false, true}) {
    CoreHarness broker;
    broker.create("t", 1, {{"segment.bytes", "1000"}});
    const uint64_t first = broker.send(broker.produce("t", broker.batch(1, 700)), 9);
    if (at_checkpoint) {
      auto job = std::make_unique<Job>();
      job->work = [](log::LogManager& logs) { EXPECT_FALSE(logs.checkpoint()); };
      ASSERT_TRUE(broker.submit(std::move(job)));
    }
    const uint64_t second = broker.send(broker.produce("t", broker.batch(1, 700)), 9);  // rolls where nothing was cut
    const uint64_t third = broker.send(broker.produce("t", broker.batch(1, 100)), 9);
    broker.disk.fail_once(1, refused, "sync");
    broker.run_writer();
    EXPECT_EQ(error_of(broker, first), KafkaError::kNotEnoughReplicas);
    EXPECT_EQ(error_of(broker, second), at_checkpoint ? KafkaError::kNone : KafkaError::kNotEnoughReplicas);
    EXPECT_EQ(error_of(broker, third), KafkaError::kNone);
    const auto topic = broker.core->catalog().find("t");
    EXPECT_EQ((*topic->partition(0))->high_watermark(), Offset(at_checkpoint ? 2 : 1));
  }
}

TEST(Produce, SetsTheTimeOfLogAppendTimeTopics) {
  CoreHarness broker;
  broker.create("t", 1, {{"message.timestamp.type", "LogAppendTime"}});
  const std::string batch = broker.batch(1);
  broker.now.wall_ms += 5'000;
  EXPECT_EQ(broker.produced("t", batch).log_append_time_ms, broker.now.wall_ms);
}

TEST(Produce, PutsAWrongMaxTimestampRight) {
  CoreHarness broker;
  broker.create("t");
  std::string batch = broker.batch(2);
  record::set_max_timestamp(batch, 5);  // some clients leave it at that of the first record
  ASSERT_EQ(broker.produced("t", batch).error, KafkaError::kNone);
  kafka::ListOffsetsRequest request;
  auto& topic = request.topics.emplace_back();
  topic.name = "t";
  topic.partitions.push_back({.index = 0, .timestamp_ms = -3});
  const auto answer = broker.ask<kafka::ListOffsetsResponse>(request, 7).topics.at(0).partitions.at(0);
  EXPECT_EQ(answer.timestamp_ms, broker.now.wall_ms);
  EXPECT_EQ(answer.offset, 0);
}

TEST(Produce, RefusesTransactions) {
  CoreHarness broker;
  broker.create("t");
  auto request = broker.produce("t", broker.batch(1));
  request.transactional_id = "tx";
  EXPECT_EQ(broker.ask<kafka::ProduceResponse>(request, 9).topics[0].partitions[0].error,
            KafkaError::kTransactionalIdAuthorizationFailed);
  request.transactional_id.reset();
  request.acks = 5;
  EXPECT_EQ(broker.ask<kafka::ProduceResponse>(request, 9).topics[0].partitions[0].error,
            KafkaError::kInvalidRequiredAcks);
}

}  // namespace
}  // namespace freshet::broker
