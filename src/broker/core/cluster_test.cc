#include <gtest/gtest.h>

#include "broker/core/authorized.h"
#include "broker/core/core_harness.h"

namespace freshet::broker {
namespace {

using kafka::KafkaError;

TEST(DescribeCluster, NamesTheOnlyBroker) {
  CoreHarness broker;
  kafka::DescribeClusterRequest request;
  const auto plain = broker.ask<kafka::DescribeClusterResponse>(request, 2);
  EXPECT_EQ(plain.brokers.at(0).broker_id, 1);
  EXPECT_EQ(plain.controller_id, 1);
  EXPECT_EQ(plain.cluster_id, broker.core->cluster_id());
  EXPECT_EQ(plain.authorized_operations, kafka::kNoAuthorizedOperations);
  request.include_authorized_operations = true;
  EXPECT_EQ(broker.ask<kafka::DescribeClusterResponse>(request, 0).authorized_operations, kClusterOperations);
  request.endpoint_type = 2;
  EXPECT_EQ(broker.ask<kafka::DescribeClusterResponse>(request, 1).error, KafkaError::kMismatchedEndpointType);
  request.endpoint_type = 9;
  EXPECT_EQ(broker.ask<kafka::DescribeClusterResponse>(request, 1).error, KafkaError::kUnsupportedEndpointType);
}

TEST(Metadata, SaysWhatMayBeDoneWhenAsked) {
  CoreHarness broker;
  broker.create("t");
  kafka::MetadataRequest request;
  request.topics.emplace().push_back({{}, "t"});
  const auto silent = broker.ask<kafka::MetadataResponse>(request, 8);
  EXPECT_EQ(silent.topics.at(0).authorized_operations, kafka::kNoAuthorizedOperations);
  request.include_topic_authorized_operations = request.include_cluster_authorized_operations = true;
  const auto told = broker.ask<kafka::MetadataResponse>(request, 8);
  EXPECT_EQ(told.topics.at(0).authorized_operations, 3576);  // Kafka 4.1's own number
  EXPECT_EQ(told.cluster_authorized_operations, 8096);
}

TEST(DescribeLogDirs, GivesTheSizeOfEachPartition) {
  CoreOptions options;
  options.log_dir = "/somewhere/log";
  CoreHarness broker(options);
  broker.create("t", 2);
  broker.produced("t", broker.batch(10));
  const auto all = broker.ask<kafka::DescribeLogDirsResponse>(kafka::DescribeLogDirsRequest{}, 4).results.at(0);
  EXPECT_EQ(all.log_dir, "/somewhere/log");
  EXPECT_EQ(all.topics.size(), 2u);
  kafka::DescribeLogDirsRequest one;
  one.topics.emplace().push_back({"t", {0, 0, 9}});
  one.topics->push_back({"none", {0}});
  const auto some = broker.ask<kafka::DescribeLogDirsResponse>(one, 4).results.at(0);
  ASSERT_EQ(some.topics.size(), 1u);
  ASSERT_EQ(some.topics[0].partitions.size(), 1u);
  EXPECT_EQ(some.topics[0].partitions[0].size_bytes,
            static_cast<int64_t>(broker.core->catalog().find("t")->partitions[0]->size_bytes()));
  EXPECT_GT(some.topics[0].partitions[0].size_bytes, 0);
}

TEST(DescribeProducers, ShowsIdempotentProducers) {
  CoreHarness broker;
  broker.create("t");
  broker.produced("t", broker.batch(3, 10, {ProducerId(42), 1, 0}));
  kafka::DescribeProducersRequest request;
  request.topics.push_back({"t", {0, 8}});
  const auto partitions = broker.ask<kafka::DescribeProducersResponse>(request, 0).topics.at(0).partitions;
  ASSERT_EQ(partitions.at(0).active_producers.size(), 1u);
  const auto& producer = partitions[0].active_producers[0];
  EXPECT_EQ(producer.producer_id, 42);
  EXPECT_EQ(producer.producer_epoch, 1);
  EXPECT_EQ(producer.last_sequence, 2);
  EXPECT_EQ(producer.last_timestamp_ms, broker.now.wall_ms);
  EXPECT_EQ(producer.current_txn_start_offset, -1);
  EXPECT_EQ(partitions.at(1).error, KafkaError::kUnknownTopicOrPartition);
}

TEST(ElectLeaders, HasNothingToDo) {
  CoreHarness broker;
  broker.create("t", 2);
  kafka::ElectLeadersRequest request;
  request.topics.emplace().push_back({"t", {1, 2}});
  const auto named = broker.ask<kafka::ElectLeadersResponse>(request, 2);
  EXPECT_EQ(named.topics.at(0).partitions.at(0).error, KafkaError::kElectionNotNeeded);
  EXPECT_EQ(named.topics[0].partitions.at(1).error, KafkaError::kUnknownTopicOrPartition);
  request.topics.reset();
  for (const auto& topic : broker.ask<kafka::ElectLeadersResponse>(request, 2).topics) {
    EXPECT_TRUE(topic.partitions.empty());
  }
}

TEST(PartitionReassignments, HaveNowhereToGo) {
  CoreHarness broker;
  broker.create("t");
  EXPECT_TRUE(broker.ask<kafka::ListPartitionReassignmentsResponse>(kafka::ListPartitionReassignmentsRequest{}, 0)
                  .topics.empty());
  const auto alter = [&](std::optional<std::vector<int32_t>> replicas, int32_t partition = 0) {
    kafka::AlterPartitionReassignmentsRequest request;
    request.topics.push_back({"t", {{partition, std::move(replicas)}}});
    return broker.ask<kafka::AlterPartitionReassignmentsResponse>(request, 1).results.at(0).partitions.at(0).error;
  };
  EXPECT_EQ(alter(std::vector{1}), KafkaError::kNone);
  EXPECT_EQ(alter(std::vector{2}), KafkaError::kInvalidReplicaAssignment);
  EXPECT_EQ(alter(std::vector<int32_t>{}), KafkaError::kInvalidReplicaAssignment);
  EXPECT_EQ(alter(std::vector{1, 1}), KafkaError::kInvalidReplicaAssignment);
  EXPECT_EQ(alter(std::nullopt), KafkaError::kNoReassignmentInProgress);
  EXPECT_EQ(alter(std::vector{1}, 5), KafkaError::kUnknownTopicOrPartition);
}

TEST(Transactions, ThereAreNone) {
  CoreHarness broker;
  kafka::ListTransactionsRequest list;
  list.state_filters = {"Ongoing", "Sleeping"};
  const auto listed = broker.ask<kafka::ListTransactionsResponse>(list, 2);
  EXPECT_EQ(listed.unknown_state_filters, std::vector<std::string>{"Sleeping"});
  EXPECT_TRUE(listed.transactions.empty());
  kafka::DescribeTransactionsRequest describe;
  describe.transactional_ids = {"x"};
  EXPECT_EQ(broker.ask<kafka::DescribeTransactionsResponse>(describe, 0).transactions.at(0).error,
            KafkaError::kTransactionalIdNotFound);
}

}  // namespace
}  // namespace freshet::broker
