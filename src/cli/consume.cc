#include <librdkafka/rdkafka.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "cli/consume_range.h"
#include "cli/kafka_handle.h"
#include "cli/program.h"
#include "cli/record_filter.h"
#include "cli/record_format.h"
#include "cli/record_position.h"
#include "cli/run_info.h"
#include "cli/stop_signal.h"
#include "cli/terminal.h"
#include "project/project.h"

namespace freshet::cli {
namespace {

constexpr int kPollMs = 100;
constexpr int64_t kJoinUs = 30'000'000;  ///< the longest that --timeout waits for a group to give out its partitions

constexpr const char* kExamples =
    "Where to begin and to end (--from, --until):\n"
    "  beginning, end            the first record that is there; behind the last one\n"
    "  100, -5                   an offset; the last five of each partition (write --from=-5)\n"
    "  2026-01-18T12:34:56Z      the first record with this timestamp or a later one; also a date alone, "
    "@MILLISECONDS\n"
    "  10m                       so long ago\n"
    "Conditions (--where), all of which must hold: FIELD and one of = != ~ < <= > >= and VALUE. FIELD is a dotted path "
    "in the\n"
    "JSON value (user.id, items.0.price); ~ is a regular expression. A field that is missing equals nothing.\n"
    "Formats (--format):\n"
    "  value, kv, json           the value; key, tab, value; everything as a JSON object. One record a line\n"
    "  raw, hex                  the value's bytes, nothing added; every byte of a record to look at\n"
    "  a text with               %k key, %v value, %o offset, %p partition, %t topic, %T timestamp in ms, %D the same "
    "as a date,\n"
    "                            %h headers, %K %S sizes of key and value, %n newline, %%; also \\n \\t \\xHH\n"
    "Examples:\n"
    "  freshet consume events                                        what comes from now on\n"
    "  freshet consume events --from beginning --until end           all that is there\n"
    "  freshet consume events --from 1h --where action=checkout --where 'amount>100' --count 10\n"
    "  freshet consume events --key u-1000 --from beginning --format '%p %o %D %v%n'\n"
    "  freshet --json consume events --partition 0 --from 100        with offset, key, timestamp and headers\n"
    "  freshet consume events --group audit --from beginning         goes on where the group was\n"
    "Without --group no consumer group is joined and nothing is committed.";

struct ConsumeOptions {
  std::string topic;
  std::string from = "end";
  std::string until;
  std::string timeout;
  std::string broker;
  std::string format;
  std::string group;
  std::optional<std::string> key;
  std::vector<std::string> where;
  int64_t count = -1;
  int32_t partition = -1;
};

/// The options, read and checked.
struct ConsumePlan {
  RecordPosition from;
  std::optional<RecordPosition> until;
  int64_t timeout_ms = 0;
  RecordFilter filter;
  RecordFormat format;
};

Result<RecordFormat> format_of(const Context& context, const ConsumeOptions& options) {
  if (context.json && !options.format.empty() && options.format != "json")
    return fail(ErrorCode::kUsage, "--json and --format {} contradict each other", options.format);
  return RecordFormat::parse(context.json ? "json" : options.format.empty() ? "value" : options.format);
}

Result<ConsumePlan> plan_of(const Context& context, const ConsumeOptions& options) {
  using Kind = RecordPosition::Kind;
  const int64_t now_ms = system_clock().wall_ms();
  ASSIGN_OR_RETURN(const RecordPosition from, parse_position("--from", options.from, now_ms));
  std::optional<RecordPosition> until;
  if (!options.until.empty()) {
    ASSIGN_OR_RETURN(until, parse_position("--until", options.until, now_ms));
  }
  if (!options.group.empty()) {
    if (options.partition >= 0 || until || (from.kind != Kind::kBeginning && from.kind != Kind::kEnd)) {
      return fail(ErrorCode::kUsage,
                  "--group goes on where the group was, in the partitions that it gets: --partition and --until do not "
                  "fit, and --from is beginning or end, for partitions where the group has no offset yet");
    }
  }
  int64_t timeout_ms = 0;
  if (!options.timeout.empty()) {
    ASSIGN_OR_RETURN(timeout_ms, project::parse_duration_ms(options.timeout));
  }
  ASSIGN_OR_RETURN(RecordFilter filter, RecordFilter::parse(options.where));
  ASSIGN_OR_RETURN(RecordFormat format, format_of(context, options));
  return ConsumePlan{from, until, timeout_ms, std::move(filter), std::move(format)};
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

std::optional<std::string_view> bytes_of(const void* bytes, size_t size) {
  if (bytes == nullptr) return std::nullopt;
  return std::string_view(static_cast<const char*>(bytes), size);
}

ShownRecord shown(const rd_kafka_message_t& message) {
  ShownRecord record;
  record.topic = rd_kafka_topic_name(message.rkt);
  record.partition = message.partition;
  record.offset = message.offset;
  record.timestamp_ms = rd_kafka_message_timestamp(&message, nullptr);
  record.key = bytes_of(message.key, message.key_len);
  record.value = bytes_of(message.payload, message.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return record;
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    record.headers.emplace_back(name, bytes_of(value, size));
  return record;
}

using PartitionList =
    std::unique_ptr<rd_kafka_topic_partition_list_t, decltype(&rd_kafka_topic_partition_list_destroy)>;

/// Reads and prints until the range, the count, the time-out, a signal or the reader of stdout ends it.
class ConsumeRun {
 public:
  ConsumeRun(const ConsumeOptions& options, ConsumePlan& plan, rd_kafka_s* consumer)
      : options_(options), plan_(plan), consumer_(consumer), clock_(system_clock()) {}

  /// Partitions by hand: nothing is joined or committed.
  Result<void> assign() {
    ASSIGN_OR_RETURN(partitions_, chosen_partitions(consumer_, options_));
    ASSIGN_OR_RETURN(const auto starts, offsets_at(consumer_, options_.topic, partitions_, plan_.from));
    range_ = ConsumeRange(starts);
    RETURN_IF_ERROR(find_stops());
    const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions_.size())),
                             rd_kafka_topic_partition_list_destroy);
    for (const auto& [partition, start] : starts) {
      int64_t offset = start;
      if (plan_.from.kind == RecordPosition::Kind::kOffset) {
        // Records that are gone are passed over; an offset that is not there yet is waited for.
        ASSIGN_OR_RETURN(const auto watermarks, read_watermarks(consumer_, options_.topic, partition));
        offset = std::clamp(start, watermarks.first, watermarks.second);
      }
      range_.reached(partition, offset);
      rd_kafka_topic_partition_list_add(list.get(), options_.topic.c_str(), partition)->offset = offset;
    }
    if (const auto error = rd_kafka_assign(consumer_, list.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR)
      return fail(ErrorCode::kKafkaRefused, "cannot read topic '{}': {}", options_.topic, rd_kafka_err2str(error));
    return {};
  }

  Result<void> join() {
    RETURN_IF_ERROR(read_topics(consumer_, options_.topic));
    const PartitionList list(rd_kafka_topic_partition_list_new(1), rd_kafka_topic_partition_list_destroy);
    rd_kafka_topic_partition_list_add(list.get(), options_.topic.c_str(), RD_KAFKA_PARTITION_UA);
    if (const auto error = rd_kafka_subscribe(consumer_, list.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR)
      return fail(ErrorCode::kKafkaRefused, "cannot join the group '{}': {}", options_.group, rd_kafka_err2str(error));
    return {};
  }

  Result<void> print_records() {
    const int64_t started_us = clock_.steady_us();
    int64_t last_us = started_us;
    while (!is_over()) {
      const std::unique_ptr<rd_kafka_message_t, decltype(&rd_kafka_message_destroy)> message(
          rd_kafka_consumer_poll(consumer_, kPollMs), rd_kafka_message_destroy);
      if (stops_wanted_) RETURN_IF_ERROR(find_stops());
      if (!message || message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        if (message) range_.reached(message->partition, message->offset);
        if (is_joining(started_us)) last_us = clock_.steady_us();
        if (plan_.timeout_ms > 0 && clock_.steady_us() - last_us > plan_.timeout_ms * 1000) return timed_out();
        continue;
      }
      if (message->err == RD_KAFKA_RESP_ERR__TRANSPORT || message->err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        continue;  // it connects again
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return fail(ErrorCode::kKafkaRefused, "{}", rd_kafka_message_errstr(message.get()));
      last_us = clock_.steady_us();
      if (!take(*message)) return {};  // whoever reads this has ended
    }
    return {};
  }

 private:
  bool is_over() const {
    return stop_signals() > 0 || (options_.count >= 0 && printed_ >= options_.count) ||
           (!partitions_.empty() && range_.is_over());
  }

  /// Whether the group has not given out partitions yet: nothing can come.
  bool is_joining(int64_t started_us) {
    if (!partitions_.empty() || joined_ || clock_.steady_us() - started_us > kJoinUs) return false;
    rd_kafka_topic_partition_list_t* assigned = nullptr;
    if (rd_kafka_assignment(consumer_, &assigned) != RD_KAFKA_RESP_ERR_NO_ERROR) return true;
    joined_ = assigned->cnt > 0;
    rd_kafka_topic_partition_list_destroy(assigned);
    return !joined_;
  }

  /// False when stdout is closed.
  bool take(const rd_kafka_message_t& message) {
    const bool in_range = partitions_.empty() || range_.take(message.partition, message.offset);
    const ShownRecord record = shown(message);
    if (in_range && (!options_.key || record.key == *options_.key) &&
        plan_.filter.matches(record.value.value_or(std::string_view()))) {
      if (!print_out(plan_.format.print(record))) return false;
      ++printed_;
    }
    if (partitions_.empty()) rd_kafka_offset_store(message.rkt, message.partition, message.offset);
    return true;
  }

  /// The ends of the partitions. A time that is still to come has none yet: it is asked for again when it has come.
  Result<void> find_stops() {
    stops_wanted_ =
        plan_.until && plan_.until->kind == RecordPosition::Kind::kTime && plan_.until->value > clock_.wall_ms();
    if (!plan_.until || stops_wanted_) return {};
    ASSIGN_OR_RETURN(const auto stops, offsets_at(consumer_, options_.topic, partitions_, *plan_.until));
    range_.set_stops(stops);
    return {};
  }

  Result<void> timed_out() const {
    if (plan_.until) {
      return fail(ErrorCode::kTimeout, "nothing came for {}, and --until {} is not reached in partition {}",
                  options_.timeout, options_.until, range_.short_of_their_ends());
    }
    if (options_.count < 0) return {};
    return fail(ErrorCode::kTimeout, "{} of {} records came, then none for {}", printed_, options_.count,
                options_.timeout);
  }

  const ConsumeOptions& options_;
  ConsumePlan& plan_;
  rd_kafka_s* consumer_;
  const Clock& clock_;
  std::vector<int32_t> partitions_;  ///< empty in a group, which gives out its own
  ConsumeRange range_;
  bool stops_wanted_ = false;
  bool joined_ = false;
  int64_t printed_ = 0;
};

KafkaSettings settings_of(const ConsumeOptions& options, const ConsumePlan& plan) {
  if (options.group.empty()) {
    // librdkafka wants a group's name, but nothing is ever joined or committed: partitions are assigned by hand.
    return {{"group.id", "freshet-consume"},
            {"enable.auto.commit", "false"},
            {"auto.offset.reset", "error"},
            {"enable.partition.eof", "true"},
            {"allow.auto.create.topics", "false"}};
  }
  // What was printed is committed, and nothing else: not what was fetched beyond --count.
  return {{"group.id", options.group},
          {"enable.auto.commit", "true"},
          {"enable.auto.offset.store", "false"},
          {"auto.offset.reset", plan.from.kind == RecordPosition::Kind::kBeginning ? "earliest" : "latest"},
          {"allow.auto.create.topics", "false"}};
}

Result<int> run_consume(const Context& context, ConsumeOptions options) {
  ASSIGN_OR_RETURN(ConsumePlan plan, plan_of(context, options));
  if (options.broker.empty()) {
    ASSIGN_OR_RETURN(const RunInfo info, find_running(context.folder));
    options.broker = info.kafka;
  }
  ASSIGN_OR_RETURN(const KafkaHandle consumer, make_consumer(options.broker, settings_of(options, plan)));
  rd_kafka_poll_set_consumer(consumer.get());
  ConsumeRun run(options, plan, consumer.get());
  RETURN_IF_ERROR(options.group.empty() ? run.assign() : run.join());
  watch_stop_signals();
  const Result<void> printed = run.print_records();
  if (options.group.empty()) rd_kafka_assign(consumer.get(), nullptr);
  rd_kafka_consumer_close(consumer.get());  // a group is left, and what was stored committed
  RETURN_IF_ERROR(printed);
  return kWell;
}

}  // namespace

void add_consume(CLI::App& app, Context& context) {
  auto options = std::make_shared<ConsumeOptions>();
  CLI::App* verb = app.add_subcommand("consume", "print a topic's records, one value a line, until Ctrl-C");
  verb->footer(kExamples);
  verb->add_option("TOPIC", options->topic, "the topic")->required();
  verb->add_option("--from", options->from, "where to begin")->type_name("WHERE")->capture_default_str();
  verb->add_option("--until", options->until, "where to end; the record there is not printed")->type_name("WHERE");
  verb->add_option("--partition", options->partition, "only this partition")
      ->type_name("P")
      ->check(CLI::NonNegativeNumber);
  verb->add_option("--count", options->count, "end after so many printed records")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  verb->add_option("--timeout", options->timeout, "end when nothing came for this time: 5s")->type_name("TIME");
  verb->add_option("--key", options->key, "only records with this key")->type_name("KEY");
  verb->add_option("--where", options->where, "only records whose JSON value fulfils this; can be repeated")
      ->type_name("CONDITION")
      ->take_all()
      ->allow_extra_args(false);
  verb->add_option("--format", options->format, "value, kv, json, raw, hex, or a text with %k %v …; value without it")
      ->type_name("FORMAT");
  verb->add_option("--group", options->group, "join this consumer group, and commit what was printed")
      ->type_name("NAME");
  verb->add_option("--broker", options->broker, "another broker than the project's")->type_name("HOST:PORT");
  verb->callback(
      [&context, options] { context.action = [&context, options] { return run_consume(context, *options); }; });
}

}  // namespace freshet::cli
