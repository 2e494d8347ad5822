#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "record/batch.h"

/// What a partition knows of its idempotent producers (KIP-98, KIP-360): the last five batches of each, as Kafka keeps
/// them, so that a batch that is sent again is answered with its first offset and never stored twice.
namespace freshet::log {

enum class ProduceVerdict {
  kAppended,
  kDuplicate,             ///< in the log already, at the offsets given
  kOutOfOrderSequence,    ///< Kafka's OUT_OF_ORDER_SEQUENCE_NUMBER (45): batches before it are missing
  kInvalidProducerEpoch,  ///< Kafka's INVALID_PRODUCER_EPOCH (47): a newer instance of the producer has written
};

/// What administrators are shown of a producer.
struct ProducerSummary {
  ProducerId id;
  int16_t epoch = -1;
  int32_t last_sequence = -1;
  int64_t written_ms = -1;  ///< of its last batch; -1: not known since the start
};

/// One thread at a time.
class ProducerStates {
 public:
  static constexpr int64_t kExpirationMs = 86'400'000;  ///< Kafka's producer.id.expiration.ms
  static constexpr size_t kCachedBatches = 5;  ///< as Kafka's: max.in.flight.requests.per.connection of a producer
  static constexpr size_t kRefusedLimit = 1'000;
  static constexpr size_t kProducersLimit = 200'000;  ///< of one partition; beyond it the longest silent are forgotten

  struct Check {
    ProduceVerdict verdict = ProduceVerdict::kAppended;
    Offset first{-1};  ///< of the duplicate
    Offset end{-1};
    std::string reason;  ///< a sentence, for the two refusals
  };
  /// Would this batch be accepted now? A producer that is not known is accepted with any sequence, as Kafka does: its
  /// state may have expired. Batches without a producer id are always accepted.
  Check check(const record::BatchView& batch) const;
  /// The batch was written at its base offset.
  void record(const record::BatchView& batch, int64_t now_ms);
  /// The batch was not written, or was and is gone: of a producer that is not known, nothing after it is accepted
  /// before it. record() of any of its batches ends that.
  void refused(const record::BatchView& batch);
  /// A batch from before the snapshot that was loaded: only completes the list of the last five of a producer.
  void add_history(const record::BatchView& batch);

  /// Forgets producers that wrote nothing for kExpirationMs by the append clock.
  void expire(int64_t now_ms);
  size_t size() const { return producers_.size(); }
  std::vector<ProducerSummary> summaries() const;  ///< by id
  /// But for what was refused.
  void clear() { producers_.clear(); }

  /// Kafka's own `.snapshot` format, version 1: of each producer its last batch.
  std::string encode() const;
  /// kCorrupt when the bytes are not a snapshot; the states are empty then.
  Result<void> decode(std::string_view snapshot);

 private:
  struct Batch {
    int32_t first_sequence = -1;
    int32_t last_sequence = -1;
    int64_t last_offset = -1;
    int32_t offset_delta = 0;
  };
  struct State {
    int16_t epoch = -1;
    uint8_t cached = 0;  ///< entries of `batches` in use, oldest first
    std::array<Batch, kCachedBatches> batches{};
    mutable int64_t written_ms = 0;  ///< 0: not known yet (from recovery)
  };
  struct Refused {
    int16_t epoch = -1;
    int32_t first_sequence = -1;
  };
  void evict_oldest();

  std::unordered_map<ProducerId, State> producers_;
  std::unordered_map<ProducerId, Refused> refused_;
};

}  // namespace freshet::log
