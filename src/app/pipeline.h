#pragma once

#include <atomic>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/book.h"
#include "app/stream_runner.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/metrics.h"
#include "broker/net/broker.h"
#include "engine/engine.h"
#include "log/log_manager.h"
#include "project/project.h"
#include "views/views.h"

/// Everything of a project that moves events: log, broker, engine, and a runner for each stream.
namespace freshet::app {

/// A topic that no stream reads.
struct LogOnlyTopic {
  std::string name;
  int32_t partitions = 0;
  int64_t records = 0;
};

class Pipeline {
 public:
  /// Of what is read from the project's files all errors are told at once.
  using Outcome = std::expected<void, std::vector<Error>>;

  Pipeline(project::Project project, MetricsRegistry& metrics, const Clock& clock);
  ~Pipeline();  ///< stop()

  /// The Kafka listener answers and ClickHouse was started, if it can be. From here on everything that asks how it goes
  /// may be called, from any thread. Errors are what a person must mend: a port, a damaged file.
  Result<void> open(const std::function<bool()>& cancelled);
  /// Then: tables and views are there, streams run. Waits for ClickHouse as long as it takes, unless `cancelled`.
  /// Errors are what a person must mend: a view, a table that does not fit.
  Outcome start(const std::function<bool()>& cancelled);
  /// From the front to the back: streams finish what is in flight, the listener closes, then engine and log.
  void stop();

  const project::Project& project() const { return project_; }
  uint16_t kafka_port() const { return broker_->port(); }
  const engine::Engine& engine() const { return *engine_; }
  const broker::Broker& broker() const { return *broker_; }
  const log::LogManager& logs() const { return *logs_; }
  std::vector<StreamSnapshot> streams() const;
  std::vector<LogOnlyTopic> log_only_topics() const;
  std::vector<views::PreparedView> views() const;
  bool ready() const { return ready_; }
  /// Seconds from append to visible, of one view; of the whole stream with an empty name.
  Histogram& latency_of(const std::string& stream, const std::string& view) const;

 private:
  Result<void> open_log();
  Result<void> start_broker();
  void add_log_positions(StreamSnapshot& snapshot, const project::Stream& stream) const;
  Result<void> start_engine(const std::function<bool()>& cancelled);
  Outcome make_tables();
  Outcome make_views();
  Result<void> rebuild_views_of(const std::string& stream);
  Result<void> freeze_view(const std::string& trigger, const std::string& error);
  StreamRunner::Environment environment_of(const project::Stream& stream);
  Outcome retry(const char* what, const std::function<bool()>& cancelled, const std::function<Outcome()>& step);
  void on_visible(const project::Stream& stream, const ingest::BuiltBatch& batch, int64_t visible_at_ms);
  Offset keep_from(const std::string& topic, PartitionId partition) const;
  void refresh_gauges();

  const project::Project project_;
  MetricsRegistry& metrics_;
  const Clock& clock_;
  const int64_t started_ms_;  ///< wall time
  std::string boot_id_;
  std::unique_ptr<log::LogManager> logs_;
  std::unique_ptr<broker::Broker> broker_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<InsertsBook> book_;
  std::vector<std::unique_ptr<StreamRunner>> runners_;  ///< constant while the broker runs
  mutable std::mutex views_mutex_;
  std::vector<views::PreparedView> views_;          ///< guarded by views_mutex_
  std::map<std::string, int64_t> frozen_since_ms_;  ///< by trigger; for refresh_gauges() alone
  std::atomic<bool> ready_{false};
};

/// "freshet.PROJECT.STREAM"
std::string group_of(const project::Project& project, const project::Stream& stream);
/// Hash of what decides how a record becomes a row: 16 digits.
std::string definition_of(const project::Stream& stream);

}  // namespace freshet::app
