#pragma once

#include <librdkafka/rdkafkacpp.h>

#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include "event.h"

/// Sends events with an idempotent producer, counts what was delivered by its delivery report, and keeps in a file what
/// was not. Belongs to one thread.
class Sender : private RdKafka::DeliveryReportCb {
 public:
  struct Settings {
    std::string brokers;
    std::string topic;
    double delivery_timeout_s = 120;
    std::string undelivered_path;
  };

  /// std::runtime_error when librdkafka refuses a setting.
  explicit Sender(const Settings& settings);

  /// Queues the event. Blocks while the queue is full; false if told to stop meanwhile: it was not accepted.
  /// std::invalid_argument or std::runtime_error: it was not accepted either.
  bool send(const Event& event, const std::function<bool()>& stopping);

  /// Instead of sleeping: delivery reports come meanwhile.
  void wait(double seconds);

  /// Waits until every event is delivered or failed: at most the delivery timeout, or until give_up().
  void flush(const std::function<bool()>& give_up);

  long delivered() const { return delivered_; }
  long failed() const { return failed_; }
  const std::string& first_error() const { return first_error_; }

  std::function<void(const std::string& value)> on_delivered;

 private:
  void dr_cb(RdKafka::Message& message) override;

  const Settings settings_;
  std::ofstream undelivered_;  ///< opened when the first event fails
  long delivered_ = 0;
  long failed_ = 0;
  std::string first_error_;
  std::unique_ptr<RdKafka::Producer> producer_;  ///< the last member: its end calls dr_cb no more
};
