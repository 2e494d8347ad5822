#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/metrics.h"
#include "broker/core/call.h"
#include "broker/core/catalog.h"
#include "broker/core/coordinator_log.h"
#include "broker/core/fetch_sessions.h"
#include "broker/core/fetcher.h"
#include "broker/core/group_coordinator.h"
#include "broker/core/job.h"
#include "broker/core/limits.h"
#include "broker/core/producer_ids.h"
#include "broker/core/topic_settings.h"
#include "kafka/errors.h"
#include "kafka/frame.h"
#include "record/record_reader.h"

namespace freshet::broker {

/// Constant after construction.
struct CoreOptions {
  std::string host = "127.0.0.1";  ///< advertised to clients
  int32_t port = 9092;
  int32_t node_id = 1;
  bool auto_create_topics = true;
  int32_t default_partitions = 4;
  std::string producer_ids_file;                       ///< path for the blocks of producer ids
  int64_t retention_ms = int64_t{7} * 24 * 3'600'000;  ///< of topics without their own; shown only
  std::string log_dir;                                 ///< absolute path of the log; shown only
};

/// Who is connected, for pages and commands.
struct ClientInfo {
  std::string peer;  ///< "127.0.0.1:51234"
  std::string client_id;
  std::string software_name;  ///< from ApiVersions v3 on
  std::string software_version;
  std::optional<int16_t> acks;  ///< of its last Produce
  uint64_t requests = 0;
};

/// Told about topics; called on the core's thread, and answers later. The default lets everything happen.
class TopicWatcher {
 public:
  virtual ~TopicWatcher() = default;
  /// `proceed`, on the core's thread: an error refuses the deletion.
  virtual void before_delete(const std::string&, std::function<void(Result<void>)> proceed) { proceed({}); }
  virtual void after_delete(const std::string&) {}
  virtual void after_create(const std::string&) {}
  virtual void after_grow(const std::string&) {}
};

/// The broker without sockets, threads and clocks: requests in, answers out, jobs for the log's writer, and time as a
/// parameter. One thread at a time. The handlers (handlers.h) are written against what is public here.
class Core {
 public:
  struct Parts {
    io::FileSystem& files;
    log::LogManager& logs;
    MetricsRegistry& metrics;
    JobQueue& jobs;
    Outbox& outbox;
    TopicWatcher& watcher;
    std::function<Uuid()> new_uuid;  ///< random
    int64_t first_producer_id = 0;
    /// What a stream has not ingested yet begins here, and may not be deleted. On the writer's thread.
    std::function<Offset(const std::string& topic, PartitionId partition)> keep_from{};
    /// Size of the log's disk and what is free of it, in bytes; -1: not known.
    std::function<std::pair<int64_t, int64_t>()> volume{};
  };
  Core(const Parts& parts, const CoreOptions& options, const Limits& limits);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // Driving it.
  /// Once, before everything else and before the writer runs: makes the topic of the groups where it is missing, and
  /// reads it. What could not be understood there is skipped and said in `warnings`.
  Result<void> load(const Now& now, std::vector<std::string>& warnings);
  void open(uint64_t connection, const std::string& peer);
  void close(uint64_t connection);
  void request(RequestId id, std::shared_ptr<Frame> frame, const Now& now);
  /// Before something else is done with the core on its thread.
  void begin_turn(const Now& now);
  /// A job came back from the writer.
  void finished(std::unique_ptr<Job> job, const Now& now);
  /// Answers what waited long enough.
  void tick(const Now& now);
  /// At the end: answers what waits for data.
  void end_long_polls(const Now& now);
  /// When tick() has something to do; INT64_MAX: nothing waits.
  int64_t next_deadline_us() const;
  /// Not empty: produces are refused with a retriable error, and this is why.
  void refuse_produce(std::string reason) { refuse_reason_ = std::move(reason); }

