#pragma once

#include <map>
#include <memory>
#include <string>

#include "cli/kafka_handle.h"
#include "cli/program.h"

// librdkafka's, whose header stays in the .cc files.
struct rd_kafka_queue_s;
struct rd_kafka_op_s;  ///< its rd_kafka_event_t
struct rd_kafka_topic_result_s;

/// What the verbs of `topics` share.
namespace freshet::cli {

/// Topic to the stream that reads it; empty when the project cannot be read.
std::map<std::string, std::string> streams_by_topic(const std::string& folder);
/// "stream events", "internal", or "only a log".
std::string reader_of(const std::map<std::string, std::string>& streams, const std::string& topic);

/// To the running `freshet up` of the project.
Result<KafkaHandle> connect(const Context& context);

struct AdminDeleter {
  void operator()(rd_kafka_queue_s* queue) const;
  void operator()(rd_kafka_op_s* event) const;
};
/// Where the answer of an admin request arrives.
using Queue = std::unique_ptr<rd_kafka_queue_s, AdminDeleter>;
using Event = std::unique_ptr<rd_kafka_op_s, AdminDeleter>;

Queue make_queue(rd_kafka_s* handle);
/// The answer of the admin request that was sent with this queue.
Result<Event> await_event(rd_kafka_queue_s* queue);
/// The first result that is an error.
Result<void> check_results(const rd_kafka_topic_result_s** results, size_t count);
/// Ours for librdkafka's error of an admin request.
ErrorCode code_of(int error);

/// The verbs that change a topic: `alter` and `config`.
void add_topic_changes(CLI::App& noun, Context& context);

}  // namespace freshet::cli
