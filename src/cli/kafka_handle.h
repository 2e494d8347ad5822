#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

struct rd_kafka_s;

/// librdkafka for the verbs that speak Kafka. Its C interface, whose header stays in the .cc files.
namespace freshet::cli {

struct KafkaHandleDeleter {
  void operator()(rd_kafka_s* handle) const;
};
using KafkaHandle = std::unique_ptr<rd_kafka_s, KafkaHandleDeleter>;

using KafkaSettings = std::vector<std::pair<std::string, std::string>>;
/// Called from librdkafka's poll for each record: 0 or the error's number.
using DeliveryCallback = void (*)(int error, void* opaque);

/// Settings are librdkafka's names. kKafkaRefused with its reason when one is not accepted.
Result<KafkaHandle> make_producer(const std::string& brokers, const KafkaSettings& settings, DeliveryCallback delivered,
                                  void* opaque);
Result<KafkaHandle> make_consumer(const std::string& brokers, const KafkaSettings& settings);

struct TopicInfo {
  std::string name;
  std::vector<int32_t> partitions;
};
/// All topics, by name; with a name only that one (kUnknownTopic).
Result<std::vector<TopicInfo>> read_topics(rd_kafka_s* handle, const std::string& only = {});
/// First and next offset of a partition.
Result<std::pair<int64_t, int64_t>> read_watermarks(rd_kafka_s* handle, const std::string& topic, int32_t partition);

/// "Local: Broker transport failure" of a librdkafka error number.
std::string kafka_error_text(int error);

}  // namespace freshet::cli