  // For handlers.
  template <class M>
  void reply(const Call& call, const M& message) {
    reply_pieces(call, kafka::encode_response(message, call.version, call.correlation_id));
  }
  /// Counts and times the request, and frees its place; nothing is sent.
  void reply_nothing(const Call& call);
  void submit(std::unique_ptr<Job> job, const std::function<void()>& refused);
  /// Creates what is wanted as one job and calls `done` with a result each, in their order.
  struct NewTopic {
    std::string name;
    int32_t partitions = 1;
    std::map<std::string, std::string> settings;
  };
  using Created = std::vector<Result<std::shared_ptr<const Topic>>>;
  void create_topics(std::vector<NewTopic> topics, std::function<void(Created)> done);
  /// More partitions for topics, as one job; a result each, in their order.
  struct Growth {
    Uuid topic;
    int32_t partitions = 0;
  };
  using Done = std::function<void(const std::vector<Result<void>>&)>;
  void grow_topics(std::vector<Growth> growths, Done done);
  /// Other settings for topics, as one job; a result each, in their order. What is changed is what holds when the job
  /// runs, so that two clients who change different settings do not undo each other's.
  struct TopicChange {
    Uuid topic;
    bool replace = false;  ///< begin with no settings
    std::vector<SettingChange> changes;
  };
  void change_topics(std::vector<TopicChange> changes, Done done);
  /// Asks the watcher, then deletes. kUnknownTopic, kTimeout (refused for now), or what the log says.
  void delete_topic(const std::shared_ptr<const Topic>& topic, std::function<void(Result<void>)> done);
  /// A producer id that was never given before; an error when the block cannot be written down.
  void new_producer_id(std::function<void(Result<ProducerId>)> done);
  void count_produce_error(kafka::KafkaError error);

  const CoreOptions& options() const { return options_; }
  const Limits& limits() const { return limits_; }
  const std::string& cluster_id() const { return parts_.logs.cluster_id(); }
  const std::string& refuse_reason() const { return refuse_reason_; }
  const log::LogOptions& log_options() const { return parts_.logs.options(); }
  const Parts& parts() const { return parts_; }
  const Now& now() const { return now_; }
  Catalog& catalog() { return catalog_; }
  const Catalog& catalog() const { return catalog_; }
  Fetcher& fetcher() { return fetcher_; }
  GroupCoordinator& groups() { return groups_; }
  /// Now and then: the topic of the groups keeps only what is still true.
  void compact_groups() { groups_.compact_if_large(coordinator_log_.size_bytes()); }
  Uuid new_uuid() { return parts_.new_uuid(); }
  Outbox& outbox() { return parts_.outbox; }
  record::RecordReader& record_reader() { return record_reader_; }
  ClientInfo* client(uint64_t connection);
  std::vector<ClientInfo> clients() const;

 private:
  struct ApiMetrics {
    Counter* requests = nullptr;
    Histogram* seconds = nullptr;
  };
  void reply_pieces(const Call& call, kafka::Pieces pieces);
  void answered(const Call& call);
  Result<void> replay_groups(std::vector<std::string>& warnings);
  Result<void> raise_ends(std::vector<std::string>& warnings);
  using TopicResults = std::vector<Result<std::shared_ptr<const log::TopicInfo>>>;
  /// `work` on the writer's thread gives a result each of `count`; then the catalog is brought up to date.
  void alter_topics(size_t count, std::function<TopicResults(log::LogManager&)> work,
                    std::function<void(const log::TopicInfo&)> altered, Done done);
  void forget_deleted_topics();

  Parts parts_;
  const CoreOptions options_;
  const Limits& limits_;
  Now now_;
  Catalog catalog_;
  Fetcher fetcher_;
  CoordinatorLog coordinator_log_;
  GroupCoordinator groups_;
  ProducerIds producer_ids_;
  bool reserving_ids_ = false;
  std::vector<std::function<void(Result<ProducerId>)>> waiting_for_id_;
  std::string refuse_reason_;
  record::RecordReader record_reader_;  ///< to check batches with
  std::unordered_map<uint64_t, ClientInfo> clients_;
  std::map<int16_t, ApiMetrics> metrics_;
  std::map<kafka::KafkaError, Counter*> produce_errors_;
};

}  // namespace freshet::broker
