#pragma once

#include <optional>
#include <vector>

#include "kafka/errors.h"
#include "kafka/field.h"
#include "kafka/types.h"

namespace freshet::kafka {

/// Produce (key 0): record batches for partitions. KIP-98 (v3), KIP-467 (v8), KIP-951 (v10), KIP-516 (v13: topic ids).
/// Versions 0-2 are offered, because old librdkafka wants to see them, and never answered (KIP-896, KAFKA-18659).
struct ProduceRequest {
  static constexpr Api api{.key = 0, .name = "Produce", .versions = {3, 13}, .flexible_since = 9, .offered_from = 0};

  struct Partition {
    int32_t index = 0;
    Records records;  ///< one batch v2 by the protocol's rules; unchecked here
    bool operator==(const Partition&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.index);
      io(m.records);
    }
  };
  struct Topic {
    std::string_view name;  ///< until v12
    Uuid id;                ///< from v13
    std::vector<Partition> partitions;
    bool operator==(const Topic&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.name, until(12));
      io(m.id, since(13));
      io(m.partitions);
    }
  };

  std::optional<std::string_view> transactional_id;
  int16_t acks = 0;  ///< 0: no response at all; 1; -1: all
  int32_t timeout_ms = 0;
  std::vector<Topic> topics;
  bool operator==(const ProduceRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.transactional_id);
    io(m.acks);
    io(m.timeout_ms);
    io(m.topics);
  }
};

struct ProduceResponse {
  static constexpr Api api = ProduceRequest::api;

  struct RecordError {
    int32_t batch_index = 0;
    std::optional<std::string> message;
    bool operator==(const RecordError&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.batch_index);
      io(m.message);
    }
  };
  struct Partition {
    int32_t index = 0;
    KafkaError error = KafkaError::kNone;
    int64_t base_offset = -1;
    int64_t log_append_time_ms = -1;  ///< -1: the topic keeps the producer's timestamps
    int64_t log_start_offset = -1;
    std::vector<RecordError> record_errors;
    std::optional<std::string> error_message;
    LeaderIdAndEpoch current_leader;
    bool operator==(const Partition&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.index);
      io(m.error);
      io(m.base_offset);
      io(m.log_append_time_ms);
      io(m.log_start_offset, since(5));
      io(m.record_errors, since(8));
      io(m.error_message, since(8));
      io(m.current_leader, since(10).tagged(0));
    }
  };
  struct Topic {
    std::string name;
    Uuid id;
    std::vector<Partition> partitions;
    bool operator==(const Topic&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.name, until(12));
      io(m.id, since(13));
      io(m.partitions);
    }
  };

  std::vector<Topic> topics;
  int32_t throttle_time_ms = 0;
  std::vector<NodeEndpoint> node_endpoints;
  bool operator==(const ProduceResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.topics);
    io(m.throttle_time_ms);
    io(m.node_endpoints, since(10).tagged(0));
  }
};

}  // namespace freshet::kafka
