#include "cli/kafka_handle.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>

namespace freshet::cli {
namespace {

constexpr int kMetadataTimeoutMs = 10'000;

void on_delivered(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  const auto* callback = static_cast<std::pair<DeliveryCallback, void*>*>(opaque);
  callback->first(static_cast<int>(message->err), callback->second);
}

/// Connection troubles come as the deliveries' and calls' own errors; librdkafka's lines on stderr would say them
/// twice.
void no_log(const rd_kafka_t*, int, const char*, const char*) {}

Result<KafkaHandle> make(rd_kafka_type_t type, const std::string& brokers, const KafkaSettings& settings,
                         DeliveryCallback delivered, void* opaque) {
  char reason[512] = "";
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set_log_cb(conf, no_log);
  KafkaSettings all = {{"bootstrap.servers", brokers}, {"client.id", "freshet"}};
  all.insert(all.end(), settings.begin(), settings.end());
  for (const auto& [name, value] : all) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason, sizeof reason) == RD_KAFKA_CONF_OK) continue;
    rd_kafka_conf_destroy(conf);
    return fail(ErrorCode::kKafkaRefused, "setting {}: {}", name, reason);
  }
  if (delivered != nullptr) {
    // One pair a process and callback: a CLI makes one producer, which lives until its end.
    static std::pair<DeliveryCallback, void*> callback;
    callback = {delivered, opaque};
    rd_kafka_conf_set_opaque(conf, &callback);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivered);
  }
  rd_kafka_t* handle = rd_kafka_new(type, conf, reason, sizeof reason);
  if (handle == nullptr) {
    rd_kafka_conf_destroy(conf);
    return fail(ErrorCode::kKafkaRefused, "cannot make a Kafka client: {}", reason);
  }
  return KafkaHandle(handle);
}

}  // namespace

void KafkaHandleDeleter::operator()(rd_kafka_s* handle) const { rd_kafka_destroy(handle); }

std::string kafka_error_text(int error) { return rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(error)); }

Result<KafkaHandle> make_producer(const std::string& brokers, const KafkaSettings& settings, DeliveryCallback delivered,
                                  void* opaque) {
  return make(RD_KAFKA_PRODUCER, brokers, settings, delivered, opaque);
}

Result<KafkaHandle> make_consumer(const std::string& brokers, const KafkaSettings& settings) {
  return make(RD_KAFKA_CONSUMER, brokers, settings, nullptr, nullptr);
}

Result<std::vector<TopicInfo>> read_topics(rd_kafka_s* handle, const std::string& only) {
  // A topic that is asked for by name might be created by the question; the whole list is not.
  const rd_kafka_metadata_t* metadata = nullptr;
  const rd_kafka_resp_err_t error = rd_kafka_metadata(handle, 1, nullptr, &metadata, kMetadataTimeoutMs);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return fail(ErrorCode::kKafkaRefused, "cannot read the topics: {}", rd_kafka_err2str(error));
  std::vector<TopicInfo> topics;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic_t& topic = metadata->topics[i];
    if (!only.empty() && only != topic.topic) continue;
    TopicInfo info{topic.topic, {}};
    for (int p = 0; p < topic.partition_cnt; ++p) info.partitions.push_back(topic.partitions[p].id);
    std::sort(info.partitions.begin(), info.partitions.end());
    topics.push_back(std::move(info));
  }
  rd_kafka_metadata_destroy(metadata);
  std::sort(topics.begin(), topics.end(), [](const TopicInfo& a, const TopicInfo& b) { return a.name < b.name; });
  if (!only.empty() && topics.empty()) {
    return fail(ErrorCode::kUnknownTopic,
                "there is no topic '{}'; `freshet topics list` shows all, `freshet topics create {}` makes it", only,
                only);
  }
  return topics;
}

Result<std::pair<int64_t, int64_t>> read_watermarks(rd_kafka_s* handle, const std::string& topic, int32_t partition) {
  int64_t low = 0;
  int64_t high = 0;
  const rd_kafka_resp_err_t error =
      rd_kafka_query_watermark_offsets(handle, topic.c_str(), partition, &low, &high, kMetadataTimeoutMs);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return std::pair(low, high);
  return fail(ErrorCode::kKafkaRefused, "cannot read the offsets of {}-{}: {}", topic, partition,
              rd_kafka_err2str(error));
}

}  // namespace freshet::cli
