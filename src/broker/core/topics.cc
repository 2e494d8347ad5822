#include <algorithm>
#include <set>

#include "broker/core/handlers.h"
#include "broker/core/log_errors.h"
#include "broker/core/shown_settings.h"

/// CreateTopics and DeleteTopics.
namespace freshet::broker {
namespace {

using kafka::CreateTopicsRequest;
using kafka::CreateTopicsResponse;
using kafka::DeleteTopicsRequest;
using kafka::DeleteTopicsResponse;
using kafka::KafkaError;

struct Problem {
  KafkaError error = KafkaError::kNone;
  std::string message;
};

Problem check_settings(const CreateTopicsRequest::Topic& topic, const Limits& limits) {
  std::set<std::string_view> named;
  for (const auto& config : topic.configs) {
    if (!named.insert(config.name).second) {
      return {KafkaError::kInvalidConfig, fmt::format("Duplicate config name: {}", config.name)};
    }
    if (!config.value)
      return {KafkaError::kInvalidConfig, fmt::format("Null value not supported for topic configs: {}", config.name)};
    if (std::string problem = setting_problem(config.name, *config.value, limits.max_fetch_bytes); !problem.empty()) {
      return {KafkaError::kInvalidConfig, std::move(problem)};
    }
  }
  return {};
}

/// One broker: every partition lies on it, and only on it.
Problem check_assignments(const CreateTopicsRequest::Topic& topic, int32_t node_id) {
  if (topic.partitions != -1 || topic.replication_factor != -1) {
    return {KafkaError::kInvalidRequest, "with assignments, partitions and replication factor must both be -1"};
  }
  std::set<int32_t> indexes;
  for (const auto& assignment : topic.assignments) {
    if (assignment.broker_ids != std::vector{node_id}) {
      return {KafkaError::kInvalidReplicaAssignment, fmt::format("the only broker is {}", node_id)};
    }
    indexes.insert(assignment.partition);
  }
  const bool consecutive = *indexes.begin() == 0 && indexes.size() == topic.assignments.size() &&
                           *indexes.rbegin() == static_cast<int32_t>(indexes.size()) - 1;
  if (!consecutive) return {KafkaError::kInvalidReplicaAssignment, "partitions must be numbered from 0 without gaps"};
  return {};
}

int32_t wanted_partitions(const Core& core, const CreateTopicsRequest::Topic& topic) {
  if (!topic.assignments.empty()) return static_cast<int32_t>(topic.assignments.size());
  return topic.partitions == -1 ? core.options().default_partitions : topic.partitions;
}

/// What a request makes before the topic that is looked at.
struct Planned {
  int64_t topics = 0;
  int64_t partitions = 0;
};

Problem check(Core& core, const CreateTopicsRequest::Topic& topic, const Planned& before) {
  const Limits& limits = core.limits();
  if (std::string problem = topic_name_problem(topic.name); !problem.empty()) {
    return {KafkaError::kInvalidTopic, std::move(problem)};
  }
  if (core.catalog().find(topic.name)) {
    return {KafkaError::kTopicAlreadyExists, fmt::format("Topic '{}' already exists.", topic.name)};
  }
  if (!topic.assignments.empty()) {
    if (Problem problem = check_assignments(topic, core.options().node_id); problem.error != KafkaError::kNone)
      return problem;
  } else if (topic.replication_factor != -1 && topic.replication_factor != 1) {
    return {KafkaError::kInvalidReplicationFactor,
            fmt::format("Unable to replicate the partition {} time(s): The target replication factor of {} cannot be "
                        "reached because only 1 broker(s) are registered.",
                        topic.replication_factor, topic.replication_factor)};
  }
  const int32_t partitions = wanted_partitions(core, topic);
  if (partitions < 1 || partitions > limits.max_partitions_per_topic) {
    return {
        KafkaError::kInvalidPartitions,
        fmt::format("a topic has between 1 and {} partitions, or -1 for the default", limits.max_partitions_per_topic)};
  }
  if (static_cast<int64_t>(core.catalog().topics().size()) + before.topics >= limits.max_topics ||
      core.catalog().partition_count() + before.partitions + partitions > limits.max_partitions) {
    return {KafkaError::kPolicyViolation, "there are too many topics or partitions already"};
  }
  return check_settings(topic, limits);
}

void show_settings(const Core& core, const CreateTopicsRequest::Topic& topic, int32_t partitions,
                   CreateTopicsResponse::Topic& answered) {
  answered.partitions = partitions;
  answered.replication_factor = 1;
  Settings given;
  for (const auto& config : topic.configs) given.emplace(config.name, config.value.value_or(""));
  auto& configs = answered.configs.emplace();
  for (const ShownSetting& shown : shown_settings(core, given)) {
    configs.push_back({std::string(shown.setting->name), shown.value, false, static_cast<int8_t>(shown.source), false});
  }
}

}  // namespace

void handle(Core& core, const Call& call, const CreateTopicsRequest& request) {
  const auto response = std::make_shared<CreateTopicsResponse>();
  std::map<std::string_view, int> named;
  for (const auto& topic : request.topics) ++named[topic.name];
  Planned planned;
  std::vector<Core::NewTopic> wanted;
  std::vector<size_t> places;
  for (const auto& topic : request.topics) {
    if (named[topic.name] == 0) continue;  // answered already
    auto& answered = response->topics.emplace_back();
    answered.name = topic.name;
    Problem problem = check(core, topic, planned);
    if (named[topic.name] > 1) {
      problem = {KafkaError::kInvalidRequest, "Duplicate topic name."};
      named[topic.name] = 0;
    }
    if (problem.error != KafkaError::kNone) {
      answered.error = problem.error;
      answered.error_message = std::move(problem.message);
      continue;
    }
    ++planned.topics;
    planned.partitions += wanted_partitions(core, topic);
    show_settings(core, topic, wanted_partitions(core, topic), answered);
    if (request.validate_only) continue;
    Core::NewTopic fresh{answered.name, answered.partitions, {}};
    for (const auto& config : topic.configs) fresh.settings.emplace(config.name, *config.value);
    wanted.push_back(std::move(fresh));
    places.push_back(response->topics.size() - 1);
  }
  if (wanted.empty()) return core.reply(call, *response);
  core.create_topics(std::move(wanted), [&core, call, response, places](const Core::Created& created) {
    for (size_t i = 0; i < places.size(); ++i) {
      auto& answered = response->topics[places[i]];
      if (created[i]) {
        answered.id = (*created[i])->info->id;
        continue;
      }
      answered = {.name = answered.name,
                  .id = {},
                  .error = code_of(created[i].error()),
                  .error_message = created[i].error().message,
                  .config_error = KafkaError::kNone,
                  .configs = {}};
    }
    core.reply(call, *response);
  });
}

void handle(Core& core, const Call& call, const DeleteTopicsRequest& request) {
  struct State {
    DeleteTopicsResponse response;
    size_t left = 1;  ///< deletions under way, and this loop
  };
  const auto state = std::make_shared<State>();
  const auto finish = [&core, call, state] {
    if (--state->left == 0) core.reply(call, state->response);
  };
  std::vector<DeleteTopicsRequest::Topic> wanted = request.topics;
  for (const std::string_view name : request.topic_names) wanted.push_back({name, {}});
  for (const DeleteTopicsRequest::Topic& one : wanted) {
    const auto topic = one.name ? core.catalog().find(*one.name) : core.catalog().find(one.id);
    auto& answered = state->response.topics.emplace_back();
    answered.id = topic ? topic->info->id : one.id;
    answered.name = topic      ? std::optional(topic->info->name)
                    : one.name ? std::optional(std::string(*one.name))
                               : std::nullopt;
    if (!topic) {
      answered.error = one.name ? KafkaError::kUnknownTopicOrPartition : KafkaError::kUnknownTopicId;
      continue;
    }
    if (topic->info->internal) {
      answered.error = KafkaError::kInvalidTopic;
      answered.error_message = "an internal topic cannot be deleted";
      continue;
    }
    ++state->left;
    const size_t place = state->response.topics.size() - 1;
    core.delete_topic(topic, [state, finish, place](const Result<void>& deleted) {
      if (!deleted) {
        state->response.topics[place].error = code_of(deleted.error());
        state->response.topics[place].error_message = deleted.error().message;
      }
      finish();
    });
  }
  finish();
}

}  // namespace freshet::broker
