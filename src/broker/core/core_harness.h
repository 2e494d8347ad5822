#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "broker/core/core.h"
#include "broker/core/handlers.h"
#include "broker/core/writer.h"
#include "io/memory_file_system.h"
#include "record/batch_builder.h"

namespace freshet::broker {

/// A whole broker in a test: a disk in memory, given times, and a writer that runs when the test says so.
class CoreHarness : public JobQueue, public Outbox, public TopicWatcher {
 public:
  static constexpr const char* kIdsFile = "data/producer_ids";
  explicit CoreHarness(const CoreOptions& core_options = {}) : options(core_options) { start(); }

  void start() {
    log::LogOptions log_options;
    log_options.cluster_id_if_new = new_uuid();
    std::vector<std::string> warnings;
    auto opened = log::LogManager::open(disk, "log", log_options, warnings);
    ASSERT_TRUE(opened) << opened.error().to_string();
    logs = std::move(*opened);
    ASSERT_TRUE(disk.create_folders("data"));
    options.producer_ids_file = kIdsFile;
    int64_t first_id = 0;
    if (disk.exists(kIdsFile)) first_id = *ProducerIds::decode(*disk.read_file(kIdsFile));
    core = std::make_unique<Core>(Core::Parts{disk, *logs, metrics, *this, *this, *this, [this] { return new_uuid(); },
                                              first_id, [this](const std::string&, PartitionId) { return keep_from; }},
                                  options, limits);
    writer = std::make_unique<Writer>(
        *logs, true, [](const Uuid&, PartitionId, Offset) {},
        [this](std::vector<std::unique_ptr<Job>> finished) {
          for (auto& job : finished) core->finished(std::move(job), now);
        });
    ASSERT_TRUE(core->load(now, warnings));
    core->open(1, "127.0.0.1:5000");
  }
  /// As after kill -9: only what is on the disk is left.
  void kill_and_restart() {
    core.reset();
    writer.reset();
    logs.reset();
    jobs.clear();
    disk.kill();
    start();
  }

  /// Sends a request; the answer may be there after run_writer() or advance() only.
  template <class M>
  uint64_t send(const M& message, int16_t version, uint64_t connection = 1) {
    return send_bytes(kafka::encode_request(message, version, 7, "test").substr(4), connection);
  }
  uint64_t send_bytes(const std::string& bytes, uint64_t connection = 1) {
    auto frame = std::make_shared<Frame>(static_cast<uint32_t>(bytes.size()));
    while (!frame->whole()) {
      EXPECT_TRUE(frame->grow(64));
      const uint32_t part = std::min<uint32_t>(frame->room(), static_cast<uint32_t>(bytes.size()) - frame->received());
      std::memcpy(frame->tail(), bytes.data() + frame->received(), part);
      frame->advance(part);
    }
    const uint64_t sequence = next_sequence++;
    core->request({connection, sequence}, std::move(frame), now);
    return sequence;
  }
  bool answered(uint64_t sequence) const { return answers.contains(sequence); }
  template <class M>
  M answer_to(uint64_t sequence, int16_t version) {
    EXPECT_TRUE(answered(sequence));
    std::string bytes;
    for (const Slice& piece : answers[sequence].pieces) bytes += piece.bytes;
    frames.push_back(bytes);
    int32_t correlation = 0;
    const auto decoded = kafka::decode_response<M>(std::string_view(frames.back()).substr(4), version, correlation);
    EXPECT_TRUE(decoded) << (decoded ? "" : decoded.error().to_string());
    EXPECT_EQ(correlation, 7);
    return decoded ? *decoded : M{};
  }
  /// Sends, runs the writer, and expects the answer.
  template <class Response, class M>
  Response ask(const M& message, int16_t version) {
    const uint64_t sequence = send(message, version);
    run_writer();
    return answer_to<Response>(sequence, version);
  }

