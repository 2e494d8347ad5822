#include "producer.h"

#include <librdkafka/rdkafka.h>

#include <random>
#include <thread>
#include <utility>

#include "cli/generate.h"

namespace freshet::bench {
namespace {

constexpr int kPollMs = 50;
constexpr int64_t kFinishNs = 120'000'000'000;

rd_kafka_conf_t* configuration(const Arguments& arguments) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  const std::pair<const char*, std::string> settings[] = {
      {"bootstrap.servers", arguments.text("broker")},
      {"acks", "all"},
      {"linger.ms", arguments.text("linger", "5")},
      {"compression.codec", arguments.text("compression", "none")},
      {"enable.idempotence", arguments.text("idempotence", "false")},
      {"batch.num.messages", arguments.text("batch-messages", "10000")},
      {"queue.buffering.max.messages", arguments.text("queue-messages", "300000")},
  };
  char reason[512];
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf, name, value.c_str(), reason, sizeof reason) != RD_KAFKA_CONF_OK) give_up(reason);
  }
  return conf;
}

}  // namespace

Producer::Producer(const Arguments& arguments) {
  rd_kafka_conf_t* conf = configuration(arguments);
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivered);
  rd_kafka_conf_set_opaque(conf, this);
  char reason[512];
  handle_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
  if (handle_ == nullptr) give_up(reason);
  topic_ = rd_kafka_topic_new(handle_, arguments.text("topic").c_str(), nullptr);
  reports_ = std::jthread([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) rd_kafka_poll(handle_, kPollMs);
  });
}

Producer::~Producer() {
  reports_.request_stop();
  reports_.join();
  rd_kafka_topic_destroy(topic_);
  rd_kafka_destroy(handle_);
}

void Producer::on_delivered(rd_kafka_s*, const rd_kafka_message_s* message, void* self) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
    give_up(fmt::format("a record was not delivered: {}", rd_kafka_err2str(message->err)));
  auto& producer = *static_cast<Producer*>(self);
  producer.latencies_.push_back({.ns = now_ns() - reinterpret_cast<intptr_t>(message->_private)});
  producer.delivered_.fetch_add(1);
}

void Producer::send(std::string_view key, std::string_view value) {
  while (rd_kafka_produce(topic_, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, const_cast<char*>(value.data()),
                          value.size(), key.empty() ? nullptr : key.data(), key.size(),
                          reinterpret_cast<void*>(now_ns())) != 0) {
    const rd_kafka_resp_err_t error = rd_kafka_last_error();
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) give_up(rd_kafka_err2str(error));
    sleep_until_ns(now_ns() + 1'000'000);
  }
  ++sent_;
}

void Producer::finish() {
  const int64_t deadline_ns = now_ns() + kFinishNs;
  rd_kafka_flush(handle_, 1);  // what lingers is sent at once
  while (delivered() < sent_) {
    if (now_ns() > deadline_ns) give_up(fmt::format("{} of {} records were delivered in time", delivered(), sent_));
    sleep_until_ns(now_ns() + 200'000);
  }
}

void Producer::warm_up(std::string_view value) {
  send({}, value);
  finish();
  forget_latencies();
}

struct Records::Story {
  cli::Generator generator;
};

Records::Records(const Arguments& arguments) {
  const int64_t size = arguments.number("size", 0);
  std::random_device device;
  std::mt19937_64 random((uint64_t{device()} << 32) ^ device());
  if (size == 0) {
    story_ = std::make_unique<Story>(Story{cli::Generator(cli::Generator::Story::kEvents, random(), random())});
    return;
  }
  bytes_.resize(static_cast<size_t>(size));
  for (char& byte : bytes_) byte = static_cast<char>(random());
}

Records::~Records() = default;

Records::Record Records::next() {
  if (!story_) return {.key = {}, .value = bytes_};
  const auto event = story_->generator.next(wall_ms());
  return {.key = event.key, .value = event.value};
}

/// --records N [--size BYTES]: as fast as it goes.
int run_throughput(const Arguments& arguments) {
  const int64_t count = arguments.number("records", 1'000'000);
  Records records(arguments);
  Producer producer(arguments);
  producer.warm_up(records.next().value);
  const double cpu_before = own_cpu_seconds();
  const int64_t started_ns = now_ns();
  int64_t bytes = 0;
  for (int64_t i = 0; i < count; ++i) {
    const auto record = records.next();
    bytes += static_cast<int64_t>(record.value.size());
    producer.send(record.key, record.value);
  }
  producer.finish();
  const double seconds = static_cast<double>(now_ns() - started_ns) / 1e9;
  fmt::print(R"({{"records": {}, "total_records": {}, "bytes": {}, "seconds": {:.4f}, "cpu_seconds": {:.3f}}})"
             "\n",
             count, count + 1, bytes, seconds, own_cpu_seconds() - cpu_before);
  return 0;
}

/// --rate N --duration S [--warmup S] [--size BYTES]: each record at its own due time.
int run_paced(const Arguments& arguments) {
  const double rate = arguments.real("rate", 10'000);
  const auto warm_up_count = static_cast<int64_t>(arguments.real("warmup", 2) * rate);
  const auto count = static_cast<int64_t>(arguments.real("duration", 20) * rate);
  Records records(arguments);
  Producer producer(arguments);
  producer.warm_up(records.next().value);
  const auto send_paced = [&](int64_t how_many) {
    const int64_t started_ns = now_ns();
    for (int64_t i = 0; i < how_many; ++i) {
      const int64_t due_ns = started_ns + static_cast<int64_t>(static_cast<double>(i) * 1e9 / rate);
      if (due_ns > now_ns()) sleep_until_ns(due_ns);
      const auto record = records.next();
      producer.send(record.key, record.value);
    }
    producer.finish();
    return static_cast<double>(now_ns() - started_ns) / 1e9;
  };
  send_paced(warm_up_count);
  producer.forget_latencies();
  const double cpu_before = own_cpu_seconds();
  const double seconds = send_paced(count);
  fmt::print(R"({{"records": {}, "total_records": {}, "seconds": {:.4f}, "cpu_seconds": {:.3f}, "latency_ms": {}}})"
             "\n",
             count, producer.sent(), seconds, own_cpu_seconds() - cpu_before, percentiles_json(producer.latencies()));
  return 0;
}

}  // namespace freshet::bench
