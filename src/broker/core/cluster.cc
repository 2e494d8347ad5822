#include <algorithm>
#include <array>
#include <set>

#include "broker/core/authorized.h"
#include "broker/core/handlers.h"

/// What a cluster of one broker says of itself: DescribeCluster, DescribeLogDirs, DescribeProducers, leaders and
/// replicas, transactions. Reassigning and electing has nothing to do, and is answered as Kafka answers it then.
namespace freshet::broker {
namespace {

using kafka::AlterPartitionReassignmentsRequest;
using kafka::DescribeLogDirsRequest;
using kafka::DescribeLogDirsResponse;
using kafka::DescribeProducersRequest;
using kafka::DescribeProducersResponse;
using kafka::ElectLeadersRequest;
using kafka::KafkaError;

constexpr int8_t kBrokerEndpoints = 1, kControllerEndpoints = 2;

void add_size(const Topic& topic, int32_t partition, DescribeLogDirsResponse::Result::Topic& out) {
  if (const auto* log = topic.partition(partition)) {
    out.partitions.push_back({partition, static_cast<int64_t>((*log)->size_bytes()), 0, false});
  }
}

/// Partitions that do not exist are left out, as in Kafka.
void add_sizes(const Core& core, const DescribeLogDirsRequest& request, DescribeLogDirsResponse::Result& result) {
  if (!request.topics) {
    for (const auto& [name, topic] : core.catalog().topics()) {
      auto& out = result.topics.emplace_back();
      out.name = name;
      for (int32_t i = 0; i < topic->info->partitions; ++i) add_size(*topic, i, out);
    }
    return;
  }
  std::set<std::pair<std::string_view, int32_t>> seen;
  for (const auto& wanted : *request.topics) {
    const auto topic = core.catalog().find(wanted.topic);
    if (!topic) continue;
    auto& out = result.topics.emplace_back();
    out.name = topic->info->name;
    for (const int32_t partition : wanted.partitions) {
      if (seen.emplace(wanted.topic, partition).second) add_size(*topic, partition, out);
    }
    if (out.partitions.empty()) result.topics.pop_back();
  }
}

/// What the writer's thread found out about a partition's producers.
struct Asked {
  std::shared_ptr<log::PartitionLog> log;
  size_t topic_place = 0, partition_place = 0;
  std::vector<log::ProducerSummary> producers;
};

std::string why_not(const Core& core, const std::vector<int32_t>& replicas) {
  if (replicas.empty()) return "The manual partition assignment includes an empty replica list.";
  for (const int32_t node : replicas) {
    if (node < 0) return fmt::format("The manual partition assignment includes an invalid broker id {}.", node);
    if (node != core.options().node_id) {
      return fmt::format("The manual partition assignment includes broker {}, but no such broker is registered.", node);
    }
  }
  return replicas.size() == 1
             ? ""
             : fmt::format("The manual partition assignment includes the broker {} more than once.", replicas.front());
}

}  // namespace

void handle(Core& core, const Call& call, const kafka::DescribeClusterRequest& request) {
  kafka::DescribeClusterResponse response;
  response.endpoint_type = request.endpoint_type;
  if (request.endpoint_type != kBrokerEndpoints) {
    response.error = request.endpoint_type == kControllerEndpoints ? KafkaError::kMismatchedEndpointType
                                                                   : KafkaError::kUnsupportedEndpointType;
    response.error_message = fmt::format(
        "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type {}",
        request.endpoint_type == kControllerEndpoints ? "CONTROLLER" : std::to_string(request.endpoint_type));
    return core.reply(call, response);
  }
  const CoreOptions& options = core.options();
  response.cluster_id = core.cluster_id();
  response.controller_id = options.node_id;
  response.brokers.push_back({options.node_id, options.host, options.port, std::nullopt, false});
  if (request.include_authorized_operations) response.authorized_operations = kClusterOperations;
  core.reply(call, response);
}

void handle(Core& core, const Call& call, const DescribeLogDirsRequest& request) {
  DescribeLogDirsResponse response;
  auto& result = response.results.emplace_back();
  result.log_dir = core.options().log_dir;
  if (core.parts().volume) std::tie(result.total_bytes, result.usable_bytes) = core.parts().volume();
  add_sizes(core, request, result);
  core.reply(call, response);
}

void handle(Core& core, const Call& call, const DescribeProducersRequest& request) {
  const auto response = std::make_shared<DescribeProducersResponse>();
  const auto asked = std::make_shared<std::vector<Asked>>();
  std::set<std::pair<std::string_view, int32_t>> seen;
  for (const auto& wanted : request.topics) {
    const auto topic = core.catalog().find(wanted.name);
    auto& answered = response->topics.emplace_back();
    answered.name = wanted.name;
    for (const int32_t partition : wanted.partitions) {
      if (!seen.emplace(wanted.name, partition).second) continue;
      auto& out = answered.partitions.emplace_back();
      out.index = partition;
      if (const auto* log = topic ? topic->partition(partition) : nullptr) {
        asked->push_back({*log, response->topics.size() - 1, answered.partitions.size() - 1, {}});
      } else {
        out.error = KafkaError::kUnknownTopicOrPartition;
      }
    }
  }
  const auto finish = [&core, call, response, asked](KafkaError error) {
    for (const Asked& one : *asked) {
      auto& out = response->topics[one.topic_place].partitions[one.partition_place];
      out.error = error;
      for (const log::ProducerSummary& producer : one.producers) {
        out.active_producers.push_back({.producer_id = producer.id.value,
                                        .producer_epoch = producer.epoch,
                                        .last_sequence = producer.last_sequence,
                                        .last_timestamp_ms = producer.written_ms,
                                        .coordinator_epoch = -1});
      }
    }
    core.reply(call, *response);
  };
  if (asked->empty()) return finish(KafkaError::kNone);
  auto job = std::make_unique<Job>();
  job->work = [asked](log::LogManager&) {
    for (Asked& one : *asked) one.producers = one.log->producers();
  };
  job->done = [finish](Job&) { finish(KafkaError::kNone); };
  core.submit(std::move(job), [finish] { finish(KafkaError::kRequestTimedOut); });
}

void handle(Core& core, const Call& call, const ElectLeadersRequest& request) {
  kafka::ElectLeadersResponse response;
  if (!request.topics) {
    // Of all partitions, only those are named whose leader changed.
    for (const auto& [name, topic] : core.catalog().topics()) response.topics.push_back({name, {}});
    return core.reply(call, response);
  }
  for (const auto& wanted : *request.topics) {
    const auto topic = core.catalog().find(wanted.topic);
    auto& answered = response.topics.emplace_back();
    answered.topic = wanted.topic;
    for (const int32_t partition : wanted.partitions) {
      auto& out = answered.partitions.emplace_back();
      out.index = partition;
      if (topic && topic->partition(partition) != nullptr) {
        out.error = KafkaError::kElectionNotNeeded;
        out.error_message = "Leader election not needed for topic partition.";
      } else {
        out.error = KafkaError::kUnknownTopicOrPartition;
        out.error_message = topic ? fmt::format("No such partition as {}-{}", wanted.topic, partition)
                                  : fmt::format("No such topic as {}", wanted.topic);
      }
    }
  }
  core.reply(call, response);
}

void handle(Core& core, const Call& call, const AlterPartitionReassignmentsRequest& request) {
  kafka::AlterPartitionReassignmentsResponse response;
  response.allow_replication_factor_change = request.allow_replication_factor_change;
  for (const auto& wanted : request.topics) {
    const auto topic = core.catalog().find(wanted.name);
    auto& answered = response.results.emplace_back();
    answered.name = wanted.name;
    for (const auto& partition : wanted.partitions) {
      auto& out = answered.partitions.emplace_back();
      out.index = partition.index;
      if (!topic || topic->partition(partition.index) == nullptr) {
        out.error = KafkaError::kUnknownTopicOrPartition;
        out.error_message = "The topic or partition does not exist.";
      } else if (!partition.replicas) {
        out.error = KafkaError::kNoReassignmentInProgress;
        out.error_message = "No partition reassignment is in progress.";
      } else if (std::string problem = why_not(core, *partition.replicas); !problem.empty()) {
        out.error = KafkaError::kInvalidReplicaAssignment;
        out.error_message = std::move(problem);
      }
    }
  }
  core.reply(call, response);
}

void handle(Core& core, const Call& call, const kafka::ListPartitionReassignmentsRequest&) {
  core.reply(call, kafka::ListPartitionReassignmentsResponse{});
}

void handle(Core& core, const Call& call, const kafka::ListTransactionsRequest& request) {
  constexpr std::array<std::string_view, 8> kStates = {"Ongoing",        "PrepareCommit",    "PrepareAbort",
                                                       "CompleteCommit", "CompleteAbort",    "Empty",
                                                       "Dead",           "PrepareEpochFence"};
  kafka::ListTransactionsResponse response;
  for (const std::string_view state : request.state_filters) {
    if (std::find(kStates.begin(), kStates.end(), state) == kStates.end()) {
      response.unknown_state_filters.emplace_back(state);
    }
  }
  core.reply(call, response);
}

void handle(Core& core, const Call& call, const kafka::DescribeTransactionsRequest& request) {
  kafka::DescribeTransactionsResponse response;
  for (const std::string_view id : request.transactional_ids) {
    auto& transaction = response.transactions.emplace_back();
    transaction.transactional_id = id;
    transaction.error = KafkaError::kTransactionalIdNotFound;
  }
  core.reply(call, response);
}

}  // namespace freshet::broker
