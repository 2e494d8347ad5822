#include "sim/producer.h"

#include "record/batch_builder.h"

namespace freshet::sim {

constexpr int64_t kRequestTimeoutUs = 1'500'000;

void Producer::offer() {
  static constexpr record::Compression kCompressions[] = {record::Compression::kNone, record::Compression::kNone,
                                                          record::Compression::kLz4, record::Compression::kZstd};
  record::BatchBuilder builder(kCompressions[shared_.random.below(4)]);
  Batch batch;
  batch.sequence = next_sequence_;
  const int64_t count = shared_.random.between(1, 8);
  for (int64_t i = 0; i < count; ++i) {
    batch.events.push_back(shared_.events.make(shared_.random, shared_.timeline.wall_ms()));
    builder.add(shared_.timeline.wall_ms(), std::nullopt, shared_.events.at(batch.events.back()).value);
  }
  next_sequence_ += static_cast<int32_t>(count);
  auto bytes = builder.build({ProducerId(id_), 0, batch.sequence});
  if (!bytes) return shared_.trace.violation("a batch cannot be built: {}", bytes.error().message);
  batch.bytes = std::move(*bytes);
  batches_.push_back(std::move(batch));
  send();
}

void Producer::start_over(const Uuid& topic, int64_t id) {
  for (const Batch& batch : batches_) {
    for (const size_t event : batch.events) shared_.events.at(event).abandoned = true;
  }
  batches_.clear();
  topic_ = topic;
  id_ = id;
  next_sequence_ = 0;
  in_flight_ = 0;
  known_ = false;
  ++attempt_;
}

void Producer::send() {
  // A partition takes any first sequence from a producer it does not know, as Kafka does: so until one batch is there,
  // the next one must not overtake it.
  const size_t limit = known_ ? kInFlight : 1;
  while (!waiting_ && in_flight_ < std::min(limit, batches_.size())) {
    if (!shared_.program) return retry_later();
    if (topic_.is_zero()) return retry_later();
    send_one(in_flight_++);
  }
}

void Producer::send_one(size_t index) {
  const Batch& batch = batches_[index];
  const uint64_t attempt = attempt_;
  const int32_t sequence = batch.sequence;
  shared_.program->produce(topic_, partition_, batch.bytes, [this, attempt, sequence](Result<log::Produced> produced) {
    if (shared_.random.chance(shared_.lost_answers)) return;
    shared_.timeline.after(shared_.random.delay_us(100), [this, attempt, sequence, produced] {
      if (attempt == attempt_) answered(sequence, produced);
    });
  });
  shared_.timeline.after(kRequestTimeoutUs, [this, attempt, sequence] {
    if (attempt == attempt_ && !batches_.empty() && batches_.front().sequence <= sequence) retry_later();
  });
}

void Producer::answered(int32_t sequence, const Result<log::Produced>& produced) {
  if (!produced ||
      (produced->verdict != log::ProduceVerdict::kAppended && produced->verdict != log::ProduceVerdict::kDuplicate)) {
    if (produced && produced->verdict == log::ProduceVerdict::kInvalidProducerEpoch) {
      shared_.trace.violation("a producer was fenced by nobody");
    }
    shared_.trace("producer {} of partition {}: sequence {} is refused: {}", id_, partition_.value, sequence,
                  produced ? produced->reason : produced.error().message);
    return retry_later();
  }
  if (batches_.empty() || batches_.front().sequence != sequence) return retry_later();  // an answer before it was lost
  for (const size_t event : batches_.front().events) shared_.events.at(event).acknowledged = true;
  if (produced->end - produced->first != static_cast<int64_t>(batches_.front().events.size())) {
    shared_.trace.violation("a batch of {} events was given offsets {} to {}", batches_.front().events.size(),
                            produced->first.value, produced->end.value);
  }
  batches_.pop_front();
  --in_flight_;
  known_ = true;
  send();
}

void Producer::retry_later() {
  if (waiting_) return;
  waiting_ = true;
  ++attempt_;
  in_flight_ = 0;
  shared_.timeline.after(shared_.random.delay_us(50'000), [this] {
    waiting_ = false;
    send();
  });
}

}  // namespace freshet::sim
