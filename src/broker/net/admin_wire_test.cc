#include <gtest/gtest.h>

#include <atomic>

#include "broker/net/raw_client.h"

namespace freshet::broker {
namespace {

using kafka::KafkaError;

kafka::ProduceResponse::Partition produce(RawClient& client, std::string_view topic, size_t bytes = 100) {
  const auto answer = client.ask<kafka::ProduceResponse>(produce_request(topic, one_record_batch(bytes)), 9);
  return answer ? answer->topics.at(0).partitions.at(0) : kafka::ProduceResponse::Partition{};
}

kafka::DeleteRecordsRequest deletion(std::string_view topic, int64_t offset) {
  kafka::DeleteRecordsRequest request;
  request.topics.push_back({topic, {{0, offset}}});
  return request;
}

TEST(AdminOverTheWire, ATopicGrowsAndItsOwnerHearsOfIt) {
  TestBroker broker;
  std::atomic<int> grown = 0;
  broker.broker->after_grow([&](const std::string& topic) { grown += topic == "events" ? 1 : 100; });
  ASSERT_TRUE(broker.broker->create_topic("events", 1));
  RawClient client(broker.port());
  kafka::CreatePartitionsRequest request;
  request.topics.push_back({"events", 3, std::nullopt});
  const auto answer = client.ask<kafka::CreatePartitionsResponse>(request, 3);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->results.at(0).error, KafkaError::kNone);
  EXPECT_TRUE(eventually([&] { return grown == 1; }));
  EXPECT_EQ(broker.logs->find("events")->partitions, 3);
}

TEST(AdminOverTheWire, OurOwnGroupsAreOursFromTheFirstRequestOn) {
  Broker::Options options;
  options.own_groups = {"freshet.p.events"};
  TestBroker broker(options);
  RawClient client(broker.port());
  kafka::DeleteGroupsRequest request;
  request.groups = {"freshet.p.events", "freshet.p.other"};
  const auto answer = client.ask<kafka::DeleteGroupsResponse>(request, 2);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->results.at(0).error, KafkaError::kGroupAuthorizationFailed);
  EXPECT_EQ(answer->results.at(1).error, KafkaError::kGroupIdNotFound);
}

TEST(AdminOverTheWire, WhatIsNotIngestedIsNotDeleted) {
  Broker::Options options;
  std::atomic<int64_t> ingested = 1;
  options.keep_from = [&](const std::string&, PartitionId) { return Offset(ingested); };
  TestBroker broker(options);
  ASSERT_TRUE(broker.broker->create_topic("events", 1));
  RawClient client(broker.port());
  for (int i = 0; i < 3; ++i) ASSERT_EQ(produce(client, "events").error, KafkaError::kNone);
  const auto delete_before = [&](int64_t offset) {
    return client.ask<kafka::DeleteRecordsResponse>(deletion("events", offset), 2)->topics.at(0).partitions.at(0);
  };
  EXPECT_EQ(delete_before(2).error, KafkaError::kPolicyViolation);
  EXPECT_EQ(delete_before(1).low_watermark, 1);
  ingested = 3;
  EXPECT_EQ(delete_before(-1).low_watermark, 3);
}

TEST(AdminOverTheWire, SettingsChangeWhatRetentionRemoves) {
  Broker::Options options;
  options.retention_interval_ms = 20;
  log::LogOptions small_segments;
  small_segments.segment_bytes = 1'000;
  TestBroker broker(options, small_segments);
  ASSERT_TRUE(broker.broker->create_topic("events", 1));
  RawClient client(broker.port());
  for (int i = 0; i < 10; ++i) ASSERT_EQ(produce(client, "events", 400).error, KafkaError::kNone);
  kafka::IncrementalAlterConfigsRequest request;
  auto& resource = request.resources.emplace_back();
  resource.type = kafka::ResourceType::kTopic;
  resource.resource = "events";
  resource.configs.push_back({"retention.bytes", kafka::ConfigOperation::kSet, "1500"});
  const auto changed = client.ask<kafka::IncrementalAlterConfigsResponse>(request, 1);
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->results.at(0).error, KafkaError::kNone);
  const auto start = [&] {
    return broker.logs->partition(broker.logs->find("events")->id, PartitionId(0))->log_start();
  };
  EXPECT_TRUE(eventually([&] { return start() > Offset(0); }));
}

TEST(LogUse, SaysForHowLongTheLogHolds) {
  Broker::Options options;
  options.retention_interval_ms = 20;
  options.max_bytes = 100 << 20;
  options.keep_from = [](const std::string&, PartitionId) { return Offset(0); };
  TestBroker broker(options);
  ASSERT_TRUE(broker.broker->create_topic("events", 1));
  EXPECT_TRUE(eventually([&] { return broker.broker->log_use().max_bytes == 100 << 20; }));
  EXPECT_EQ(broker.broker->log_use().holds_for_s, -1) << "nothing grows";
  RawClient client(broker.port());
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(produce(client, "events", 20'000).error, KafkaError::kNone);
    std::this_thread::yield();
  }
  EXPECT_TRUE(eventually([&] { return broker.broker->log_use().kept_bytes > 1'000'000; }));
  const LogUse use = broker.broker->log_use();
  EXPECT_GT(use.bytes_per_s, 0);
  ASSERT_GE(use.holds_for_s, 0);
  const double expected_s = static_cast<double>(use.max_bytes - use.kept_bytes) / use.bytes_per_s;
  EXPECT_NEAR(static_cast<double>(use.holds_for_s), expected_s, 1);
}

}  // namespace
}  // namespace freshet::broker
