#include <algorithm>
#include <limits>
#include <tuple>

#include "broker/core/handlers.h"
#include "broker/core/repeats.h"
#include "broker/core/topic_settings.h"
#include "record/batch.h"

/// Produce: batches are checked here, on the connections' thread, and appended by the log's writer; the answer waits
/// until they are as durable as the log promises. The rules are those of Kafka 4.1's LogValidator.
namespace freshet::broker {
namespace {

using kafka::KafkaError;
using kafka::ProduceRequest;
using kafka::ProduceResponse;

constexpr int16_t kZstdSince = 7;  ///< KIP-110

struct Refusal {
  KafkaError error = KafkaError::kNone;
  std::string message;
};

struct TopicRules {
  int64_t max_message_bytes = 0;
  int64_t before_max_ms = std::numeric_limits<int64_t>::max();  ///< how far timestamps may lie in the past
  int64_t after_max_ms = 0;                                     ///< and in the future
  bool log_append_time = false;
};

TopicRules rules_of(const log::TopicInfo& topic, const Limits& limits) {
  TopicRules rules;
  rules.max_message_bytes = setting_or(topic.settings, "max.message.bytes", limits.max_message_bytes);
  rules.after_max_ms = setting_or(topic.settings, "message.timestamp.after.max.ms", limits.future_timestamp_ms);
  rules.before_max_ms = setting_or(topic.settings, "message.timestamp.before.max.ms", rules.before_max_ms);
  const auto type = topic.settings.find("message.timestamp.type");
  rules.log_append_time = type != topic.settings.end() && type->second == "LogAppendTime";
  return rules;
}

/// Why check_produced() said no, in Kafka's words.
Refusal refusal_of(const Error& error, std::string_view payload) {
  const Result<record::BatchView> batch = record::BatchView::parse(payload);
  if (batch && batch->size_bytes() == payload.size() && !batch->crc_matches()) {
    return {KafkaError::kCorruptMessage, error.message};
  }
  if (error.code == ErrorCode::kTooLarge) return {KafkaError::kMessageTooLarge, error.message};
  return {KafkaError::kInvalidRecord, error.message};
}

/// What decompression may still cost in a request. The last batch may go beyond it, by its own limit.
class DecompressionBudget {
 public:
  DecompressionBudget(uint64_t frame_bytes, const Limits& limits)
      : left_(std::clamp(limits.decompressed_per_frame_byte * frame_bytes, limits.least_request_decompressed_bytes,
                         limits.most_request_decompressed_bytes)) {}
  bool empty() const { return left_ == 0; }
  void spend(uint64_t bytes) { left_ -= std::min(left_, bytes); }

