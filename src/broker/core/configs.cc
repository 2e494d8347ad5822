#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "broker/core/handlers.h"
#include "broker/core/log_errors.h"
#include "broker/core/shown_settings.h"

/// DescribeConfigs, AlterConfigs, IncrementalAlterConfigs, ListConfigResources: topics can be changed, the broker is
/// shown.
namespace freshet::broker {
namespace {

using kafka::ConfigOperation;
using kafka::ConfigSource;
using kafka::ConfigType;
using kafka::DescribeConfigsRequest;
using kafka::DescribeConfigsResponse;
using kafka::KafkaError;
using kafka::ResourceType;

struct Problem {
  KafkaError error = KafkaError::kNone;
  std::optional<std::string> message;
};

/// What a resource's name must be when it is a broker or its loggers.
Problem check_broker_name(const Core& core, std::string_view name, bool may_be_empty) {
  if (name.empty() && may_be_empty) return {};
  int32_t id = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  if (error != std::errc() || end != name.data() + name.size() || name != std::to_string(id)) {
    return {KafkaError::kInvalidRequest, fmt::format("Broker id must be an integer, but it is: {}", name)};
  }
  if (id == core.options().node_id) return {};
  return {KafkaError::kInvalidRequest, fmt::format("Unexpected broker id, expected {}{}, but received {}",
                                                   core.options().node_id, may_be_empty ? " or empty string" : "", id)};
}

bool is_wanted(const DescribeConfigsRequest::Resource& resource, std::string_view name) {
  return !resource.keys || resource.keys->empty() ||
         std::find(resource.keys->begin(), resource.keys->end(), name) != resource.keys->end();
}

void describe_topic(const Core& core, const Topic& topic, const DescribeConfigsRequest& request,
                    const DescribeConfigsRequest::Resource& resource, DescribeConfigsResponse::Result& result) {
  for (const ShownSetting& shown : shown_settings(core, topic.info->settings)) {
    if (!is_wanted(resource, shown.setting->name)) continue;
    auto& config = result.configs.emplace_back();
    config.name = shown.setting->name;
    config.value = shown.value;
    config.source = shown.source;
    config.config_type = shown.setting->type;
    if (request.include_documentation) config.documentation = shown.setting->about;
    if (!request.include_synonyms) continue;
    if (shown.source == ConfigSource::kTopic) config.synonyms.push_back({config.name, config.value, shown.source});
    if (shown.setting->broker_key.empty()) continue;
    const std::string key(shown.setting->broker_key);
    if (shown.broker_source != ConfigSource::kDefault) {
      config.synonyms.push_back({key, shown.broker_value, shown.broker_source});
    }
    if (!shown.kafkas.empty()) config.synonyms.push_back({key, std::string(shown.kafkas), ConfigSource::kDefault});
  }
}

void describe_broker(const Core& core, const DescribeConfigsRequest& request,
                     const DescribeConfigsRequest::Resource& resource, DescribeConfigsResponse::Result& result) {
  if (resource.resource.empty()) return;  // what was changed for all brokers: nothing
  for (const BrokerSetting& setting : broker_settings(core)) {
    if (!is_wanted(resource, setting.name)) continue;
    auto& config = result.configs.emplace_back();
    config.name = setting.name;
    config.value = setting.value;
    config.read_only = true;
    config.source = setting.source;
    config.config_type = setting.type;
    if (request.include_documentation) config.documentation = setting.about;
    if (!request.include_synonyms) continue;
    if (setting.source != ConfigSource::kDefault) {
      config.synonyms.push_back({setting.name, setting.value, setting.source});
    }
    if (setting.kafkas) config.synonyms.push_back({setting.name, *setting.kafkas, ConfigSource::kDefault});
  }
}

/// There is one, and its level is that of the program.
void describe_logger(const DescribeConfigsRequest& request, const DescribeConfigsRequest::Resource& resource,
                     DescribeConfigsResponse::Result& result) {
  if (!is_wanted(resource, "root")) return;
  auto& config = result.configs.emplace_back();
  config.name = "root";
  config.value = "INFO";
  config.read_only = true;
  config.source = ConfigSource::kDynamicBrokerLogger;
  config.config_type = ConfigType::kString;
  if (request.include_documentation) config.documentation = "Everything that the program writes to its log.";
}

DescribeConfigsResponse::Result describe(const Core& core, const DescribeConfigsRequest& request,
                                         const DescribeConfigsRequest::Resource& resource) {
  DescribeConfigsResponse::Result result;
  result.type = resource.type;
  result.resource = resource.resource;
  Problem problem;
  switch (resource.type) {
    case ResourceType::kTopic: {
      const auto topic = core.catalog().find(resource.resource);
      if (topic) {
        describe_topic(core, *topic, request, resource, result);
      } else if (std::string bad = topic_name_problem(resource.resource); !bad.empty()) {
        problem = {KafkaError::kInvalidTopic, std::move(bad)};
      } else {
        problem = {KafkaError::kUnknownTopicOrPartition, std::nullopt};
      }
      break;
    }
    case ResourceType::kBroker:
      problem = check_broker_name(core, resource.resource, true);
      if (problem.error == KafkaError::kNone) describe_broker(core, request, resource, result);
      break;
    case ResourceType::kBrokerLogger:
      problem = check_broker_name(core, resource.resource, false);
      if (problem.error == KafkaError::kNone) describe_logger(request, resource, result);
      break;
    case ResourceType::kGroup:
    case ResourceType::kClientMetrics:
      break;  // may have settings in Kafka; none are set here, and none can be
    default:
      problem = {KafkaError::kInvalidRequest,
                 fmt::format("Unsupported resource type: {}", static_cast<int>(resource.type))};
  }
  result.error = problem.error;
  result.error_message = std::move(problem.message);
  return result;
}

/// What both ways to change settings come down to.
struct Alteration {
  ResourceType type = ResourceType::kUnknown;
  std::string resource;
  bool replace = false;  ///< AlterConfigs: what is not named is gone
  std::vector<SettingChange> changes;
  Problem problem;
};

Problem check_changes(const Core& core, const Topic& topic, const Alteration& alteration) {
  Settings after = alteration.replace ? Settings{} : topic.info->settings;
  std::set<std::string_view> named;
  for (const SettingChange& change : alteration.changes) {
    if (!named.insert(change.name).second) {
      return {KafkaError::kInvalidRequest, "Error due to duplicate config keys"};
    }
    const TopicSetting* setting = find_topic_setting(change.name);
    const bool of_lists =
        change.operation == ConfigOperation::kAppend || change.operation == ConfigOperation::kSubtract;
    if (setting == nullptr) {
      return {KafkaError::kInvalidConfig, fmt::format("Unknown topic config name: {}", change.name)};
    }
    if (of_lists && setting->type != ConfigType::kList) {
      return {KafkaError::kInvalidConfig,
              fmt::format("Can't {} to key {} because its type is not LIST.",
                          change.operation == ConfigOperation::kAppend ? "APPEND" : "SUBTRACT", change.name)};
    }
    apply_change(after, change);
    const auto value = after.find(change.name);
    if (value == after.end()) continue;
    if (std::string bad = setting_problem(change.name, value->second, core.limits().max_fetch_bytes); !bad.empty()) {
      return {KafkaError::kInvalidConfig, std::move(bad)};
    }
  }
  return {};
}

Problem check(const Core& core, const Alteration& alteration) {
  switch (alteration.type) {
    case ResourceType::kTopic: {
      const auto topic = core.catalog().find(alteration.resource);
      if (!topic) return {KafkaError::kUnknownTopicOrPartition, std::nullopt};
      if (topic->info->internal) return {KafkaError::kPolicyViolation, "an internal topic cannot be changed"};
      return check_changes(core, *topic, alteration);
    }
    case ResourceType::kBroker:
    case ResourceType::kBrokerLogger: {
      const bool broker = alteration.type == ResourceType::kBroker;
      if (Problem bad = check_broker_name(core, alteration.resource, broker); bad.error != KafkaError::kNone)
        return bad;
      std::vector<std::string> names;
      for (const SettingChange& change : alteration.changes) {
        // To delete what is not set changes nothing: kafka-reassign-partitions does so when it is done.
        if (change.operation != ConfigOperation::kDelete) names.push_back(change.name);
      }
      if (names.empty()) return {};
      return {KafkaError::kInvalidRequest,
              fmt::format("Cannot update these configs dynamically: Set({}). The broker is configured in freshet.yaml",
                          fmt::join(names, ", "))};
    }
    default:
      return {KafkaError::kInvalidRequest,
              fmt::format("Unexpected resource type: {}", static_cast<int>(alteration.type))};
  }
}

/// Checks all, writes those that are sound as one job, and answers in the order of the request.
template <class Response>
void alter(Core& core, const Call& call, std::vector<Alteration> alterations, bool validate_only) {
  std::map<std::pair<ResourceType, std::string>, int> named;
  for (const Alteration& one : alterations) ++named[{one.type, one.resource}];
  const auto response = std::make_shared<Response>();
  std::vector<Core::TopicChange> wanted;
  std::vector<size_t> places;
  for (Alteration& one : alterations) {
    Problem problem = std::move(one.problem);
    if (named[{one.type, one.resource}] > 1) {
      problem = {KafkaError::kInvalidRequest, "Each resource must appear at most once."};
    }
    if (problem.error == KafkaError::kNone) problem = check(core, one);
    auto& result = response->results.emplace_back();
    result.type = one.type;
    result.resource = one.resource;
    result.error = problem.error;
    result.error_message = std::move(problem.message);
    if (problem.error != KafkaError::kNone || validate_only || one.type != ResourceType::kTopic) continue;
    places.push_back(response->results.size() - 1);
    wanted.push_back({core.catalog().find(one.resource)->info->id, one.replace, std::move(one.changes)});
  }
  if (wanted.empty()) return core.reply(call, *response);
  core.change_topics(std::move(wanted), [&core, call, response, places](const std::vector<Result<void>>& done) {
    for (size_t i = 0; i < places.size(); ++i) {
      if (done[i]) continue;
      response->results[places[i]].error = code_of(done[i].error());
      response->results[places[i]].error_message = done[i].error().message;
    }
    core.reply(call, *response);
  });
}

Problem null_value(std::string_view name) {
  return {KafkaError::kInvalidRequest, fmt::format("Null value not supported for : {}", name)};
}

}  // namespace

void handle(Core& core, const Call& call, const DescribeConfigsRequest& request) {
  DescribeConfigsResponse response;
  std::set<std::pair<ResourceType, std::string_view>> seen;  // an answer must not grow with repetitions
  for (const auto& resource : request.resources) {
    if (seen.emplace(resource.type, resource.resource).second) {
      response.results.push_back(describe(core, request, resource));
    }
  }
  core.reply(call, response);
}

void handle(Core& core, const Call& call, const kafka::AlterConfigsRequest& request) {
  std::vector<Alteration> alterations;
  for (const auto& resource : request.resources) {
    Alteration& one = alterations.emplace_back();
    one.type = resource.type;
    one.resource = resource.resource;
    one.replace = true;
    for (const auto& config : resource.configs) {
      if (!config.value) one.problem = null_value(config.name);
      one.changes.push_back({std::string(config.name), ConfigOperation::kSet, std::string(config.value.value_or(""))});
    }
  }
  alter<kafka::AlterConfigsResponse>(core, call, std::move(alterations), request.validate_only);
}

void handle(Core& core, const Call& call, const kafka::IncrementalAlterConfigsRequest& request) {
  std::vector<Alteration> alterations;
  for (const auto& resource : request.resources) {
    Alteration& one = alterations.emplace_back();
    one.type = resource.type;
    one.resource = resource.resource;
    for (const auto& config : resource.configs) {
      const auto code = static_cast<int>(config.operation);
      if (code < 0 || code > static_cast<int>(ConfigOperation::kSubtract)) {
        one.problem = {KafkaError::kInvalidRequest, fmt::format("Unknown operation type {}", code)};
      } else if (!config.value && config.operation != ConfigOperation::kDelete) {
        one.problem = null_value(config.name);
      }
      one.changes.push_back({std::string(config.name), config.operation, std::string(config.value.value_or(""))});
    }
  }
  alter<kafka::IncrementalAlterConfigsResponse>(core, call, std::move(alterations), request.validate_only);
}

void handle(Core& core, const Call& call, const kafka::ListConfigResourcesRequest& request) {
  kafka::ListConfigResourcesResponse response;
  const std::vector<ResourceType>& types = request.types;
  constexpr std::array kKnown = {ResourceType::kTopic, ResourceType::kBroker, ResourceType::kBrokerLogger,
                                 ResourceType::kClientMetrics, ResourceType::kGroup};
  if (std::any_of(types.begin(), types.end(),
                  [&](ResourceType type) { return std::find(kKnown.begin(), kKnown.end(), type) == kKnown.end(); })) {
    response.error = KafkaError::kUnsupportedVersion;
    return core.reply(call, response);
  }
  const auto wanted = [&](ResourceType type) {
    // v0 asks for the resources of client metrics, of which there are none.
    return call.version > 0 && (types.empty() || std::find(types.begin(), types.end(), type) != types.end());
  };
  if (wanted(ResourceType::kTopic)) {
    for (const auto& [name, topic] : core.catalog().topics())
      response.resources.push_back({name, ResourceType::kTopic});
  }
  for (const ResourceType type : {ResourceType::kBroker, ResourceType::kBrokerLogger}) {
    if (wanted(type)) response.resources.push_back({std::to_string(core.options().node_id), type});
  }
  core.reply(call, response);
}

}  // namespace freshet::broker
