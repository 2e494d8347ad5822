#include <librdkafka/rdkafka.h>

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/kafka_handle.h"
#include "cli/program.h"
#include "cli/run_info.h"
#include "cli/terminal.h"
#include "cli/topic_admin.h"

namespace freshet::cli {
namespace {

struct TopicsOptions {
  std::string name;
  int partitions = -1;  ///< -1: the project's default
  std::vector<std::string> configs;
};

struct PartitionRange {
  int32_t partition = 0;
  int64_t first = 0;
  int64_t end = 0;
};

Result<std::vector<PartitionRange>> ranges_of(rd_kafka_s* handle, const TopicInfo& topic) {
  std::vector<PartitionRange> out;
  for (const int32_t partition : topic.partitions) {
    ASSIGN_OR_RETURN(const auto range, read_watermarks(handle, topic.name, partition));
    out.push_back({partition, range.first, range.second});
  }
  return out;
}

Result<int> run_list(const Context& context) {
  ASSIGN_OR_RETURN(const KafkaHandle handle, connect(context));
  ASSIGN_OR_RETURN(const auto topics, read_topics(handle.get()));
  const auto streams = streams_by_topic(context.folder);
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> rows = {{"topic", "partitions", "records", "read by"}};
  for (const TopicInfo& topic : topics) {
    ASSIGN_OR_RETURN(const auto ranges, ranges_of(handle.get(), topic));
    int64_t records = 0;
    for (const PartitionRange& range : ranges) records += range.end - range.first;
    rows.push_back(
        {topic.name, fmt::format("{}", topic.partitions.size()), with_commas(records), reader_of(streams, topic.name)});
    json.push_back({{"topic", topic.name},
                    {"partitions", topic.partitions.size()},
                    {"records", records},
                    {"read_by", reader_of(streams, topic.name)}});
  }
  print_out(context.json ? json.dump(2) + "\n" : topics.empty() ? "no topics yet\n" : table(rows));
  return kWell;
}

Result<int> run_describe(const Context& context, const TopicsOptions& options) {
  ASSIGN_OR_RETURN(const KafkaHandle handle, connect(context));
  ASSIGN_OR_RETURN(const auto topics, read_topics(handle.get(), options.name));
  ASSIGN_OR_RETURN(const auto ranges, ranges_of(handle.get(), topics.front()));
  const std::string reader = reader_of(streams_by_topic(context.folder), options.name);
  if (context.json) {
    nlohmann::ordered_json json = {
        {"topic", options.name}, {"read_by", reader}, {"partitions", nlohmann::ordered_json::array()}};
    for (const PartitionRange& range : ranges) {
      json["partitions"].push_back(
          {{"partition", range.partition}, {"first_offset", range.first}, {"end_offset", range.end}});
    }
    print_out(json.dump(2) + "\n");
    return kWell;
  }
  std::vector<std::vector<std::string>> rows = {{"partition", "first offset", "end offset", "records"}};
  for (const PartitionRange& range : ranges) {
    rows.push_back({fmt::format("{}", range.partition), fmt::format("{}", range.first), fmt::format("{}", range.end),
                    with_commas(range.end - range.first)});
  }
  const std::string meaning =
      reader == "only a log" ? "only a log: no stream of this project reads it" : "read by " + reader;
  print_out(fmt::format("topic {}: {}\n{}", options.name, reader == "internal" ? "internal" : meaning, table(rows)));
  return kWell;
}

Result<int> run_create(const Context& context, const TopicsOptions& options) {
  ASSIGN_OR_RETURN(const KafkaHandle handle, connect(context));
  char reason[256] = "";
  const std::unique_ptr<rd_kafka_NewTopic_t, decltype(&rd_kafka_NewTopic_destroy)> topic(
      rd_kafka_NewTopic_new(options.name.c_str(), options.partitions, 1, reason, sizeof reason),
      rd_kafka_NewTopic_destroy);
  if (!topic) return fail(ErrorCode::kInvalidTopic, "topic '{}': {}", options.name, reason);
  for (const std::string& config : options.configs) {
    const size_t equals = config.find('=');
    if (equals == config.npos) return fail(ErrorCode::kUsage, "--config {}: NAME=VALUE is wanted", config);
    rd_kafka_NewTopic_set_config(topic.get(), config.substr(0, equals).c_str(), config.substr(equals + 1).c_str());
  }
  const Queue queue = make_queue(handle.get());
  rd_kafka_NewTopic_t* list[] = {topic.get()};
  rd_kafka_CreateTopics(handle.get(), list, 1, nullptr, queue.get());
  ASSIGN_OR_RETURN(const Event event, await_event(queue.get()));
  size_t count = 0;
  const auto results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  RETURN_IF_ERROR(check_results(results, count));
  const std::string reader = reader_of(streams_by_topic(context.folder), options.name);
  if (!context.json)
    print_out(fmt::format("topic {} created, {}\n", options.name,
                          reader == "only a log" ? "only a log: no stream reads it" : "read by " + reader));
  return kWell;
}

Result<int> run_delete(const Context& context, const TopicsOptions& options) {
  ASSIGN_OR_RETURN(const KafkaHandle handle, connect(context));
  const std::unique_ptr<rd_kafka_DeleteTopic_t, decltype(&rd_kafka_DeleteTopic_destroy)> topic(
      rd_kafka_DeleteTopic_new(options.name.c_str()), rd_kafka_DeleteTopic_destroy);
  const Queue queue = make_queue(handle.get());
  rd_kafka_DeleteTopic_t* list[] = {topic.get()};
  rd_kafka_DeleteTopics(handle.get(), list, 1, nullptr, queue.get());
  ASSIGN_OR_RETURN(const Event event, await_event(queue.get()));
  size_t count = 0;
  const auto results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count);
  RETURN_IF_ERROR(check_results(results, count));
  if (!context.json) print_out(fmt::format("topic {} deleted\n", options.name));
  return kWell;
}

}  // namespace

