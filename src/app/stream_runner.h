#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "ingest/batch_builder.h"
#include "ingest/lane.h"
#include "ingest/source.h"
#include "ingest/warehouse.h"
#include "project/project.h"

/// Drives one stream's lane: finds its topic, loads, decodes, inserts, for as long as the topic lives.
namespace freshet::app {

/// One stream as `status` shows it.
struct StreamSnapshot {
  struct Partition {
    int32_t id = 0;
    int64_t log_start = 0;
    int64_t log_end = 0;
    int64_t position = 0;          ///< visible in raw and every view up to here
    int64_t oldest_unseen_ms = 0;  ///< wall time of the append of the record at `position`; 0: none waits
    ingest::PartitionState state;
  };
  std::string name;
  std::string topic;
  bool topic_exists = false;
  ingest::LaneStatus lane;
  bool intent_open = false;
  std::vector<Partition> partitions;
};

/// Two threads: `lane-NAME` runs the main channel and waits for ClickHouse, `decode-NAME` reads and decodes.
class StreamRunner {
 public:
  /// What the runner needs of the rest of the program. Called on its threads; may block.
  struct Environment {
    int64_t started_ms = 0;  ///< the program, wall time
    /// Null while the topic does not exist.
    std::function<std::unique_ptr<ingest::Source>()> open_source;
    std::function<std::unique_ptr<ingest::Warehouse>()> open_warehouse;
    /// Number of this incarnation of the topic.
    std::function<Result<Epoch>(const Uuid& topic)> epoch_of;
    /// After a batch became visible.
    std::function<void(const ingest::BuiltBatch& batch, int64_t visible_at_ms)> on_visible;
    /// A view refuses a batch: its trigger is to be taken away.
    std::function<Result<void>(const std::string& trigger, const std::string& error)> freeze_view;
    const Clock* clock = nullptr;
  };

  StreamRunner(project::Stream stream, Uuid project, std::string definition, Environment environment);
  ~StreamRunner();  ///< stop()

  /// Before start(), from the caller's thread: settles what an earlier process left in doubt, so that nothing is
  /// between raw and its views. Waits for ClickHouse; kCancelled when `cancelled` says so.
  Result<void> settle(const std::function<bool()>& cancelled);
  /// Instead of start(): a person must decide first; the snapshot says what.
  void give_up(Error error);
  bool given_up() const;
  void start();
  /// Finishes what is in flight (as long as ClickHouse answers, at most `timeout_ms`), confirms the position, ends.
  void stop(int timeout_ms = 20'000);
  /// The topic is about to be deleted: settles the batch in flight and lets go of the topic, or kTimeout.
  Result<void> release(int timeout_ms);
  /// The topic has more partitions: what is in flight is finished, then it is opened again with all of them. Any
  /// thread; does not wait.
  void reopen();
  /// After release(): look for the topic again.
  void resume();
  /// Records may have come. Any thread, cheap.
  void notify();

  StreamSnapshot snapshot() const;
  /// Below this the log must not be cut; nothing when it is not known yet.
  std::optional<Offset> keep_from(PartitionId partition) const;
  const project::Stream& stream() const { return stream_; }

 private:
  void run_main();
  void run_decoder();
  bool open_session(bool settle_only);
  void run_session();
  void perform(const ingest::MainAction& action);
  Result<ingest::Loaded> load();
  void sleep_main(std::unique_lock<std::mutex>& lock, int64_t until_us);
  int64_t now_us() const { return environment_.clock->steady_us(); }

  const project::Stream stream_;
  const Uuid project_;
  const std::string definition_;
  const Environment environment_;

  mutable std::mutex mutex_;
  std::condition_variable main_wakes_;
  std::condition_variable decoder_wakes_;
  std::condition_variable released_wakes_;
  std::unique_ptr<ingest::Lane> lane_;             ///< guarded by mutex_; lives while a topic is served
  std::unique_ptr<ingest::BatchBuilder> builder_;  ///< decoder thread, while lane_ lives
  std::shared_ptr<ingest::Source> source_;         ///< set under mutex_; used by both threads and snapshot()
  std::unique_ptr<ingest::Warehouse> warehouse_;   ///< main thread
  Epoch epoch_;                                    ///< main thread
  bool stopping_ = false;                          ///< guarded by mutex_
  bool releasing_ = false;                         ///< guarded by mutex_: no topic is to be held
  bool reopening_ = false;                         ///< guarded by mutex_: the topic has grown since it was opened
  bool opening_ = false;                           ///< guarded by mutex_: the main thread looks for the topic
  bool decoding_ = false;                          ///< guarded by mutex_: the decoder is inside of builder_
  std::string opening_problem_;                    ///< guarded by mutex_
  std::optional<Error> given_up_;                  ///< guarded by mutex_
  std::atomic<bool> hungry_{false};                ///< the decoder waits for records and for nothing else

  std::jthread main_thread_;
  std::jthread decoder_thread_;
};

}  // namespace freshet::app