 private:
  uint64_t left_;
};

bool is_compressed(std::string_view payload) {
  const Result<record::BatchView> batch = record::BatchView::parse(payload);
  return batch && batch->compression() != record::Compression::kNone;
}

/// Puts right what Kafka puts right too: a header whose largest timestamp is not that of the records.
Refusal check(Core& core, const Call& call, const TopicRules& rules, const kafka::Records& records,
              DecompressionBudget& budget) {
  const std::string_view payload = records.bytes();
  if (payload.empty()) {
    return {KafkaError::kInvalidRecord, "a produced partition must hold exactly one record batch, and it is empty"};
  }
  if (static_cast<int64_t>(payload.size()) > rules.max_message_bytes) {
    return {KafkaError::kMessageTooLarge, fmt::format("a record batch of {} bytes is larger than the limit of {} bytes",
                                                      payload.size(), rules.max_message_bytes)};
  }
  const bool compressed = is_compressed(payload);
  if (compressed && budget.empty()) {
    return {KafkaError::kMessageTooLarge, "the compressed batches of the request grow to too many bytes together"};
  }
  int64_t largest_ms = 0;
  int64_t smallest_ms = 0;
  const Result<record::BatchView> batch =
      record::check_produced(payload, core.record_reader(), &largest_ms, &smallest_ms);
  if (compressed) budget.spend(core.record_reader().decompressed_bytes());
  if (!batch) return refusal_of(batch.error(), payload);
  if (batch->transactional()) return {KafkaError::kInvalidTxnState, "this broker has no transactions"};
  if (batch->compression() == record::Compression::kZstd && call.version < kZstdSince) {
    return {KafkaError::kUnsupportedCompressionType, "zstd needs version 7 of Produce"};
  }
  if (!rules.log_append_time && largest_ms > 0 && largest_ms - core.now().wall_ms > rules.after_max_ms) {
    return {KafkaError::kInvalidTimestamp,
            fmt::format("the timestamp {} ms lies more than {} ms in the future", largest_ms, rules.after_max_ms)};
  }
  if (!rules.log_append_time && core.now().wall_ms - smallest_ms > rules.before_max_ms) {
    return {KafkaError::kInvalidTimestamp,
            fmt::format("the timestamp {} ms lies more than {} ms in the past", smallest_ms, rules.before_max_ms)};
  }
  if (!rules.log_append_time) record::set_max_timestamp(call.frame->writable(payload), largest_ms);
  return {};
}

Refusal refusal_of(const log::Produced& produced) {
  switch (produced.verdict) {
    case log::ProduceVerdict::kOutOfOrderSequence:
      return {KafkaError::kOutOfOrderSequenceNumber, produced.reason};
    case log::ProduceVerdict::kInvalidProducerEpoch:
      return {KafkaError::kInvalidProducerEpoch, produced.reason};
    default:
      return {};
  }
}

/// A produce on its way through the writer: its answer so far, and where in it each appended part belongs.
struct Pending {
  Call call;
  int16_t acks = 0;
  ProduceResponse response;
  struct Place {
    size_t topic;
    size_t partition;
  };
  std::vector<Place> places;
};

void refuse(Core& core, ProduceResponse::Partition& answer, Refusal refusal) {
  answer.error = refusal.error;
  answer.base_offset = -1;
  if (!refusal.message.empty()) answer.error_message = std::move(refusal.message);
  core.count_produce_error(refusal.error);
}

/// With acks=0 nothing is answered; errors close the connection, as Kafka does, so that the client looks again.
void answer(Core& core, const Pending& pending) {
  if (pending.acks != 0) return core.reply(pending.call, pending.response);
  for (const auto& topic : pending.response.topics) {
    for (const auto& partition : topic.partitions) {
      if (partition.error == KafkaError::kNone) continue;
      return core.outbox().close(
          pending.call.id.connection,
          fmt::format("a batch sent with acks=0 was refused: {}{}", kafka::error_name(partition.error),
                      partition.error_message ? ": " + *partition.error_message : ""));
    }
  }
  core.reply_nothing(pending.call);
}

void complete(Core& core, Pending& pending, const std::vector<AppendPart>& parts) {
  for (size_t i = 0; i < parts.size(); ++i) {
    const AppendPart& part = parts[i];
    auto& answered = pending.response.topics[pending.places[i].topic].partitions[pending.places[i].partition];
    if (!part.result) {
      // The log cut off what it could not keep: every client tries this one again.
      refuse(core, answered, {KafkaError::kNotEnoughReplicas, part.result.error().message});
    } else if (Refusal refusal = refusal_of(*part.result); refusal.error != KafkaError::kNone) {
      refuse(core, answered, std::move(refusal));
    } else {
      answered.base_offset = part.result->first.value;
      answered.log_start_offset = part.log->log_start().value;
      if (part.log_append_time) answered.log_append_time_ms = part.appended_ms;
    }
  }
  answer(core, pending);
}

/// What forbids the whole request, or one topic of it.
Refusal refusal_of(const Core& core, const ProduceRequest& request) {
  if (request.acks < -1 || request.acks > 1) {
    return {KafkaError::kInvalidRequiredAcks, fmt::format("acks={} does not exist", request.acks)};
  }
  if (request.transactional_id)
    return {KafkaError::kTransactionalIdAuthorizationFailed, "this broker has no transactions"};
  if (!core.refuse_reason().empty()) return {KafkaError::kNotEnoughReplicas, core.refuse_reason()};
  return {};
}

/// Batches that are refused before the log sees them: so that their producer's next ones do not overtake them.
struct Held {
  std::shared_ptr<log::PartitionLog> log;
  std::string_view batch;
};

void note_refused(Core& core, const Call& call, std::vector<Held> held) {
  if (held.empty()) return;
  auto job = std::make_unique<Job>();
  job->keep = call.frame;
  job->work = [held = std::move(held)](log::LogManager&) {
    for (const Held& one : held) one.log->refused(one.batch);
  };
  core.submit(std::move(job), [] {});
}

using Named = std::tuple<Uuid, std::string_view, int32_t>;

Repeats<Named> repeats_of(const ProduceRequest& request) {
  std::vector<Named> named;
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) named.emplace_back(topic.id, topic.name, partition.index);
  }
  return Repeats<Named>(std::move(named));
}

}  // namespace

