#include <librdkafka/rdkafka.h>

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "cli/kafka_handle.h"
#include "cli/program.h"
#include "cli/run_info.h"
#include "cli/terminal.h"
#include "project/project.h"

namespace freshet::cli {
namespace {

constexpr int kAdminTimeoutMs = 20'000;

struct TopicsOptions {
  std::string name;
  int partitions = -1;  ///< -1: the project's default
  std::vector<std::string> configs;
};

/// Topic to the stream that reads it; empty when the project cannot be read.
std::map<std::string, std::string> streams_by_topic(const std::string& folder) {
  std::map<std::string, std::string> out;
  if (const auto project = project::load(folder)) {
    for (const project::Stream& stream : project->streams) out[stream.topic] = stream.name;
  }
  return out;
}

std::string reader_of(const std::map<std::string, std::string>& streams, const std::string& topic) {
  const auto found = streams.find(topic);
  if (found != streams.end()) return "stream " + found->second;
  return topic.starts_with("__") ? "internal" : "only a log";
}

Result<KafkaHandle> connect(const Context& context) {
  ASSIGN_OR_RETURN(const RunInfo info, find_running(context.folder));
  return make_producer(info.kafka, {{"allow.auto.create.topics", "false"}}, nullptr, nullptr);
}

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

ErrorCode code_of(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
      return ErrorCode::kTopicExists;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      return ErrorCode::kUnknownTopic;
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
      return ErrorCode::kInvalidTopic;
    default:
      return ErrorCode::kKafkaRefused;
  }
}

Result<void> check_results(const rd_kafka_topic_result_t** results, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(results[i]);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    const char* text = rd_kafka_topic_result_error_string(results[i]);
    return fail(code_of(error), "topic '{}': {}", rd_kafka_topic_result_name(results[i]),
                text != nullptr && *text != 0 ? text : rd_kafka_err2str(error));
  }
  return {};
}

/// Waits for the answer of an admin request whose results `read` takes out of its event.
template <class Read>
Result<void> await_answer(rd_kafka_queue_t* queue, Read read) {
  const std::unique_ptr<rd_kafka_event_t, decltype(&rd_kafka_event_destroy)> event(
      rd_kafka_queue_poll(queue, kAdminTimeoutMs), rd_kafka_event_destroy);
  if (!event) return fail(ErrorCode::kTimeout, "the broker did not answer within {} s", kAdminTimeoutMs / 1000);
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return fail(ErrorCode::kKafkaRefused, "{}", rd_kafka_event_error_string(event.get()));
  }
  size_t count = 0;
  const rd_kafka_topic_result_t** results = read(event.get(), &count);
  return check_results(results, count);
}

using Queue = std::unique_ptr<rd_kafka_queue_t, decltype(&rd_kafka_queue_destroy)>;

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
  const Queue queue(rd_kafka_queue_new(handle.get()), rd_kafka_queue_destroy);
  rd_kafka_NewTopic_t* list[] = {topic.get()};
  rd_kafka_CreateTopics(handle.get(), list, 1, nullptr, queue.get());
  RETURN_IF_ERROR(await_answer(queue.get(), [](rd_kafka_event_t* event, size_t* count) {
    return rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), count);
  }));
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
  const Queue queue(rd_kafka_queue_new(handle.get()), rd_kafka_queue_destroy);
  rd_kafka_DeleteTopic_t* list[] = {topic.get()};
  rd_kafka_DeleteTopics(handle.get(), list, 1, nullptr, queue.get());
  RETURN_IF_ERROR(await_answer(queue.get(), [](rd_kafka_event_t* event, size_t* count) {
    return rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), count);
  }));
  if (!context.json) print_out(fmt::format("topic {} deleted\n", options.name));
  return kWell;
}

}  // namespace

void add_topics(CLI::App& app, Context& context) {
  auto options = std::make_shared<TopicsOptions>();
  CLI::App* noun = app.add_subcommand("topics", "list, create, delete and describe topics of the log");
  noun->footer(
      "Examples:\n  freshet topics list\n  freshet topics create clicks --partitions 8\n  freshet topics describe "
      "events");
  noun->require_subcommand(1);
  CLI::App* list = noun->add_subcommand("list", "all topics, and which stream reads each");
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
  add("delete", "delete a topic and its records; rows in ClickHouse stay", run_delete);
  add("describe", "the partitions of a topic and their offsets", run_describe);
}

}  // namespace freshet::cli
