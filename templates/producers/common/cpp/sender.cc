#include "sender.h"

#include <iostream>
#include <stdexcept>

namespace {

// Events that wait here while the broker is away; then send() blocks.
constexpr const char* kQueueLimit = "10000";

}  // namespace

Sender::Sender(const Settings& settings) : settings_(settings) {
  const std::unique_ptr<RdKafka::Conf> conf(RdKafka::Conf::create(RdKafka::Conf::CONF_GLOBAL));
  std::string reason;
  const auto set = [&](const std::string& name, const std::string& value) {
    if (conf->set(name, value, reason) != RdKafka::Conf::CONF_OK) throw std::runtime_error(reason);
  };
  // Why each of them: docs/producers.md of Freshet.
  set("bootstrap.servers", settings.brokers);
  set("client.id", "cpp-producer");
  // No loss, no doubles, no reordering by retries of this process.
  set("enable.idempotence", "true");
  set("acks", "all");
  // The same key goes to the same partition as with the Java, Go and Node clients.
  set("partitioner", "murmur2_random");
  // Latency against size: wait 5 ms for company, then send together and compressed.
  set("linger.ms", "5");
  set("batch.size", "262144");
  set("compression.type", "lz4");
  // The broker is away: go on trying with growing pauses, within a bounded queue, for a bounded time.
  set("retry.backoff.ms", "100");
  set("reconnect.backoff.ms", "100");
  set("reconnect.backoff.max.ms", "2000");
  set("queue.buffering.max.messages", kQueueLimit);
  set("queue.buffering.max.kbytes", "65536");
  set("delivery.timeout.ms", std::to_string(static_cast<long>(settings.delivery_timeout_s * 1000)));
  if (conf->set("dr_cb", static_cast<RdKafka::DeliveryReportCb*>(this), reason) != RdKafka::Conf::CONF_OK) {
    throw std::runtime_error(reason);
  }
  producer_.reset(RdKafka::Producer::create(conf.get(), reason));
  if (!producer_) throw std::runtime_error(reason);
}

bool Sender::send(const Event& event, const std::function<bool()>& stopping) {
  const std::string key = event.key();
  std::string value = event.to_json();
  while (true) {
    const RdKafka::ErrorCode error =
        producer_->produce(settings_.topic, RdKafka::Topic::PARTITION_UA, RdKafka::Producer::RK_MSG_COPY, value.data(),
                           value.size(), key.data(), key.size(), 0, nullptr);
    if (error == RdKafka::ERR_NO_ERROR) {
      producer_->poll(0);  // delivery reports are called from poll() and flush()
      return true;
    }
    if (error != RdKafka::ERR__QUEUE_FULL) throw std::runtime_error(RdKafka::err2str(error));
    producer_->poll(100);
    if (stopping()) return false;
  }
}

void Sender::wait(double seconds) { producer_->poll(static_cast<int>(seconds * 1000)); }

void Sender::flush(const std::function<bool()>& give_up) {
  while (producer_->outq_len() > 0 && !give_up()) producer_->flush(200);
  if (producer_->outq_len() > 0) {
    producer_->purge(RdKafka::Producer::PURGE_QUEUE | RdKafka::Producer::PURGE_INFLIGHT);
    producer_->flush(5000);
  }
}

void Sender::dr_cb(RdKafka::Message& message) {
  const std::string value(static_cast<const char*>(message.payload()), message.len());
  if (message.err() == RdKafka::ERR_NO_ERROR) {
    ++delivered_;
    if (on_delivered) on_delivered(value);
    return;
  }
  ++failed_;
  if (first_error_.empty()) first_error_ = message.errstr();
  if (!undelivered_.is_open()) undelivered_.open(settings_.undelivered_path, std::ios::app);
  undelivered_ << value << std::endl;
  if (!undelivered_) std::cerr << "error: cannot write " << settings_.undelivered_path << ": " << value << "\n";
}