void handle(Core& core, const Call& call, const ProduceRequest& request) {
  const auto pending = std::make_shared<Pending>();
  pending->call = call;
  pending->acks = request.acks;
  if (ClientInfo* client = core.client(call.id.connection)) client->acks = request.acks;
  const Refusal whole = refusal_of(core, request);
  const Repeats<Named> repeats = repeats_of(request);
  DecompressionBudget budget(call.frame->received(), core.limits());
  auto job = std::make_unique<Job>();
  std::vector<Held> held;
  for (const ProduceRequest::Topic& wanted : request.topics) {
    const bool by_id = call.version >= 13;
    const auto topic = by_id ? core.catalog().find(wanted.id) : core.catalog().find(wanted.name);
    auto& answers = pending->response.topics.emplace_back();
    answers.name = wanted.name;
    answers.id = wanted.id;
    for (const ProduceRequest::Partition& partition : wanted.partitions) {
      auto& answered = answers.partitions.emplace_back();
      answered.index = partition.index;
      const auto* log = topic ? topic->partition(partition.index) : nullptr;
      Refusal refusal = whole;
      TopicRules rules;
      if (refusal.error != KafkaError::kNone) {
      } else if (log == nullptr) {
        refusal.error = by_id && !topic ? KafkaError::kUnknownTopicId : KafkaError::kUnknownTopicOrPartition;
      } else if (topic->info->internal) {
        refusal = {KafkaError::kInvalidTopic, "clients may not write to an internal topic"};
      } else if (repeats.contains({wanted.id, wanted.name, partition.index})) {
        refusal = {KafkaError::kInvalidRequest, "a request names a partition once"};
      } else {
        rules = rules_of(*topic->info, core.limits());
        refusal = check(core, call, rules, partition.records, budget);
      }
      if (refusal.error != KafkaError::kNone) {
        const bool later = refusal.error == KafkaError::kNotEnoughReplicas;
        if (later && log != nullptr) held.push_back({*log, partition.records.bytes()});
        refuse(core, answered, std::move(refusal));
        continue;
      }
      pending->places.push_back({pending->response.topics.size() - 1, answers.partitions.size() - 1});
      job->appends.push_back({.topic = topic->info->id,
                              .partition = PartitionId(partition.index),
                              .log = *log,
                              .batches = call.frame->writable(partition.records.bytes()),
                              .log_append_time = rules.log_append_time});
    }
  }
  note_refused(core, call, std::move(held));
  if (job->appends.empty()) return answer(core, *pending);
  job->keep = call.frame;
  job->done = [&core, pending](Job& finished) { complete(core, *pending, finished.appends); };
  const auto refused = [&core, pending] {
    for (const Pending::Place& place : pending->places) {
      refuse(core, pending->response.topics[place.topic].partitions[place.partition],
             {KafkaError::kNotEnoughReplicas, "the log's writer is busy or stopping"});
    }
    answer(core, *pending);
  };
  core.submit(std::move(job), refused);
}

}  // namespace freshet::broker
