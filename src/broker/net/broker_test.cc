#include <gtest/gtest.h>

#include <atomic>

#include "broker/net/raw_client.h"

namespace freshet::broker {
namespace {

using kafka::KafkaError;

TEST(Broker, NamesAPortInUse) {
  TestBroker first;
  io::MemoryFileSystem disk;
  MetricsRegistry metrics;
  log::LogOptions log_options;
  log_options.cluster_id_if_new = random_uuid();
  std::vector<std::string> warnings;
  const auto logs = *log::LogManager::open(disk, "log", log_options, warnings);
  Broker::Options options;
  options.listen_port = first.port();
  options.folder = ".";
  const auto second = Broker::start(disk, *logs, metrics, options);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kPortInUse);
  EXPECT_NE(second.error().message.find("kafka.listen"), std::string::npos);
}

TEST(Broker, CreatesTopicsOnceAndTellsOfThem) {
  TestBroker broker;
  std::atomic<int> told = 0;
  broker.broker->after_create([&](const std::string& topic) { told += topic == "events" ? 1 : 100; });
  const auto created = broker.broker->create_topic("events", 3);
  ASSERT_TRUE(created);
  EXPECT_EQ(created->partitions, 3);
  const auto again = broker.broker->create_topic("events", 5);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->id, created->id);
  EXPECT_EQ(again->partitions, 3);
  EXPECT_TRUE(eventually([&] { return told == 1; }));
  EXPECT_EQ(broker.broker->create_topic("a b", 1).error().code, ErrorCode::kInvalidTopic);
}

