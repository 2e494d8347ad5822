#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/metrics.h"
#include "broker/core/limits.h"
#include "broker/net/retention.h"
#include "io/file_system.h"
#include "log/log_manager.h"

namespace freshet::broker {

/// The Kafka listener over a log, as one object to be embedded. Three threads of its own: `broker-io` (connections and
/// the protocol), `log-writer` (appends and syncs; nobody else may write to the LogManager while a broker runs on it),
/// and `broker-events` (the callbacks below that may take their time).
///
/// Everything here is thread-safe. Calls marked "blocking" wait for those threads: not from callbacks that run on them.
class Broker {
 public:
  struct Options {
    std::string listen_host = "127.0.0.1";
    uint16_t listen_port = 9092;  ///< 0: any free one
    std::string advertise_host;   ///< empty: as listened
    uint16_t advertise_port = 0;  ///< 0: as listened
    bool auto_create_topics = true;
    int32_t default_partitions = 4;
    bool sync = true;    ///< durability: power. Answers wait for fdatasync; as LogOptions::sync_before_visible
    std::string folder;  ///< for what the broker remembers beside the log (producer_ids); exists already
    int64_t retention_ms =
        int64_t{7} * 24 * 3600 * 1000;      ///< of topics without a retention.ms of their own; -1: for ever
    int64_t max_bytes = int64_t{20} << 30;  ///< of all topics together; -1: no limit
    bool overrun_drops = false;  ///< over max_bytes: true removes what keep_from protects, false refuses producers
    /// As set_retention(), and in force from the first run on, which comes one interval after the start.
    std::function<Offset(const std::string& topic, PartitionId partition)> keep_from;
    /// Groups of our own streams, from the first request on: clients may read their positions and nothing else.
    std::vector<std::string> own_groups;
    int64_t retention_interval_ms = 2'000;
    int64_t checkpoint_interval_ms = 60'000;
    Limits limits;
  };

  /// Listens and serves when it returns. kPortInUse and kPermission say which address and what to change.
  /// `files`, `logs` and `metrics` must outlive the broker.
  static Result<std::unique_ptr<Broker>> start(io::FileSystem& files, log::LogManager& logs, MetricsRegistry& metrics,
                                               const Options& options);
  ~Broker();  ///< as stop()

  uint16_t port() const;
  const std::string& cluster_id() const;
  /// Refuses new work, finishes and answers what was accepted, closes all connections. The LogManager may be closed
  /// then.
  void stop();

  // Topics and offsets of our own streams.
  /// The topic, made if it is missing; one that exists keeps its partitions. Blocking.
  Result<log::TopicInfo> create_topic(const std::string& name, int32_t partitions);
  struct OffsetEntry {
    std::string topic;
    int32_t partition = 0;
    int64_t offset = -1;
    int32_t leader_epoch = -1;
    std::string metadata;
  };
  // A group that is named here is ours from then on: clients may read its positions, but neither join nor commit.
  /// Returns when the positions are durable: all of them or none. Blocking. kTooLarge: metadata over 4096 bytes.
  /// kKafkaRefused: not stored (the disk refuses, or the group has members of another program).
  Result<void> commit_offsets(const std::string& group, std::vector<OffsetEntry> entries);
  /// What the group has committed, of all topics. An ingester asks before it begins, so that nobody else commits in
  /// between. Blocking.
  Result<std::vector<OffsetEntry>> committed_offsets(const std::string& group);

  // Callbacks: set them before clients come, at best right after start().
  /// A high watermark moved. On the writer's thread: must be cheap and must not block.
  using Advance = std::function<void(const Uuid& topic, PartitionId partition, Offset high_watermark)>;
  void on_advance(Advance callback);
  /// Before a topic is deleted, on broker-events: an error refuses the deletion (the client gets REQUEST_TIMED_OUT).
  void before_delete(std::function<Result<void>(const std::string& topic)> callback);
  /// On broker-events, after the fact.
  void after_delete(std::function<void(const std::string& topic)> callback);
  void after_create(std::function<void(const std::string& topic)> callback);
  /// It has more partitions now.
  void after_grow(std::function<void(const std::string& topic)> callback);
  /// Records before the offset returned may be removed by retention, those from it on may not. On the writer's thread.
  void set_retention(std::function<Offset(const std::string& topic, PartitionId partition)> keep_from);

  /// Why producers are refused at the moment, because of log.max_bytes or by the disk; empty when they are not.
  std::string overrun_reason() const;

  /// How full the log is, and for how long it still holds.
  LogUse log_use() const;

  struct Stats {
    int64_t connections = 0;
    uint64_t connections_accepted = 0;
    uint64_t connections_closed_for_cause = 0;  ///< malformed, silent, slow or too many
    uint64_t requests = 0;
    uint64_t bytes_in = 0;
    uint64_t bytes_out = 0;
    uint64_t held_request_bytes = 0;
    uint64_t dropped_bytes = 0;  ///< removed before they were ingested (overrun: drop)
  };
  Stats stats() const;  ///< at most a second old
  struct Client {
    std::string address;  ///< "127.0.0.1:51234"
    std::string client_id;
    std::string software_name;  ///< empty for clients older than KIP-511
    std::string software_version;
    std::optional<int16_t> acks;  ///< of its last Produce
    uint64_t requests = 0;
  };
  std::vector<Client> clients() const;  ///< blocking

 private:
  class Impl;
  explicit Broker(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet::broker
