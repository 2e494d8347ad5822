#include <librdkafka/rdkafka.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/terminal.h"
#include "cli/topic_admin.h"

/// `topics alter` and `topics config`.
namespace freshet::cli {
namespace {

struct ChangeOptions {
  std::string name;
  int partitions = 0;
  bool yes = false;
  bool all = false;
  std::vector<std::string> assignments;  ///< NAME=VALUE
  std::vector<std::string> unset;
};

/// What a person should know before a topic grows.
std::string meaning_of_growth(const std::string& topic, const std::string& reader, size_t now, int wanted) {
  std::string out = fmt::format(
      "topic {} has {} partitions and would have {}. They cannot be made fewer again.\n"
      "- Order: a key goes to another partition than before in most cases. Its records keep their order within a "
      "partition, not across the change: new ones may be read before old ones.\n",
      topic, now, wanted);
  if (reader.starts_with("stream ")) {
    out += fmt::format(
        "- Deduplication: {} finds a duplicate in the partition of the first copy only. A record that is sent again "
        "after the change may go elsewhere, and counts twice then.\n"
        "- Neither happens when producers stop and flush first, and `freshet status` shows lag 0 before they go on.\n",
        reader);
  }
  return out;
}

Result<int> run_alter(const Context& context, const ChangeOptions& options) {
  ASSIGN_OR_RETURN(const KafkaHandle handle, connect(context));
  ASSIGN_OR_RETURN(const auto topics, read_topics(handle.get(), options.name));
  const size_t now = topics.front().partitions.size();
  const std::string reader = reader_of(streams_by_topic(context.folder), options.name);
  if (!options.yes && static_cast<size_t>(options.partitions) > now) {
    print_out(meaning_of_growth(options.name, reader, now, options.partitions) + "Say --yes to do it.\n");
    return kToDo;
  }
  char reason[256] = "";
  const std::unique_ptr<rd_kafka_NewPartitions_t, decltype(&rd_kafka_NewPartitions_destroy)> wanted(
      rd_kafka_NewPartitions_new(options.name.c_str(), static_cast<size_t>(options.partitions), reason, sizeof reason),
      rd_kafka_NewPartitions_destroy);
  if (!wanted) return fail(ErrorCode::kInvalidTopic, "topic '{}': {}", options.name, reason);
  const Queue queue = make_queue(handle.get());
  rd_kafka_NewPartitions_t* list[] = {wanted.get()};
  rd_kafka_CreatePartitions(handle.get(), list, 1, nullptr, queue.get());
  ASSIGN_OR_RETURN(const Event event, await_event(queue.get()));
  size_t count = 0;
  const auto results =
      rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event.get()), &count);
  RETURN_IF_ERROR(check_results(results, count));
  if (!context.json) {
    print_out(fmt::format("topic {} has {} partitions now{}\n", options.name, options.partitions,
                          reader.starts_with("stream ") ? "; " + reader + " reads all of them" : ""));
  }
  return kWell;
}

struct Setting {
  std::string name;
  std::string value;
  bool own = false;  ///< of the topic, not the broker's
};

using Resource = std::unique_ptr<rd_kafka_ConfigResource_t, decltype(&rd_kafka_ConfigResource_destroy)>;

Resource topic_resource(const std::string& name) {
  return {rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str()), rd_kafka_ConfigResource_destroy};
}

Result<void> check_resource(const rd_kafka_ConfigResource_t* resource) {
  const rd_kafka_resp_err_t error = rd_kafka_ConfigResource_error(resource);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  const char* text = rd_kafka_ConfigResource_error_string(resource);
  return fail(code_of(error), "topic '{}': {}", rd_kafka_ConfigResource_name(resource),
              text != nullptr && *text != 0 ? text : rd_kafka_err2str(error));
}

