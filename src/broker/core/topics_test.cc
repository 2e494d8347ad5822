#include <gtest/gtest.h>

#include "broker/core/core_harness.h"

namespace freshet::broker {
namespace {

using kafka::KafkaError;

kafka::MetadataRequest about(std::string_view topic) {
  kafka::MetadataRequest request;
  request.topics.emplace().push_back({{}, topic});
  return request;
}

kafka::CreateTopicsRequest creation(std::string_view name, int32_t partitions = 1, int16_t replication = 1) {
  kafka::CreateTopicsRequest request;
  request.topics.push_back({name, partitions, replication, {}, {}});
  return request;
}

TEST(Metadata, MakesMissingTopicsAndHasThemInItsAnswer) {
  CoreHarness broker;
  const auto answer = broker.ask<kafka::MetadataResponse>(about("fresh"), 12);
  EXPECT_EQ(answer.topics.at(0).error, KafkaError::kNone);
  EXPECT_EQ(answer.topics[0].partitions.size(), 4u);
  EXPECT_EQ(answer.brokers.at(0).node_id, 1);
  EXPECT_EQ(answer.controller_id, 1);
  EXPECT_FALSE(answer.cluster_id->empty());
  broker.kill_and_restart();
  EXPECT_NE(broker.core->catalog().find("fresh"), nullptr);
}

TEST(Metadata, MakesNothingWhenNotAskedTo) {
  CoreHarness broker;
  auto request = about("fresh");
  request.allow_auto_topic_creation = false;
  EXPECT_EQ(broker.ask<kafka::MetadataResponse>(request, 12).topics.at(0).error, KafkaError::kUnknownTopicOrPartition);
  EXPECT_EQ(broker.ask<kafka::MetadataResponse>(about("bad name"), 12).topics.at(0).error, KafkaError::kInvalidTopic);
  CoreOptions options;
  options.auto_create_topics = false;
  CoreHarness strict(options);
  EXPECT_EQ(strict.ask<kafka::MetadataResponse>(about("fresh"), 1).topics.at(0).error,
            KafkaError::kUnknownTopicOrPartition);
}

TEST(Metadata, AnswersOnceWhatIsNamedOften) {
  CoreHarness broker;
  broker.create("t");
  const Uuid id = broker.core->catalog().find("t")->info->id;
  kafka::MetadataRequest request = about("t");
  for (int i = 0; i < 3; ++i) {
    request.topics->push_back({{}, "t"});
    request.topics->push_back({id, std::nullopt});
    request.topics->push_back({{}, "fresh"});
  }
  EXPECT_EQ(broker.ask<kafka::MetadataResponse>(request, 12).topics.size(), 3u);
}

TEST(Metadata, KnowsTopicsById) {
  CoreHarness broker;
  broker.create("t");
  kafka::MetadataRequest request;
  request.topics.emplace().push_back({broker.core->catalog().find("t")->info->id, std::nullopt});
  EXPECT_EQ(broker.ask<kafka::MetadataResponse>(request, 12).topics.at(0).name, "t");
  request.topics->at(0).name = "";
  EXPECT_EQ(broker.ask<kafka::MetadataResponse>(request, 12).topics.at(0).name, "t") << "as Java's AdminClient asks";
  request.topics->at(0).id.bytes[2] ^= 1;
  EXPECT_EQ(broker.ask<kafka::MetadataResponse>(request, 12).topics.at(0).error, KafkaError::kUnknownTopicId);
}

TEST(CreateTopics, ChecksAsKafkaDoes) {
  CoreHarness broker;
  const auto error_of = [&](const kafka::CreateTopicsRequest& request) {
    return broker.ask<kafka::CreateTopicsResponse>(request, 7).topics.at(0).error;
  };
  EXPECT_EQ(error_of(creation("t", 3)), KafkaError::kNone);
  EXPECT_EQ(error_of(creation("t")), KafkaError::kTopicAlreadyExists);
  EXPECT_EQ(error_of(creation("..")), KafkaError::kInvalidTopic);
  EXPECT_EQ(error_of(creation("u", 0)), KafkaError::kInvalidPartitions);
  EXPECT_EQ(error_of(creation("u", 1, 3)), KafkaError::kInvalidReplicationFactor);
  auto config = creation("u");
  config.topics[0].configs.push_back({"retention.mss", "1"});
  EXPECT_EQ(error_of(config), KafkaError::kInvalidConfig);
  config.topics[0].configs[0] = {"retention.ms", "soon"};
  EXPECT_EQ(error_of(config), KafkaError::kInvalidConfig);
  auto twice = creation("u");
  twice.topics.push_back(twice.topics[0]);
  const auto answer = broker.ask<kafka::CreateTopicsResponse>(twice, 7);
  ASSERT_EQ(answer.topics.size(), 1u);
  EXPECT_EQ(answer.topics[0].error, KafkaError::kInvalidRequest);
  EXPECT_EQ(broker.core->catalog().find("u"), nullptr);
}

TEST(CreateTopics, CountsAllTopicsOfARequestAgainstTheLimits) {
  CoreHarness broker;
  const auto made = [&](const kafka::CreateTopicsRequest& request) {
    const auto answer = broker.ask<kafka::CreateTopicsResponse>(request, 7);
    return std::count_if(answer.topics.begin(), answer.topics.end(),
                         [](const auto& topic) { return topic.error == KafkaError::kNone; });
  };
  kafka::CreateTopicsRequest request;
  for (const std::string_view name : {"a", "b", "c", "d"}) request.topics.push_back({name, 10, 1, {}, {}});
  request.validate_only = true;
  broker.limits.max_partitions = static_cast<int32_t>(broker.core->catalog().partition_count()) + 25;
  EXPECT_EQ(made(request), 2);
  broker.limits.max_partitions = 1'000;
  broker.limits.max_topics = static_cast<int32_t>(broker.core->catalog().topics().size()) + 3;
  EXPECT_EQ(made(request), 3);
}

TEST(CreateTopics, TakesNoTinySegments) {
  CoreHarness broker;
  const auto error_of = [&](std::string_view bytes) {
    auto request = creation("t");
    request.validate_only = true;
    request.topics[0].configs.push_back({"segment.bytes", bytes});
    return broker.ask<kafka::CreateTopicsResponse>(request, 7).topics.at(0).error;
  };
  EXPECT_EQ(error_of("1048576"), KafkaError::kNone);
  for (const std::string_view bytes : {"1048575", "14", "-1"}) {
    EXPECT_EQ(error_of(bytes), KafkaError::kInvalidConfig) << bytes;
  }
}

TEST(CreateTopics, UsesDefaultsKeepsSettingsAndCanOnlyCheck) {
  CoreHarness broker;
  auto request = creation("t", -1, -1);
  request.topics[0].configs.push_back({"retention.ms", "1000"});
  request.validate_only = true;
  EXPECT_EQ(broker.ask<kafka::CreateTopicsResponse>(request, 7).topics.at(0).error, KafkaError::kNone);
  EXPECT_EQ(broker.core->catalog().find("t"), nullptr);
  request.validate_only = false;
  const auto answer = broker.ask<kafka::CreateTopicsResponse>(request, 7);
  EXPECT_EQ(answer.topics[0].partitions, 4);
  EXPECT_EQ(answer.topics[0].id, broker.core->catalog().find("t")->info->id);
  broker.kill_and_restart();
  EXPECT_EQ(broker.core->catalog().find("t")->info->settings.at("retention.ms"), "1000");
}

TEST(DeleteTopics, DeletesByNameAndIdUnlessSomebodyObjects) {
  CoreHarness broker;
  broker.create("t");
  kafka::DeleteTopicsRequest request;
  request.topic_names = {"t", "nowhere", "__consumer_offsets"};
  broker.allow_delete = fail(ErrorCode::kTimeout, "not now");
  const auto refused = broker.ask<kafka::DeleteTopicsResponse>(request, 5);
  EXPECT_EQ(refused.topics.at(0).error, KafkaError::kRequestTimedOut);
  EXPECT_EQ(refused.topics.at(1).error, KafkaError::kUnknownTopicOrPartition);
  EXPECT_EQ(refused.topics.at(2).error, KafkaError::kInvalidTopic);
  broker.allow_delete = {};
  const Uuid id = broker.core->catalog().find("t")->info->id;
  kafka::DeleteTopicsRequest by_id;
  by_id.topics.push_back({std::nullopt, id});
  EXPECT_EQ(broker.ask<kafka::DeleteTopicsResponse>(by_id, 6).topics.at(0).error, KafkaError::kNone);
  EXPECT_EQ(broker.ask<kafka::DeleteTopicsResponse>(by_id, 6).topics.at(0).error, KafkaError::kUnknownTopicId);
  broker.create("t");
  EXPECT_NE(broker.core->catalog().find("t")->info->id, id);
}

TEST(ListOffsets, KnowsStartEndTimesAndTheLargestTime) {
  CoreHarness broker;
  broker.create("t");
  const int64_t first_ms = broker.now.wall_ms;
  broker.produced("t", broker.batch(2));
  broker.advance(1'000);
  broker.produced("t", broker.batch(3));
  const auto at = [&](int64_t timestamp_ms, int16_t version = 9) {
    kafka::ListOffsetsRequest request;
    request.topics.push_back({"t", {{0, -1, timestamp_ms}}});
    return broker.ask<kafka::ListOffsetsResponse>(request, version).topics.at(0).partitions.at(0);
  };
  EXPECT_EQ(at(-1).offset, 5);
  EXPECT_EQ(at(-2).offset, 0);
  EXPECT_EQ(at(-4).offset, 0);
  EXPECT_EQ(at(-5).offset, -1);
  EXPECT_EQ(at(first_ms).offset, 0);
  EXPECT_EQ(at(first_ms + 1).offset, 2);
  EXPECT_EQ(at(first_ms + 1).timestamp_ms, first_ms + 1'000);
  EXPECT_EQ(at(first_ms + 5'000).offset, -1);
  EXPECT_EQ(at(-3).timestamp_ms, first_ms + 1'000);
  EXPECT_EQ(at(-3, 6).error, KafkaError::kUnsupportedVersion);
  EXPECT_EQ(at(-77).error, KafkaError::kUnsupportedVersion);
}

TEST(ListOffsets, RefusesAPartitionThatIsNamedTwice) {
  CoreHarness broker;
  broker.create("t", 3);
  kafka::ListOffsetsRequest request;
  request.topics.push_back({"t", {{0, -1, 5}, {1, -1, -1}, {0, -1, -1}}});
  request.topics.push_back({"t", {{2, -1, -1}, {0, -1, 7}, {9, -1, -1}, {9, -1, -1}}});
  const auto answer = broker.ask<kafka::ListOffsetsResponse>(request, 9);
  std::vector<KafkaError> errors;
  for (const auto& topic : answer.topics) {
    for (const auto& partition : topic.partitions) errors.push_back(partition.error);
  }
  constexpr auto kTwice = KafkaError::kInvalidRequest;
  EXPECT_EQ(errors, (std::vector{kTwice, KafkaError::kNone, kTwice, KafkaError::kNone, kTwice, kTwice, kTwice}));
}

TEST(InitProducerId, NeverGivesAnIdTwice) {
  CoreHarness broker;
  const auto next = [&] { return broker.ask<kafka::InitProducerIdResponse>(kafka::InitProducerIdRequest{}, 4); };
  const int64_t first = next().producer_id;
  EXPECT_EQ(next().producer_id, first + 1);
  broker.kill_and_restart();
  EXPECT_GE(next().producer_id, first + 2);
  kafka::InitProducerIdRequest transactional;
  transactional.transactional_id = "tx";
  EXPECT_EQ(broker.ask<kafka::InitProducerIdResponse>(transactional, 4).error,
            KafkaError::kTransactionalIdAuthorizationFailed);
}

TEST(ApiVersions, OffersWhatIsHandledAndAnswersTheFutureInVersion0) {
  CoreHarness broker;
  const auto answer = broker.ask<kafka::ApiVersionsResponse>(kafka::ApiVersionsRequest{"client", "1.0"}, 4);
  EXPECT_EQ(answer.error, KafkaError::kNone);
  EXPECT_EQ(answer.api_keys.size(), kOffered.size());
  std::string future = kafka::encode_request(kafka::ApiVersionsRequest{"client", "1.0"}, 4, 7, "test").substr(4);
  store_big<int16_t>(future.data() + 2, 5);
  const auto refused = broker.answer_to<kafka::ApiVersionsResponse>(broker.send_bytes(future), 0);
  EXPECT_EQ(refused.error, KafkaError::kUnsupportedVersion);
  EXPECT_EQ(broker.ask<kafka::ApiVersionsResponse>(kafka::ApiVersionsRequest{"a b", "1.0"}, 4).error,
            KafkaError::kInvalidRequest);
}

TEST(FindCoordinator, KnowsGroupsOnly) {
  CoreHarness broker;
  kafka::FindCoordinatorRequest request;
  request.coordinator_keys = {"g", "g"};
  EXPECT_EQ(broker.ask<kafka::FindCoordinatorResponse>(request, 6).coordinators.at(0).node_id, 1);
  EXPECT_EQ(broker.ask<kafka::FindCoordinatorResponse>(request, 6).coordinators.size(), 1u);
  request.key_type = kafka::CoordinatorType::kTransaction;
  EXPECT_EQ(broker.ask<kafka::FindCoordinatorResponse>(request, 6).coordinators.at(0).error,
            KafkaError::kTransactionalIdAuthorizationFailed);
}

TEST(Core, ClosesConnectionsThatDoNotFollowTheProtocol) {
  for (const std::string& bytes :
       {std::string("\x00\x63\x00\x00\x00\x00\x00\x01\xff\xff", 10),         // no such API
        std::string("\x00\x03\x00\x63\x00\x00\x00\x01\xff\xff", 10),         // no such version
        std::string("\x00\x03\x00\x01\x00\x00\x00\x01\x7f\xff", 10),         // header cut short
        std::string("\x00\x03\x00\x01\x00\x00\x00\x01\xff\xff\x7f", 11)}) {  // body cut short
    CoreHarness broker;
    broker.send_bytes(bytes);
    EXPECT_TRUE(broker.closed.contains(1));
  }
}

TEST(Core, KeepsTheOffsetsOfGroupsOverAKill) {
  CoreHarness broker;
  broker.create("t");
  kafka::OffsetCommitRequest commit;
  commit.group_id = "g";
  commit.topics.push_back({"t", {{0, 42, -1, "note"}}});
  EXPECT_EQ(broker.ask<kafka::OffsetCommitResponse>(commit, 8).topics.at(0).partitions.at(0).error, KafkaError::kNone);
  broker.kill_and_restart();
  kafka::OffsetFetchRequest fetch;
  fetch.group_id = "g";
  fetch.topics.emplace().push_back({"t", {0}});
  EXPECT_EQ(broker.ask<kafka::OffsetFetchResponse>(fetch, 7).topics.at(0).partitions.at(0).offset, 42);
}

TEST(Handlers, CountsRequests) {
  CoreHarness broker;
  broker.ask<kafka::MetadataResponse>(about("t"), 12);
  EXPECT_NE(broker.metrics.text().find("freshet_broker_requests_total{api=\"Metadata\"} 1"), std::string::npos);
}

}  // namespace
}  // namespace freshet::broker
