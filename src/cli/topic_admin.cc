#include "cli/topic_admin.h"

#include <librdkafka/rdkafka.h>

#include "cli/run_info.h"
#include "project/project.h"

namespace freshet::cli {

std::map<std::string, std::string> streams_by_topic(const std::string& folder) {
  std::map<std::string, std::string> out;
  if (const auto project = project::load(folder)) {
    for (const project::Stream& stream : project->streams) out[stream.topic] = stream.name;
  }
  return out;
}

std::string reader_of(const std::map<std::string, std::string>& streams, const std::string& topic) {
  const auto found = streams.find(topic);
  if (found != streams.end()) return "stream " + found->second;
  return topic.starts_with("__") ? "internal" : "only a log";
}

Result<KafkaHandle> connect(const Context& context) {
  ASSIGN_OR_RETURN(const RunInfo info, find_running(context.folder));
  return make_producer(info.kafka, {{"allow.auto.create.topics", "false"}}, nullptr, nullptr);
}

ErrorCode code_of(int error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
      return ErrorCode::kTopicExists;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      return ErrorCode::kUnknownTopic;
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
      return ErrorCode::kInvalidTopic;
    default:
      return ErrorCode::kKafkaRefused;
  }
}

Result<void> check_results(const rd_kafka_topic_result_t** results, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(results[i]);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    const char* text = rd_kafka_topic_result_error_string(results[i]);
    return fail(code_of(error), "topic '{}': {}", rd_kafka_topic_result_name(results[i]),
                text != nullptr && *text != 0 ? text : rd_kafka_err2str(error));
  }
  return {};
}

void AdminDeleter::operator()(rd_kafka_queue_s* queue) const { rd_kafka_queue_destroy(queue); }
void AdminDeleter::operator()(rd_kafka_op_s* event) const { rd_kafka_event_destroy(event); }

Queue make_queue(rd_kafka_s* handle) { return Queue(rd_kafka_queue_new(handle)); }

Result<Event> await_event(rd_kafka_queue_t* queue) {
  constexpr int kAdminTimeoutMs = 20'000;
  Event event(rd_kafka_queue_poll(queue, kAdminTimeoutMs));
  if (!event) return fail(ErrorCode::kTimeout, "the broker did not answer within {} s", kAdminTimeoutMs / 1000);
  const rd_kafka_resp_err_t error = rd_kafka_event_error(event.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return fail(code_of(error), "{}", rd_kafka_event_error_string(event.get()));
  }
  return event;
}

}  // namespace freshet::cli
