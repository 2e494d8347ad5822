#include <librdkafka/rdkafka.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "cli/event_source.h"
#include "cli/kafka_handle.h"
#include "cli/program.h"
#include "cli/run_info.h"
#include "cli/stop_signal.h"
#include "cli/terminal.h"
#include "project/project.h"

namespace freshet::cli {
namespace {

constexpr int64_t kUsPerSecond = 1'000'000;
constexpr int64_t kProgressEveryUs = 200'000;
constexpr int64_t kFlushAfterStopUs = 10 * kUsPerSecond;
constexpr int kPollMs = 5;

struct ProduceOptions {
  std::string topic;
  std::string file = "-";
  std::string key_field;
  std::string broker;
  bool generate = false;
  double rate = 0;     ///< events a second; 0: as fast as possible
  int64_t count = -1;  ///< -1: no end
  std::string duration;
  std::optional<uint64_t> seed;
};

struct Tally {
  int64_t sent = 0;
  int64_t delivered = 0;
  int64_t failed = 0;
  int first_error = 0;
};

void on_delivered(int error, void* opaque) {
  auto* tally = static_cast<Tally*>(opaque);
  if (error == 0) {
    ++tally->delivered;
    return;
  }
  ++tally->failed;
  if (tally->first_error == 0) tally->first_error = error;
}

/// Sends what the source gives, at the pace that was asked for, until its end, the count, the duration or Ctrl-C.
class ProduceRun {
 public:
  ProduceRun(const ProduceOptions& options, int64_t duration_us, EventSource& source, rd_kafka_s* producer,
             Tally& tally)
      : options_(options),
        duration_us_(duration_us),
        source_(source),
        producer_(producer),
        topic_(rd_kafka_topic_new(producer, options.topic.c_str(), nullptr), rd_kafka_topic_destroy),
        tally_(tally),
        clock_(system_clock()),
        shows_progress_(stderr_is_terminal()),
        started_us_(clock_.steady_us()) {}

  Result<void> send_all() {
    while (!is_over()) {
      const int64_t due =
          options_.rate > 0
              ? static_cast<int64_t>(std::floor(static_cast<double>(elapsed_us()) * options_.rate / kUsPerSecond)) + 1
              : tally_.sent + 1000;
      ASSIGN_OR_RETURN(const bool more, send_until(due));
      rd_kafka_poll(producer_, options_.rate > 0 ? kPollMs : 0);
      show_progress(false);
      if (!more) break;
    }
    return {};
  }

  /// Waits for what is on its way. After Ctrl-C ten seconds at most, after a second one not at all.
  void flush() {
    const int signals = stop_signals();
    int64_t deadline_us = 0;
    while (rd_kafka_outq_len(producer_) > 0) {
      rd_kafka_flush(producer_, 200);
      show_progress(false);
      if (stop_signals() == 0) continue;
      if (deadline_us == 0) deadline_us = clock_.steady_us() + kFlushAfterStopUs;
      if (stop_signals() > signals + 1 || clock_.steady_us() > deadline_us) break;
    }
    if (rd_kafka_outq_len(producer_) > 0) {
      rd_kafka_purge(producer_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
      rd_kafka_flush(producer_, 1000);
    }
    show_progress(true);
  }

  double seconds() const { return static_cast<double>(elapsed_us()) / kUsPerSecond; }

 private:
  int64_t elapsed_us() const { return clock_.steady_us() - started_us_; }
  bool is_over() const {
    return stop_signals() > 0 || (options_.count >= 0 && tally_.sent >= options_.count) ||
           (duration_us_ > 0 && elapsed_us() >= duration_us_);
  }

  /// False at the source's end.
  Result<bool> send_until(int64_t due) {
    while (tally_.sent < due && !is_over()) {
      ASSIGN_OR_RETURN(const auto record, source_.next(clock_.wall_ms()));
      if (!record) return false;
      send(*record);
    }
    return true;
  }

  void send(const SourceRecord& record) {
    ++tally_.sent;
    while (true) {
      if (rd_kafka_produce(topic_.get(), RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                           const_cast<char*>(record.value.data()), record.value.size(),
                           record.key.empty() ? nullptr : record.key.data(), record.key.size(), nullptr) == 0) {
        return;
      }
      const rd_kafka_resp_err_t error = rd_kafka_last_error();
      if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL || stop_signals() > 0)
        return on_delivered(static_cast<int>(error), &tally_);
      rd_kafka_poll(producer_, 20);
      show_progress(false);
    }
  }

  void show_progress(bool last) {
    if (!shows_progress_) return;
    const int64_t now_us = clock_.steady_us();
    if (!last && now_us - shown_us_ < kProgressEveryUs) return;
    shown_us_ = now_us;
    const double done = options_.count > 0 ? static_cast<double>(tally_.delivered) / static_cast<double>(options_.count)
                        : duration_us_ > 0 ? static_cast<double>(elapsed_us()) / static_cast<double>(duration_us_)
                                           : -1;
    std::string bar;
    if (done >= 0) {
      constexpr size_t kWidth = 30;
      const auto filled = static_cast<size_t>(std::min(1.0, done) * kWidth);
      bar = fmt::format("[{}{}] {:3.0f} %  ", std::string(filled, '#'), std::string(kWidth - filled, ' '),
                        std::min(1.0, done) * 100);
    }
    fmt::print(stderr, "\r\x1b[K{}{} events, {} a second", bar, with_commas(tally_.delivered),
               with_commas(static_cast<int64_t>(static_cast<double>(tally_.delivered) / std::max(0.001, seconds()))));
    if (last) fmt::print(stderr, "\r\x1b[K");
    std::fflush(stderr);
  }

