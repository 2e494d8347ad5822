#include <gtest/gtest.h>

#include <algorithm>

#include "broker/core/core_harness.h"

namespace freshet::broker {
namespace {

using kafka::ConfigOperation;
using kafka::ConfigSource;
using kafka::KafkaError;
using kafka::ResourceType;
using Described = kafka::DescribeConfigsResponse;

kafka::DescribeConfigsRequest about(ResourceType type, std::string_view name) {
  kafka::DescribeConfigsRequest request;
  request.resources.push_back({type, name, std::nullopt});
  return request;
}

const Described::Result::Config* find(const Described::Result& result, std::string_view name) {
  const auto found = std::find_if(result.configs.begin(), result.configs.end(),
                                  [&](const auto& config) { return config.name == name; });
  return found == result.configs.end() ? nullptr : &*found;
}

struct Change {
  std::string_view name;
  ConfigOperation operation = ConfigOperation::kSet;
  std::optional<std::string_view> value;
};

kafka::IncrementalAlterConfigsRequest change(std::string_view topic, std::initializer_list<Change> changes) {
  kafka::IncrementalAlterConfigsRequest request;
  auto& resource = request.resources.emplace_back();
  resource.type = ResourceType::kTopic;
  resource.resource = topic;
  for (const Change& one : changes) resource.configs.push_back({one.name, one.operation, one.value});
  return request;
}

KafkaError changed(CoreHarness& broker, const kafka::IncrementalAlterConfigsRequest& request,
                   std::string* why = nullptr) {
  const auto response = broker.ask<kafka::IncrementalAlterConfigsResponse>(request, 1);
  if (why != nullptr) *why = response.results.at(0).error_message.value_or("");
  return response.results.at(0).error;
}

std::map<std::string, std::string> settings(CoreHarness& broker, const std::string& topic) {
  return broker.core->catalog().find(topic)->info->settings;
}

TEST(DescribeConfigs, ShowsAllSettingsOfATopicAndWhereEachComesFrom) {
  CoreHarness broker;
  broker.create("t", 1, {{"retention.ms", "1000"}});
  auto request = about(ResourceType::kTopic, "t");
  request.include_synonyms = true;
  request.include_documentation = true;
  const auto response = broker.ask<Described>(request, 4);
  const auto& result = response.results.at(0);
  EXPECT_EQ(result.error, KafkaError::kNone);
  EXPECT_EQ(result.configs.size(), topic_settings().size());
  const auto* retention = find(result, "retention.ms");
  ASSERT_NE(retention, nullptr);
  EXPECT_EQ(retention->value, "1000");
  EXPECT_EQ(retention->source, ConfigSource::kTopic);
  EXPECT_EQ(retention->config_type, kafka::ConfigType::kLong);
  EXPECT_FALSE(retention->documentation->empty());
  ASSERT_EQ(retention->synonyms.size(), 1u) << "log.retention.ms is unset in Kafka";
  EXPECT_EQ(retention->synonyms[0].name, "retention.ms");
  const auto* bytes = find(result, "retention.bytes");
  ASSERT_EQ(bytes->synonyms.size(), 1u);
  EXPECT_EQ(bytes->synonyms[0].name, "log.retention.bytes");
  EXPECT_EQ(bytes->synonyms[0].source, ConfigSource::kDefault);
  const auto* segment = find(result, "segment.bytes");
  EXPECT_EQ(segment->value, std::to_string(256 << 20));
  EXPECT_EQ(segment->source, ConfigSource::kStaticBroker);
  EXPECT_EQ(find(result, "cleanup.policy")->source, ConfigSource::kDefault);
}

TEST(DescribeConfigs, ShowsOnlyWhatIsAskedFor) {
  CoreHarness broker;
  broker.create("t");
  auto request = about(ResourceType::kTopic, "t");
  request.resources[0].keys = std::vector<std::string_view>{"segment.ms", "nothing"};
  const auto response = broker.ask<Described>(request, 1);
  ASSERT_EQ(response.results.at(0).configs.size(), 1u);
  EXPECT_TRUE(response.results[0].configs[0].synonyms.empty());
}

TEST(DescribeConfigs, RefusesWhatIsNotThere) {
  CoreHarness broker;
  const auto error = [&](ResourceType type, std::string_view name) {
    return broker.ask<Described>(about(type, name), 4).results.at(0).error;
  };
  EXPECT_EQ(error(ResourceType::kTopic, "none"), KafkaError::kUnknownTopicOrPartition);
  EXPECT_EQ(error(ResourceType::kTopic, "a b"), KafkaError::kInvalidTopic);
  EXPECT_EQ(error(ResourceType::kBroker, "2"), KafkaError::kInvalidRequest);
  EXPECT_EQ(error(ResourceType::kBroker, "one"), KafkaError::kInvalidRequest);
  EXPECT_EQ(error(ResourceType::kBrokerLogger, ""), KafkaError::kInvalidRequest);
  EXPECT_EQ(error(static_cast<ResourceType>(99), "x"), KafkaError::kInvalidRequest);
  EXPECT_EQ(error(ResourceType::kGroup, "g"), KafkaError::kNone);
}

TEST(DescribeConfigs, ShowsTheBrokerAsReadOnly) {
  CoreHarness broker;
  auto request = about(ResourceType::kBroker, "1");
  request.include_synonyms = true;
  const auto response = broker.ask<Described>(request, 4);
  const auto* partitions = find(response.results.at(0), "num.partitions");
  ASSERT_NE(partitions, nullptr);
  EXPECT_EQ(partitions->value, "4");
  EXPECT_TRUE(partitions->read_only);
  EXPECT_EQ(partitions->source, ConfigSource::kStaticBroker);
  ASSERT_EQ(partitions->synonyms.size(), 2u);
  EXPECT_EQ(partitions->synonyms[1].value, "1") << "Kafka's default";
  EXPECT_TRUE(broker.ask<Described>(about(ResourceType::kBroker, ""), 4).results.at(0).configs.empty());
  EXPECT_EQ(broker.ask<Described>(about(ResourceType::kBrokerLogger, "1"), 4).results.at(0).configs.at(0).name, "root");
}

TEST(IncrementalAlterConfigs, SetsDeletesAndSurvivesAKill) {
  CoreHarness broker;
  broker.create("t", 1, {{"retention.bytes", "5000000"}});
  EXPECT_EQ(changed(broker, change("t", {{"retention.ms", ConfigOperation::kSet, "60000"},
                                         {"retention.bytes", ConfigOperation::kDelete, std::nullopt}})),
            KafkaError::kNone);
  EXPECT_EQ(settings(broker, "t"), (std::map<std::string, std::string>{{"retention.ms", "60000"}}));
  broker.kill_and_restart();
  EXPECT_EQ(settings(broker, "t"), (std::map<std::string, std::string>{{"retention.ms", "60000"}}));
}

TEST(IncrementalAlterConfigs, AppendsToListsAndSubtractsFromThem) {
  CoreHarness broker;
  broker.create("t");
  const std::string name = "leader.replication.throttled.replicas";
  const auto with = [&](ConfigOperation operation, std::string_view value) {
    return changed(broker, change("t", {{name, operation, value}}));
  };
  EXPECT_EQ(with(ConfigOperation::kAppend, "0:1,1:1"), KafkaError::kNone);
  EXPECT_EQ(with(ConfigOperation::kAppend, "1:1,2:1"), KafkaError::kNone);
  EXPECT_EQ(settings(broker, "t").at(name), "0:1,1:1,2:1");
  EXPECT_EQ(with(ConfigOperation::kSubtract, "1:1"), KafkaError::kNone);
  EXPECT_EQ(settings(broker, "t").at(name), "0:1,2:1");
  std::string why;
  EXPECT_EQ(changed(broker, change("t", {{"retention.ms", ConfigOperation::kAppend, "1"}}), &why),
            KafkaError::kInvalidConfig);
  EXPECT_NE(why.find("because its type is not LIST"), std::string::npos);
}

TEST(IncrementalAlterConfigs, RefusesWhatKafkaRefusesAndChangesNothing) {
  CoreHarness broker;
  broker.create("t");
  const auto set = [&](std::string_view name, std::string_view value) {
    return changed(broker,
                   change("t", {{"segment.ms", ConfigOperation::kSet, "5"}, {name, ConfigOperation::kSet, value}}));
  };
  for (const auto& [name, value] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"retention.mss", "1"},
           {"retention.ms", "soon"},
           {"retention.ms", "-2"},
           {"retention.ms", ""},
           {"segment.bytes", "1000"},
           {"segment.bytes", "3000000000"},
           {"max.message.bytes", "-1"},
           {"max.message.bytes", "2000000000"},
           {"message.timestamp.type", "Sometime"},
           {"compression.type", "rar"},
           {"compression.type", "gzip"},
           {"cleanup.policy", ""},
           {"cleanup.policy", "shred"},
           {"min.cleanable.dirty.ratio", "1.5"},
           {"max.message.bytes", " 2000000000"},
           {"flush.ms", "0000000000000000000000000000000000000000000001"},
           {"preallocate", "maybe"},
           {"remote.storage.enable", "true"},
           {"leader.replication.throttled.replicas", "one"}}) {
    EXPECT_EQ(set(name, value), KafkaError::kInvalidConfig) << name << "=" << value;
  }
  EXPECT_TRUE(settings(broker, "t").empty());
  EXPECT_EQ(changed(broker, change("none", {})), KafkaError::kUnknownTopicOrPartition);
  EXPECT_EQ(changed(broker, change("__consumer_offsets", {{"segment.ms", ConfigOperation::kSet, "5"}})),
            KafkaError::kPolicyViolation);
  EXPECT_EQ(changed(broker, change("t", {{"segment.ms", ConfigOperation::kSet, std::nullopt}})),
            KafkaError::kInvalidRequest);
  EXPECT_EQ(changed(broker, change("t", {{"segment.ms", static_cast<ConfigOperation>(9), "1"}})),
            KafkaError::kInvalidRequest);
  EXPECT_EQ(changed(broker, change("t", {{"segment.ms", ConfigOperation::kSet, "5"},
                                         {"segment.ms", ConfigOperation::kSet, "6"}})),
            KafkaError::kInvalidRequest);
  EXPECT_TRUE(settings(broker, "t").empty());
}