  void run_writer() {
    while (!jobs.empty()) {
      std::deque<std::unique_ptr<Job>> batch = std::move(jobs);
      jobs.clear();
      for (auto& job : batch) writer->run(std::move(job), now.wall_ms);
      writer->finish();
    }
  }
  void advance(int64_t ms) {
    now.wall_ms += ms;
    now.steady_us += ms * 1000;
    core->tick(now);
  }

  void create(const std::string& topic, int32_t partitions = 1, std::map<std::string, std::string> settings = {}) {
    core->create_topics({{topic, partitions, std::move(settings)}},
                        [](const Core::Created& created) { ASSERT_TRUE(created[0]); });
    run_writer();
  }
  std::string batch(int count, size_t value_bytes = 10, const record::Producer& producer = {}) {
    record::BatchBuilder builder;
    for (int i = 0; i < count; ++i) builder.add(now.wall_ms, std::nullopt, std::string(value_bytes, 'x'));
    return *builder.build(producer);
  }
  /// Holds the batch until the harness is gone.
  kafka::ProduceRequest produce(std::string_view topic, std::string batch_bytes, int16_t acks = -1) {
    frames.push_back(std::move(batch_bytes));
    kafka::ProduceRequest request;
    request.acks = acks;
    auto& wanted = request.topics.emplace_back();
    wanted.name = topic;
    wanted.partitions.push_back({0, kafka::Records(Slice{frames.back(), nullptr})});
    return request;
  }
  kafka::ProduceResponse::Partition produced(std::string_view topic, std::string batch_bytes, int16_t version = 9) {
    const auto response = ask<kafka::ProduceResponse>(produce(topic, std::move(batch_bytes)), version);
    return response.topics.at(0).partitions.at(0);
  }
  static kafka::FetchRequest fetch(std::string_view topic, int64_t offset, int32_t max_wait_ms = 0) {
    kafka::FetchRequest request;
    request.max_wait_ms = max_wait_ms;
    request.min_bytes = 1;
    auto& wanted = request.topics.emplace_back();
    wanted.name = topic;
    wanted.partitions.push_back({.index = 0, .fetch_offset = offset, .max_bytes = 1 << 20, .replica_directory_id = {}});
    return request;
  }

  bool submit(std::unique_ptr<Job> job) override {
    if (refuse_jobs) return false;
    jobs.push_back(std::move(job));
    return true;
  }
  void answer(RequestId id, Response response) override { answers[id.sequence] = std::move(response); }
  void skip_answer(RequestId id) override { skipped.push_back(id.sequence); }
  void close(uint64_t connection, const std::string& reason) override {
    closed[connection] = reason;
    core->close(connection);
  }
  void before_delete(const std::string&, std::function<void(Result<void>)> proceed) override { proceed(allow_delete); }
  void after_grow(const std::string& topic) override { grown.push_back(topic); }
  Uuid new_uuid() {
    Uuid uuid;
    store_big(reinterpret_cast<char*>(uuid.bytes.data()), ++uuids);
    uuid.bytes[15] = 1;
    return uuid;
  }

  Limits limits;
  CoreOptions options;
  Now now{.wall_ms = 1'800'000'000'000, .steady_us = 1'000'000};
  io::MemoryFileSystem disk;
  MetricsRegistry metrics;
  std::unique_ptr<log::LogManager> logs;
  std::unique_ptr<Core> core;
  std::unique_ptr<Writer> writer;
  std::deque<std::unique_ptr<Job>> jobs;
  std::map<uint64_t, Response> answers;
  std::vector<uint64_t> skipped;
  std::map<uint64_t, std::string> closed;
  std::deque<std::string> frames;  ///< what decoded messages look into
  Result<void> allow_delete;
  bool refuse_jobs = false;
  Offset keep_from{std::numeric_limits<int64_t>::max()};
  std::vector<std::string> grown;  ///< topics that got more partitions
  uint64_t next_sequence = 0;
  uint64_t uuids = 0;
};

}  // namespace freshet::broker