Result<std::vector<Setting>> read_settings(rd_kafka_t* handle, const std::string& topic) {
  const Resource resource = topic_resource(topic);
  const Queue queue = make_queue(handle);
  rd_kafka_ConfigResource_t* list[] = {resource.get()};
  rd_kafka_DescribeConfigs(handle, list, 1, nullptr, queue.get());
  ASSIGN_OR_RETURN(const Event event, await_event(queue.get()));
  size_t count = 0;
  const auto resources =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  if (count != 1) return fail(ErrorCode::kKafkaRefused, "the broker described {} topics instead of one", count);
  RETURN_IF_ERROR(check_resource(resources[0]));
  size_t entries = 0;
  const auto configs = rd_kafka_ConfigResource_configs(resources[0], &entries);
  std::vector<Setting> settings;
  for (size_t i = 0; i < entries; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(configs[i]);
    settings.push_back({rd_kafka_ConfigEntry_name(configs[i]), value != nullptr ? value : "",
                        rd_kafka_ConfigEntry_source(configs[i]) == RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG});
  }
  std::sort(settings.begin(), settings.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return settings;
}

Result<int> run_config_get(const Context& context, const ChangeOptions& options) {
  ASSIGN_OR_RETURN(const KafkaHandle handle, connect(context));
  ASSIGN_OR_RETURN(const std::vector<Setting> settings, read_settings(handle.get(), options.name));
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  std::vector<std::vector<std::string>> rows = {{"setting", "value", "set by"}};
  for (const Setting& setting : settings) {
    if (!options.all && !setting.own) continue;
    json[setting.name] = setting.value;
    rows.push_back({setting.name, setting.value, setting.own ? "the topic" : "the broker"});
  }
  if (context.json) {
    print_out(json.dump(2) + "\n");
  } else if (rows.size() == 1) {
    print_out(fmt::format("topic {} has no settings of its own; --all shows the broker's\n", options.name));
  } else {
    print_out(table(rows));
  }
  return kWell;
}

/// AlterConfigs replaces all settings, so those that stay are sent again.
Result<int> run_config_set(const Context& context, const ChangeOptions& options) {
  if (options.assignments.empty() && options.unset.empty()) {
    return fail(ErrorCode::kUsage, "nothing to set: NAME=VALUE or --unset NAME is wanted");
  }
  ASSIGN_OR_RETURN(const KafkaHandle handle, connect(context));
  ASSIGN_OR_RETURN(const std::vector<Setting> before, read_settings(handle.get(), options.name));
  std::map<std::string, std::string> after;
  for (const Setting& setting : before) {
    if (setting.own) after[setting.name] = setting.value;
  }
  for (const std::string& assignment : options.assignments) {
    const size_t equals = assignment.find('=');
    if (equals == assignment.npos) return fail(ErrorCode::kUsage, "{}: NAME=VALUE is wanted", assignment);
    after[assignment.substr(0, equals)] = assignment.substr(equals + 1);
  }
  for (const std::string& name : options.unset) after.erase(name);
  const Resource resource = topic_resource(options.name);
  for (const auto& [name, value] : after)
    rd_kafka_ConfigResource_set_config(resource.get(), name.c_str(), value.c_str());
  const Queue queue = make_queue(handle.get());
  rd_kafka_ConfigResource_t* list[] = {resource.get()};
  rd_kafka_AlterConfigs(handle.get(), list, 1, nullptr, queue.get());
  ASSIGN_OR_RETURN(const Event event, await_event(queue.get()));
  size_t count = 0;
  const auto resources =
      rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event.get()), &count);
  for (size_t i = 0; i < count; ++i) RETURN_IF_ERROR(check_resource(resources[i]));
  return context.json ? Result<int>(kWell) : run_config_get(context, options);
}

}  // namespace

void add_topic_changes(CLI::App& noun, Context& context) {
  const auto options = std::make_shared<ChangeOptions>();
  const auto add = [&](CLI::App& parent, const char* verb, const char* about,
                       Result<int> (*run)(const Context&, const ChangeOptions&)) {
    CLI::App* command = parent.add_subcommand(verb, about);
    command->add_option("TOPIC", options->name, "the topic")->required();
    command->callback(
        [&context, options, run] { context.action = [&context, options, run] { return run(context, *options); }; });
    return command;
  };
  CLI::App* alter = add(noun, "alter", "give a topic more partitions; says first what that means", run_alter);
  alter->add_option("--partitions", options->partitions, "how many it is to have")
      ->type_name("N")
      ->check(CLI::PositiveNumber)
      ->required();
  alter->add_flag("--yes", options->yes, "do it; without it only what that means is said");
  alter->footer(
      "Examples:\n  freshet topics alter clicks --partitions 12          what that means\n  freshet topics alter "
      "clicks "
      "--partitions 12 --yes    does it");
  CLI::App* config = noun.add_subcommand("config", "the settings of a topic");
  config->footer(
      "Examples:\n  freshet topics config get clicks\n  freshet topics config set clicks retention.ms=3600000");
  config->require_subcommand(1);
  CLI::App* get = add(*config, "get", "settings that the topic has of its own", run_config_get);
  get->add_flag("--all", options->all, "also those of the broker");
  CLI::App* set = add(*config, "set", "change settings while everything runs", run_config_set);
  set->add_option("SETTING", options->assignments, "like retention.ms=3600000")->type_name("NAME=VALUE");
  set->add_option("--unset", options->unset, "go back to the broker's")->type_name("NAME")->allow_extra_args(false);
  get->footer("Examples:\n  freshet topics config get clicks\n  freshet topics config get clicks --all");
  set->footer(
      "Examples:\n  freshet topics config set clicks retention.ms=3600000\n  freshet topics config set clicks --unset "
      "retention.ms\ndocs/kafka.md lists the settings and what they do.");
}

}  // namespace freshet::cli
