#pragma once

#include <atomic>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "load.h"

struct rd_kafka_s;
struct rd_kafka_topic_s;
struct rd_kafka_message_s;

namespace freshet::bench {

/// One librdkafka producer with acks=all, no compression, and a thread that takes its delivery reports at once.
/// Arguments: --broker, --topic, --linger MS (5, librdkafka's own), --compression (none), --idempotence (false),
/// --batch-messages (10000), --queue-messages (300000).
/// send() and finish() belong to one thread. Anything that is not delivered ends the program.
class Producer {
 public:
  explicit Producer(const Arguments& arguments);
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  /// Both are copied. Waits while the queue is full.
  void send(std::string_view key, std::string_view value);
  /// Sends one record and waits for it: connections and metadata are there afterwards.
  void warm_up(std::string_view value);
  /// Waits until everything is delivered.
  void finish();

  int64_t sent() const { return sent_; }
  int64_t delivered() const { return delivered_.load(); }
  /// From the call of send() to the delivery report. Only after finish().
  const std::vector<Sample>& latencies() const { return latencies_; }
  void forget_latencies() { latencies_.clear(); }  ///< only while nothing is on its way

 private:
  static void on_delivered(rd_kafka_s* handle, const rd_kafka_message_s* message, void* self);

  rd_kafka_s* handle_ = nullptr;
  rd_kafka_topic_s* topic_ = nullptr;
  int64_t sent_ = 0;
  std::atomic<int64_t> delivered_{0};
  std::vector<Sample> latencies_;  ///< written by reports_ only
  std::jthread reports_;
};

/// The records of a run: the story's events of `freshet produce --generate`, or --size bytes that do not compress.
class Records {
 public:
  explicit Records(const Arguments& arguments);
  ~Records();
  struct Record {
    std::string_view key;
    std::string_view value;
  };
  /// Looks into this object until the next call.
  Record next();

 private:
  struct Story;
  std::unique_ptr<Story> story_;
  std::string bytes_;
};

}  // namespace freshet::bench
