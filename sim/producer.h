#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "sim/events.h"
#include "sim/program.h"

namespace freshet::sim {

/// An idempotent producer of one partition, as Kafka's clients are: batches in order, several in flight, and whatever
/// is not acknowledged is sent again with the same sequence numbers.
class Producer {
 public:
  struct Shared {
    Timeline& timeline;
    Random& random;
    Trace& trace;
    Events& events;
    std::unique_ptr<Program>& program;
    double lost_answers = 0;
  };
  Producer(Shared& shared, PartitionId partition, int64_t id) : shared_(shared), partition_(partition), id_(id) {}

  /// A batch of new events is to be sent.
  void offer();
  bool done() const { return batches_.empty(); }
  /// The topic was made again: what is not acknowledged is given up, and the id is a new one.
  void start_over(const Uuid& topic, int64_t id);
  /// Sends what may be sent.
  void send();

 private:
  static constexpr size_t kInFlight = 4;
  struct Batch {
    std::string bytes;
    std::vector<size_t> events;
    int32_t sequence = 0;
  };
  void send_one(size_t index);
  void answered(int32_t sequence, const Result<log::Produced>& produced);
  void retry_later();

  Shared& shared_;
  const PartitionId partition_;
  int64_t id_;
  Uuid topic_;
  int32_t next_sequence_ = 0;
  std::deque<Batch> batches_;  ///< not acknowledged, in order
  size_t in_flight_ = 0;
  uint64_t attempt_ = 0;  ///< answers to an earlier one are not waited for any more
  bool waiting_ = false;
  bool known_ = false;  ///< to the partition: a batch of this id was acknowledged
};

}  // namespace freshet::sim
