#include <algorithm>
#include <set>

#include "broker/core/authorized.h"
#include "broker/core/handlers.h"

/// Metadata: this broker, its topics and partitions; topics that are missing are made first where that is allowed, so
/// that the answer already has them.
namespace freshet::broker {
namespace {

using kafka::KafkaError;
using kafka::MetadataRequest;
using kafka::MetadataResponse;

constexpr size_t kCreatedAtOnce = 100;  ///< topics that one request may make by asking for them

void describe(const Core& core, const MetadataRequest& request, const Topic& topic, MetadataResponse& response) {
  const int32_t node = core.options().node_id;
  auto& described = response.topics.emplace_back();
  described.name = topic.info->name;
  described.id = topic.info->id;
  described.is_internal = topic.info->internal;
  if (request.include_topic_authorized_operations) described.authorized_operations = kTopicOperations;
  for (int32_t i = 0; i < topic.info->partitions; ++i) {
    auto& partition = described.partitions.emplace_back();
    partition.index = i;
    partition.leader_id = node;
    partition.leader_epoch = 0;
    partition.replicas = {node};
    partition.in_sync_replicas = {node};
  }
}

void add_error(MetadataResponse& response, std::optional<std::string> name, const Uuid& id, KafkaError error) {
  auto& described = response.topics.emplace_back();
  described.error = error;
  described.name = std::move(name);
  described.id = id;
}

/// Java's AdminClient leaves the name empty beside an id; others send null.
bool asks_by_id(const MetadataRequest::Topic& wanted) { return !wanted.name || wanted.id != Uuid{}; }

void answer(Core& core, const Call& call, const MetadataRequest& request) {
  MetadataResponse response;
  response.brokers.push_back({core.options().node_id, core.options().host, core.options().port, std::nullopt});
  response.cluster_id = core.cluster_id();
  response.controller_id = core.options().node_id;
  if (request.include_cluster_authorized_operations) response.cluster_authorized_operations = kClusterOperations;
  const bool all = !request.topics || (call.version == 0 && request.topics->empty());
  if (all) {
    for (const auto& [name, topic] : core.catalog().topics()) describe(core, request, *topic, response);
    return core.reply(call, response);
  }
  for (const MetadataRequest::Topic& wanted : *request.topics) {
    const bool by_id = asks_by_id(wanted);
    const auto topic = by_id ? core.catalog().find(wanted.id) : core.catalog().find(*wanted.name);
    if (topic) {
      describe(core, request, *topic, response);
    } else if (by_id) {
      // Before v12 a name cannot be null.
      add_error(response, call.version >= 12 ? std::nullopt : std::optional<std::string>(""), wanted.id,
                KafkaError::kUnknownTopicId);
    } else {
      const bool valid = topic_name_problem(*wanted.name).empty();
      add_error(response, std::string(*wanted.name), {},
                valid ? KafkaError::kUnknownTopicOrPartition : KafkaError::kInvalidTopic);
    }
  }
  core.reply(call, response);
}

std::vector<Core::NewTopic> missing_topics(Core& core, const MetadataRequest& request) {
  std::vector<Core::NewTopic> missing;
  if (!request.topics || !request.allow_auto_topic_creation || !core.options().auto_create_topics) return missing;
  const Limits& limits = core.limits();
  int64_t topics = static_cast<int64_t>(core.catalog().topics().size());
  int64_t partitions = core.catalog().partition_count();
  for (const MetadataRequest::Topic& wanted : *request.topics) {
    if (missing.size() == kCreatedAtOnce) break;
    if (asks_by_id(wanted) || core.catalog().find(*wanted.name) || !topic_name_problem(*wanted.name).empty()) continue;
    topics += 1;
    partitions += core.options().default_partitions;
    if (topics > limits.max_topics || partitions > limits.max_partitions) break;
    missing.push_back({std::string(*wanted.name), core.options().default_partitions, {}});
  }
  return missing;
}

/// Each topic once: an answer must not grow with repetitions.
MetadataRequest without_repeats(const MetadataRequest& request) {
  MetadataRequest once = request;
  if (!once.topics) return once;
  std::set<std::pair<Uuid, std::optional<std::string_view>>> seen;
  std::erase_if(*once.topics, [&](const MetadataRequest::Topic& topic) {
    const bool by_id = asks_by_id(topic);
    return !seen.emplace(by_id ? topic.id : Uuid{}, by_id ? std::nullopt : topic.name).second;
  });
  return once;
}

}  // namespace

void handle(Core& core, const Call& call, const MetadataRequest& request) {
  const MetadataRequest once = without_repeats(request);
  std::vector<Core::NewTopic> missing = missing_topics(core, once);
  if (missing.empty()) return answer(core, call, once);
  // What could not be made is answered as unknown; clients ask again by themselves.
  core.create_topics(std::move(missing), [&core, call, once](const Core::Created&) { answer(core, call, once); });
}

}  // namespace freshet::broker