TEST(IncrementalAlterConfigs, OnlyChecksWhenToldTo) {
  CoreHarness broker;
  broker.create("t");
  auto request = change("t", {{"retention.ms", ConfigOperation::kSet, "1"}});
  request.validate_only = true;
  EXPECT_EQ(changed(broker, request), KafkaError::kNone);
  EXPECT_TRUE(settings(broker, "t").empty());
}

TEST(IncrementalAlterConfigs, TwoClientsAtOnceDoNotUndoEachOther) {
  CoreHarness broker;
  broker.create("t");
  const uint64_t first = broker.send(change("t", {{"retention.ms", ConfigOperation::kSet, "1"}}), 1);
  const uint64_t second = broker.send(change("t", {{"segment.ms", ConfigOperation::kSet, "2"}}), 1);
  broker.run_writer();
  EXPECT_TRUE(broker.answered(first) && broker.answered(second));
  EXPECT_EQ(settings(broker, "t").size(), 2u);
}

TEST(AlterConfigs, ReplacesAllSettings) {
  CoreHarness broker;
  broker.create("t", 1, {{"retention.bytes", "5000000"}});
  kafka::AlterConfigsRequest request;
  auto& resource = request.resources.emplace_back();
  resource.type = ResourceType::kTopic;
  resource.resource = "t";
  resource.configs.push_back({"segment.ms", "7"});
  EXPECT_EQ(broker.ask<kafka::AlterConfigsResponse>(request, 2).results.at(0).error, KafkaError::kNone);
  EXPECT_EQ(settings(broker, "t"), (std::map<std::string, std::string>{{"segment.ms", "7"}}));
  request.resources.push_back(request.resources.front());
  for (const auto& result : broker.ask<kafka::AlterConfigsResponse>(request, 2).results) {
    EXPECT_EQ(result.error, KafkaError::kInvalidRequest) << "named twice";
  }
}