  const ProduceOptions& options_;
  const int64_t duration_us_;
  EventSource& source_;
  rd_kafka_s* producer_;
  const std::unique_ptr<rd_kafka_topic_t, decltype(&rd_kafka_topic_destroy)> topic_;
  Tally& tally_;
  const Clock& clock_;
  const bool shows_progress_;
  const int64_t started_us_;
  int64_t shown_us_ = 0;
};

Result<int64_t> duration_us_of(const ProduceOptions& options) {
  if (options.duration.empty()) return 0;
  ASSIGN_OR_RETURN(const int64_t duration_ms, project::parse_duration_ms(options.duration));
  if (duration_ms <= 0)
    return fail(ErrorCode::kUsage, "--duration {}: a time like 60s or 5m is wanted", options.duration);
  return duration_ms * 1000;
}

void print_result(const Context& context, const Tally& tally, double seconds) {
  const auto rate = static_cast<int64_t>(static_cast<double>(tally.delivered) / std::max(seconds, 0.001));
  if (context.json) {
    print_out(fmt::format("{{\"sent\": {}, \"delivered\": {}, \"failed\": {}, \"seconds\": {:.3f}}}\n", tally.sent,
                          tally.delivered, tally.failed, seconds));
  } else {
    print_out(fmt::format("{} delivered, {} failed, {:.1f} s, {} a second\n", with_commas(tally.delivered),
                          with_commas(tally.failed), seconds, with_commas(rate)));
  }
}

Result<int> run_produce(const Context& context, ProduceOptions options) {
  if (options.generate && options.file != "-")
    return fail(ErrorCode::kUsage, "--generate makes its own events: leave '{}' away", options.file);
  ASSIGN_OR_RETURN(const int64_t duration_us, duration_us_of(options));
  std::string brokers = options.broker;
  if (brokers.empty()) {
    ASSIGN_OR_RETURN(const RunInfo info, find_running(context.folder));
    brokers = info.kafka;
  }
  ASSIGN_OR_RETURN(const auto source, options.generate ? open_story(context.folder, options.topic, options.seed)
                                                       : open_lines(options.file, options.key_field));
  if (!options.generate && options.file == "-" && stdin_is_terminal())
    fmt::print(stderr, "one event a line, Ctrl-D ends\n");
  Tally tally;
  ASSIGN_OR_RETURN(const KafkaHandle producer, make_producer(brokers,
                                                             {{"enable.idempotence", "true"},
                                                              // The same key, the same partition as Java's client.
                                                              {"partitioner", "murmur2_random"},
                                                              {"linger.ms", "5"},
                                                              {"compression.codec", "lz4"},
                                                              {"batch.num.messages", "20000"},
                                                              {"queue.buffering.max.messages", "300000"}},
                                                             on_delivered, &tally));
  watch_stop_signals();
  ProduceRun run(options, duration_us, *source, producer.get(), tally);
  const Result<void> sent = run.send_all();
  run.flush();
  print_result(context, tally, run.seconds());
  RETURN_IF_ERROR(sent);
  if (tally.failed > 0) {
    return fail(ErrorCode::kKafkaRefused, "{} of {} events were not delivered: {}", tally.failed, tally.sent,
                kafka_error_text(tally.first_error));
  }
  return kWell;
}

}  // namespace

void add_produce(CLI::App& app, Context& context) {
  auto options = std::make_shared<ProduceOptions>();
  CLI::App* verb = app.add_subcommand("produce", "send events to a topic: lines of a file, or a generated story");
  verb->footer(
      "Examples:\n"
      "  freshet produce events --generate --rate 1000 --duration 60s\n"
      "  freshet produce events --key-field user_id events.jsonl\n"
      "  echo '{\"event_id\": \"1\"}' | freshet produce events\n"
      "Exit code 1 when anything was not delivered.");
  verb->add_option("TOPIC", options->topic, "the topic")->required();
  verb->add_option("FILE", options->file, "one value a line; stdin without it");
  verb->add_option("--key-field", options->key_field, "the JSON field that is the record's key")->type_name("FIELD");
  verb->add_option("--broker", options->broker, "another broker than the project's")->type_name("HOST:PORT");
  verb->add_flag("--generate", options->generate,
                 "tell a story: users who view, fill a cart, check out; an error burst every two minutes");
  verb->add_option("--rate", options->rate, "events a second; as fast as possible without it")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  verb->add_option("--count", options->count, "end after so many events")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  verb->add_option("--duration", options->duration, "end after this time: 60s, 5m")->type_name("TIME");
  verb->add_option("--seed", options->seed, "the same story with the same event ids again")->type_name("N");
  verb->callback(
      [&context, options] { context.action = [&context, options] { return run_produce(context, *options); }; });
}

}  // namespace freshet::cli
