#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/core/coordinator_log.h"
#include "broker/core/group_coordinator.h"
#include "broker/core/job.h"
#include "broker/core/writer.h"
#include "ingest/batch_builder.h"
#include "ingest/lane.h"
#include "io/memory_file_system.h"
#include "log/log_manager.h"
#include "sim/sim_clickhouse.h"

namespace freshet::sim {

/// What a program runs on, and outlives it.
struct Machine {
  Timeline& timeline;
  Random& random;
  Trace& trace;
  io::MemoryFileSystem& disk;
  SimClickHouse& clickhouse;
  const Mutant& mutant;
  int32_t partitions = 4;
  double lost_save = 0;  ///< share of commits whose answer gets lost
  int64_t insert_timeout_us = 3'000'000;
};

inline constexpr const char* kTopic = "events";
project::Stream stream_definition();

/// The whole program between start and death: logs, their writer, the group coordinator and one lane, all real; its
/// threads are events of the timeline. Destroying it is kill -9: nothing that it had planned happens any more.
class Program final : public broker::JobQueue {
 public:
  explicit Program(Machine& machine) : machine_(machine) {}
  ~Program() override = default;

  /// False when the disk failed: dead at once.
  bool boot();
  using Produced = std::function<void(Result<log::Produced>)>;
  /// As a Produce request with acks=all; unanswered if the program dies.
  void produce(const Uuid& topic, PartitionId partition, std::string batch, Produced produced);
  Uuid topic_id() const { return topic_ ? topic_->info->id : Uuid{}; }
  /// Settles what is in flight, then goes; `stopped` is called when nothing is left.
  void stop(std::function<void()> stopped);
  /// Lets go of the topic, deletes it and makes it again.
  void recreate_topic(std::function<void()> recreated);
  bool recreating() const { return static_cast<bool>(recreated_); }
  void notify() { pump(); }
  /// Removes what is confirmed, keeps little else.
  void apply_retention();
  void checkpoint();

  /// Everything in the log is visible and confirmed.
  bool quiet() const;
  const ingest::Lane* lane() const { return lane_.get(); }
  Epoch epoch() const { return epoch_; }
  std::shared_ptr<log::PartitionLog> partition(int32_t index) const {
    return topic_->partitions[static_cast<size_t>(index)];
  }
  std::string state() const;

  bool submit(std::unique_ptr<broker::Job> job) override;

 private:
  class LogSource;
  void after(int64_t delay_us, std::function<void()> what);
  Result<void> open_logs();
  Result<std::shared_ptr<broker::Topic>> open_topic(const std::string& name, int32_t partitions, bool internal);
  void write();
  void open_session();
  void close_session();
  void pump();
  void perform(const ingest::MainAction& action);
  void perform_save(const ingest::SaveAction& save);
  void await_engine();
  ingest::Loaded load() const;
  /// An answer of the engine, or the time-out, whichever comes first.
  SimClickHouse::Answered answered_by(std::function<void(const ingest::InsertAnswer&)> tell);
  SimClickHouse::Answered repaired();
  broker::Now now() const { return {machine_.timeline.wall_ms(), machine_.timeline.now_us()}; }

  Machine& machine_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  std::unique_ptr<log::LogManager> logs_;
  std::unique_ptr<broker::Writer> writer_;
  std::deque<std::unique_ptr<broker::Job>> queue_;
  bool writing_ = false;
  std::unique_ptr<broker::CoordinatorLog> group_log_;
  std::unique_ptr<broker::GroupCoordinator> groups_;
  std::shared_ptr<broker::Topic> topic_;
  std::unique_ptr<ingest::Source> source_;
  std::unique_ptr<ingest::BatchBuilder> builder_;
  std::unique_ptr<ingest::Lane> lane_;
  Epoch epoch_;
  int64_t wake_at_us_ = -1;
  uint64_t session_ = 0;  ///< raised when the lane comes or goes: what was planned for an earlier one is void
  std::function<void()> stopped_;
  std::function<void()> recreated_;
  record::RecordReader reader_;
};

}  // namespace freshet::sim