TEST(AlterConfigs, TheBrokerIsConfiguredElsewhere) {
  CoreHarness broker;
  kafka::AlterConfigsRequest request;
  auto& resource = request.resources.emplace_back();
  resource.type = ResourceType::kBroker;
  resource.resource = "1";
  resource.configs.push_back({"log.retention.ms", "7"});
  const auto response = broker.ask<kafka::AlterConfigsResponse>(request, 2);
  EXPECT_EQ(response.results.at(0).error, KafkaError::kInvalidRequest);
  EXPECT_NE(response.results[0].error_message->find("log.retention.ms"), std::string::npos);
}

TEST(AlterConfigs, ThereIsNothingToTakeBackFromTheBroker) {
  CoreHarness broker;
  auto request = change("1", {{"leader.replication.throttled.rate", ConfigOperation::kDelete, std::nullopt}});
  request.resources[0].type = ResourceType::kBroker;
  EXPECT_EQ(changed(broker, request), KafkaError::kNone) << "kafka-reassign-partitions --verify asks for it";
  request.resources[0].configs.push_back({"num.partitions", ConfigOperation::kSet, "7"});
  EXPECT_EQ(changed(broker, request), KafkaError::kInvalidRequest);
}

TEST(AlterConfigs, ABusyWriterIsSaid) {
  CoreHarness broker;
  broker.create("t");
  broker.refuse_jobs = true;
  EXPECT_EQ(changed(broker, change("t", {{"retention.ms", ConfigOperation::kSet, "1"}})), KafkaError::kRequestTimedOut);
}