void add_topics(CLI::App& app, Context& context) {
  auto options = std::make_shared<TopicsOptions>();
  CLI::App* noun = app.add_subcommand("topics", "list, create, change, delete and describe topics of the log");
  noun->footer(
      "Examples:\n  freshet topics list\n  freshet topics create clicks --partitions 8\n  freshet topics describe "
      "events\n  freshet topics alter clicks --partitions 12\n  freshet topics config set clicks retention.ms=3600000");
  noun->require_subcommand(1);
  CLI::App* list = noun->add_subcommand("list", "all topics, and which stream reads each");
  list->footer("Examples:\n  freshet topics list\n  freshet --json topics list");
  list->callback([&context] { context.action = [&context] { return run_list(context); }; });
  const auto add = [&](const char* verb, const char* about, Result<int> (*run)(const Context&, const TopicsOptions&)) {
    CLI::App* command = noun->add_subcommand(verb, about);
    command->add_option("TOPIC", options->name, "the topic")->required();
    command->callback(
        [&context, options, run] { context.action = [&context, options, run] { return run(context, *options); }; });
    return command;
  };
  CLI::App* create = add("create", "make a topic; one without a stream is only a log", run_create);
  create->add_option("--partitions", options->partitions, "how many; the project's default without it")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  create->add_option("--config", options->configs, "a topic setting, like retention.ms=60000")->type_name("NAME=VALUE");
  create->footer(
      "Examples:\n  freshet topics create clicks --partitions 8\n  freshet topics create audit --config "
      "retention.ms=3600000\ndocs/kafka.md lists the settings.");
  add_topic_changes(*noun, context);
  add("delete", "delete a topic and its records; rows in ClickHouse stay", run_delete)
      ->footer("Example:\n  freshet topics delete clicks");
  add("describe", "the partitions of a topic and their offsets", run_describe)
      ->footer("Example:\n  freshet topics describe events");
}

}  // namespace freshet::cli
