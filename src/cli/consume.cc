#include <librdkafka/rdkafka.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "cli/kafka_handle.h"
#include "cli/program.h"
#include "cli/run_info.h"
#include "cli/stop_signal.h"
#include "cli/terminal.h"
#include "project/project.h"

namespace freshet::cli {
namespace {

constexpr int kPollMs = 100;

struct ConsumeOptions {
  std::string topic;
  std::string from = "end";
  std::string timeout;
  std::string broker;
  int64_t count = -1;
  int32_t partition = -1;
};

Result<int64_t> start_offset(const std::string& from) {
  if (from == "beginning") return RD_KAFKA_OFFSET_BEGINNING;
  if (from == "end") return RD_KAFKA_OFFSET_END;
  int64_t offset = 0;
  const auto [end, error] = std::from_chars(from.data(), from.data() + from.size(), offset);
  if (error != std::errc() || end != from.data() + from.size() || offset < 0) {
    return fail(ErrorCode::kUsage, "--from {}: beginning, end or an offset is wanted", from);
  }
  return offset;
}

Result<std::vector<int32_t>> chosen_partitions(rd_kafka_s* consumer, const ConsumeOptions& options) {
  ASSIGN_OR_RETURN(const auto topics, read_topics(consumer, options.topic));
  std::vector<int32_t> partitions = topics.front().partitions;
  if (options.partition < 0) return partitions;
  if (std::find(partitions.begin(), partitions.end(), options.partition) == partitions.end()) {
    return fail(ErrorCode::kUsage, "topic '{}' has no partition {}: it has {}", options.topic, options.partition,
                partitions.size());
  }
  return std::vector<int32_t>{options.partition};
}

std::string as_json(const rd_kafka_message_t& message) {
  const auto text = [](const void* bytes, size_t size) -> nlohmann::json {
    if (bytes == nullptr) return nullptr;
    return std::string(static_cast<const char*>(bytes), size);
  };
  nlohmann::ordered_json out;
  out["topic"] = rd_kafka_topic_name(message.rkt);
  out["partition"] = message.partition;
  out["offset"] = message.offset;
  out["timestamp_ms"] = rd_kafka_message_timestamp(&message, nullptr);
  out["key"] = text(message.key, message.key_len);
  out["value"] = text(message.payload, message.len);
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Result<void> print_records(const Context& context, const ConsumeOptions& options, int64_t timeout_ms,
                           rd_kafka_s* consumer) {
  const Clock& clock = system_clock();
  int64_t last_us = clock.steady_us();
  for (int64_t seen = 0; (options.count < 0 || seen < options.count) && stop_signals() == 0;) {
    const std::unique_ptr<rd_kafka_message_t, decltype(&rd_kafka_message_destroy)> message(
        rd_kafka_consumer_poll(consumer, kPollMs), rd_kafka_message_destroy);
    if (!message) {
      if (timeout_ms > 0 && clock.steady_us() - last_us > timeout_ms * 1000) {
        if (options.count < 0) return {};
        return fail(ErrorCode::kTimeout, "{} of {} records came, then none for {}", seen, options.count,
                    options.timeout);
      }
      continue;
    }
    if (message->err == RD_KAFKA_RESP_ERR__TRANSPORT || message->err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
      continue;  // it connects again
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
      return fail(ErrorCode::kKafkaRefused, "{}", rd_kafka_message_errstr(message.get()));
    last_us = clock.steady_us();
    const std::string line =
        context.json ? as_json(*message) : std::string(static_cast<const char*>(message->payload), message->len) + "\n";
    if (!print_out(line)) return {};  // whoever reads this has ended
    ++seen;
  }
  return {};
}

Result<int> run_consume(const Context& context, ConsumeOptions options) {
  ASSIGN_OR_RETURN(const int64_t offset, start_offset(options.from));
  int64_t timeout_ms = 0;
  if (!options.timeout.empty()) {
    ASSIGN_OR_RETURN(timeout_ms, project::parse_duration_ms(options.timeout));
  }
  if (options.broker.empty()) {
    ASSIGN_OR_RETURN(const RunInfo info, find_running(context.folder));
    options.broker = info.kafka;
  }
  // librdkafka wants a group's name, but nothing is ever joined or committed: partitions are assigned by hand.
  ASSIGN_OR_RETURN(const KafkaHandle consumer, make_consumer(options.broker, {{"group.id", "freshet-consume"},
                                                                              {"enable.auto.commit", "false"},
                                                                              {"auto.offset.reset", "error"},
                                                                              {"allow.auto.create.topics", "false"}}));
  rd_kafka_poll_set_consumer(consumer.get());
  ASSIGN_OR_RETURN(const auto partitions, chosen_partitions(consumer.get(), options));
  const std::unique_ptr<rd_kafka_topic_partition_list_t, decltype(&rd_kafka_topic_partition_list_destroy)> list(
      rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())), rd_kafka_topic_partition_list_destroy);
  for (const int32_t partition : partitions)
    rd_kafka_topic_partition_list_add(list.get(), options.topic.c_str(), partition)->offset = offset;
  if (const auto error = rd_kafka_assign(consumer.get(), list.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return fail(ErrorCode::kKafkaRefused, "cannot read topic '{}': {}", options.topic, rd_kafka_err2str(error));
  }
  watch_stop_signals();
  const Result<void> printed = print_records(context, options, timeout_ms, consumer.get());
  rd_kafka_assign(consumer.get(), nullptr);
  rd_kafka_consumer_close(consumer.get());
  RETURN_IF_ERROR(printed);
  return kWell;
}

}  // namespace

void add_consume(CLI::App& app, Context& context) {
  auto options = std::make_shared<ConsumeOptions>();
  CLI::App* verb = app.add_subcommand("consume", "print a topic's records, one value a line, until Ctrl-C");
  verb->footer(
      "Examples:\n"
      "  freshet consume events                                   what comes from now on\n"
      "  freshet consume events --from beginning --count 10\n"
      "  freshet --json consume events --partition 0 --from 100   with offset, key and timestamp\n"
      "No consumer group is joined and nothing is committed.");
  verb->add_option("TOPIC", options->topic, "the topic")->required();
  verb->add_option("--from", options->from, "beginning, end or an offset")->type_name("WHERE")->capture_default_str();
  verb->add_option("--count", options->count, "end after so many records")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  verb->add_option("--timeout", options->timeout, "end when nothing came for this time: 5s")->type_name("TIME");
  verb->add_option("--partition", options->partition, "only this partition")
      ->type_name("P")
      ->check(CLI::NonNegativeNumber);
  verb->add_option("--broker", options->broker, "another broker than the project's")->type_name("HOST:PORT");
  verb->callback(
      [&context, options] { context.action = [&context, options] { return run_consume(context, *options); }; });
}

}  // namespace freshet::cli