TEST(TopicSettings, HoldForTheNextBatch) {
  CoreHarness broker;
  broker.create("t");
  EXPECT_EQ(broker.produced("t", broker.batch(1, 5'000)).error, KafkaError::kNone);
  ASSERT_EQ(changed(broker, change("t", {{"max.message.bytes", ConfigOperation::kSet, "1000"}})), KafkaError::kNone);
  EXPECT_EQ(broker.produced("t", broker.batch(1, 5'000)).error, KafkaError::kMessageTooLarge);
  ASSERT_EQ(changed(broker, change("t", {{"max.message.bytes", ConfigOperation::kDelete, std::nullopt},
                                         {"message.timestamp.type", ConfigOperation::kSet, "LogAppendTime"}})),
            KafkaError::kNone);
  EXPECT_GE(broker.produced("t", broker.batch(1, 5'000)).log_append_time_ms, broker.now.wall_ms);
}

TEST(TopicSettings, BoundTimestamps) {
  CoreHarness broker;
  broker.create("t");
  const std::string batch = broker.batch(1);
  ASSERT_EQ(changed(broker, change("t", {{"message.timestamp.before.max.ms", ConfigOperation::kSet, "1000"}})),
            KafkaError::kNone);
  EXPECT_EQ(broker.produced("t", batch).error, KafkaError::kNone);
  broker.advance(2'000);
  EXPECT_EQ(broker.produced("t", batch).error, KafkaError::kInvalidTimestamp);
  const std::string later = broker.batch(1);
  broker.now.wall_ms -= 5'000;
  EXPECT_EQ(broker.produced("t", later).error, KafkaError::kNone) << "an hour is allowed";
  ASSERT_EQ(changed(broker, change("t", {{"message.timestamp.after.max.ms", ConfigOperation::kSet, "100"}})),
            KafkaError::kNone);
  EXPECT_EQ(broker.produced("t", later).error, KafkaError::kInvalidTimestamp);
}

TEST(ListConfigResources, NamesTopicsAndTheBroker) {
  CoreHarness broker;
  broker.create("t");
  const auto all = broker.ask<kafka::ListConfigResourcesResponse>(kafka::ListConfigResourcesRequest{}, 1);
  EXPECT_EQ(all.resources.size(), 4u);  // two topics, the broker, its logger
  kafka::ListConfigResourcesRequest topics;
  topics.types = {ResourceType::kTopic};
  EXPECT_EQ(broker.ask<kafka::ListConfigResourcesResponse>(topics, 1).resources.size(), 2u);
  topics.types = {static_cast<ResourceType>(77)};
  EXPECT_EQ(broker.ask<kafka::ListConfigResourcesResponse>(topics, 1).error, KafkaError::kUnsupportedVersion);
  EXPECT_TRUE(broker.ask<kafka::ListConfigResourcesResponse>(kafka::ListConfigResourcesRequest{}, 0).resources.empty());
}

}  // namespace
}  // namespace freshet::broker