TEST(Broker, KeepsTheOffsetsOfOurOwnGroups) {
  TestBroker broker;
  ASSERT_TRUE(broker.broker->create_topic("events", 2));
  EXPECT_TRUE(broker.broker->committed_offsets("freshet.p.events")->empty());
  RawClient client(broker.port());
  kafka::OffsetCommitRequest commit;
  commit.group_id = "freshet.p.events";
  commit.topics.push_back({"events", {{0, 1, -1, "mine"}}});
  EXPECT_NE(client.ask<kafka::OffsetCommitResponse>(commit, 8)->topics.at(0).partitions.at(0).error, KafkaError::kNone)
      << "before the first position of our own";
  ASSERT_TRUE(
      broker.broker->commit_offsets("freshet.p.events", {{"events", 0, 10, -1, "intent"}, {"events", 1, 20, -1, ""}}));
  const auto committed = *broker.broker->committed_offsets("freshet.p.events");
  ASSERT_EQ(committed.size(), 2u);
  EXPECT_EQ(committed[0].offset, 10);
  EXPECT_EQ(committed[0].metadata, "intent");
  const auto large =
      broker.broker->commit_offsets("freshet.p.events", {{"events", 0, 11, -1, std::string(4'097, 'm')}});
  EXPECT_EQ(large.error().code, ErrorCode::kTooLarge);

  // Others can look, and nothing else.
  EXPECT_NE(client.ask<kafka::OffsetCommitResponse>(commit, 8)->topics.at(0).partitions.at(0).error, KafkaError::kNone);
  kafka::OffsetFetchRequest fetch;
  fetch.group_id = "freshet.p.events";
  EXPECT_EQ(client.ask<kafka::OffsetFetchResponse>(fetch, 7)->topics.at(0).partitions.at(0).offset, 10);
}

TEST(Broker, TellsWhenAHighWatermarkMoves) {
  TestBroker broker;
  std::atomic<int64_t> high_watermark = 0;
  broker.broker->on_advance([&](const Uuid&, PartitionId, Offset offset) { high_watermark = offset.value; });
  ASSERT_TRUE(broker.broker->create_topic("events", 1));
  RawClient client(broker.port());
  const std::string batch = one_record_batch();
  ASSERT_TRUE(client.ask<kafka::ProduceResponse>(produce_request("events", batch), 9));
  EXPECT_EQ(high_watermark, 1);
}

TEST(Broker, AsksBeforeATopicIsDeleted) {
  TestBroker broker;
  ASSERT_TRUE(broker.broker->create_topic("events", 1));
  std::atomic<bool> allow = false;
  std::atomic<bool> deleted = false;
  broker.broker->before_delete([&](const std::string&) -> Result<void> {
    if (!allow) return fail(ErrorCode::kTimeout, "it is being ingested");
    return {};
  });
  broker.broker->after_delete([&](const std::string& topic) { deleted = topic == "events"; });
  RawClient client(broker.port());
  kafka::DeleteTopicsRequest request;
  request.topic_names = {"events"};
  EXPECT_EQ(client.ask<kafka::DeleteTopicsResponse>(request, 5)->topics.at(0).error, KafkaError::kRequestTimedOut);
  allow = true;
  EXPECT_EQ(client.ask<kafka::DeleteTopicsResponse>(request, 5)->topics.at(0).error, KafkaError::kNone);
  EXPECT_TRUE(eventually([&] { return deleted.load(); }));
}

struct Overrun : ::testing::Test {
  static Broker::Options small(bool drops) {
    Broker::Options options;
    options.max_bytes = 20'000;
    options.overrun_drops = drops;
    options.retention_interval_ms = 10;
    return options;
  }
  static log::LogOptions small_segments() {
    log::LogOptions options;
    options.segment_bytes = 4'000;
    return options;
  }
  static KafkaError produce(RawClient& client) {
    const std::string batch = one_record_batch(1'000);
    return client.ask<kafka::ProduceResponse>(produce_request("events", batch), 9)->topics.at(0).partitions.at(0).error;
  }
};

TEST_F(Overrun, RefusesProducersUntilTheIngesterHasCaughtUp) {
  TestBroker broker(small(false), small_segments());
  std::atomic<int64_t> keep_from = 0;
  broker.broker->set_retention([&](const std::string&, PartitionId) { return Offset(keep_from); });
  ASSERT_TRUE(broker.broker->create_topic("events", 1));
  RawClient client(broker.port());
  KafkaError error = KafkaError::kNone;
  EXPECT_TRUE(eventually([&] { return (error = produce(client)) != KafkaError::kNone; }));
  EXPECT_EQ(error, KafkaError::kNotEnoughReplicas);
  EXPECT_NE(broker.broker->overrun_reason().find("log.max_bytes"), std::string::npos);
  keep_from = 1'000'000'000;
  EXPECT_TRUE(eventually([&] { return produce(client) == KafkaError::kNone; }));
  EXPECT_TRUE(eventually([&] { return broker.broker->overrun_reason().empty(); }));
}

TEST_F(Overrun, DoesNotRefuseWhileTheIngesterIsOnlyALittleBehind) {
  TestBroker broker(small(false), small_segments());
  std::atomic<int64_t> end = 0;
  broker.broker->set_retention([&](const std::string&, PartitionId) { return Offset(end - 1); });
  ASSERT_TRUE(broker.broker->create_topic("events", 1));
  RawClient client(broker.port());
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(produce(client), KafkaError::kNone) << i;
    ++end;
  }
  EXPECT_TRUE(broker.broker->overrun_reason().empty());
}

TEST_F(Overrun, DropsTheOldestWhereThatIsWanted) {
  TestBroker broker(small(true), small_segments());
  broker.broker->set_retention([](const std::string&, PartitionId) { return Offset(0); });
  ASSERT_TRUE(broker.broker->create_topic("events", 1));
  RawClient client(broker.port());
  EXPECT_TRUE(
      eventually([&] { return produce(client) == KafkaError::kNone && broker.broker->stats().dropped_bytes > 0; }));
}

TEST(Broker, SaysThatTheDiskRefusesAndRecoversFromIt) {
  TestBroker broker;
  ASSERT_TRUE(broker.broker->create_topic("events", 1));
  RawClient client(broker.port());
  broker.disk.set_capacity(0);
  EXPECT_EQ(Overrun::produce(client), KafkaError::kNotEnoughReplicas);
  EXPECT_FALSE(broker.broker->overrun_reason().empty());
  broker.disk.set_capacity(std::nullopt);
  EXPECT_EQ(Overrun::produce(client), KafkaError::kNone);
  EXPECT_TRUE(broker.broker->overrun_reason().empty());
}

TEST(Broker, StopsWhileClientsWaitAndAnswersThem) {
  TestBroker broker;
  ASSERT_TRUE(broker.broker->create_topic("events", 1));
  RawClient client(broker.port());
  client.send(kafka::encode_request(fetch_request("events", 0, 60'000), 12, 5, "waits"));
  ASSERT_TRUE(eventually([&] { return broker.broker->clients().size() == 1; }));
  broker.broker->stop();
  int32_t correlation = 0;
  const std::string frame = client.receive_frame();
  EXPECT_TRUE(kafka::decode_response<kafka::FetchResponse>(frame, 12, correlation));
  EXPECT_EQ(correlation, 5);
  EXPECT_TRUE(client.is_closed_by_broker());
  EXPECT_EQ(broker.broker->create_topic("late", 1).error().code, ErrorCode::kCancelled);
}

TEST(Broker, ListsItsClients) {
  TestBroker broker;
  RawClient client(broker.port());
  ASSERT_TRUE(client.ask<kafka::ApiVersionsResponse>(kafka::ApiVersionsRequest{"raw-client", "1.2"}, 4));
  const auto clients = broker.broker->clients();
  ASSERT_EQ(clients.size(), 1u);
  EXPECT_EQ(clients[0].client_id, "raw");
  EXPECT_EQ(clients[0].software_name, "raw-client");
}

}  // namespace
}  // namespace freshet::broker
