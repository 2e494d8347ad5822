#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kafka/errors.h"
#include "kafka/field.h"
#include "kafka/types.h"

/// What a broker says about itself and its producers. Fields, types, nulls and defaults: Kafka 4.1's message schemas.
namespace freshet::kafka {

/// DescribeCluster (key 60). KIP-700, KIP-919 (v1: endpoint types), KIP-1073 (v2: fenced brokers).
struct DescribeClusterRequest {
  static constexpr Api api{.key = 60, .name = "DescribeCluster", .versions = {0, 2}, .flexible_since = 0};
  bool include_authorized_operations = false;
  int8_t endpoint_type = 1;
  bool include_fenced_brokers = false;
  bool operator==(const DescribeClusterRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.include_authorized_operations);
    io(m.endpoint_type, since(1));
    io(m.include_fenced_brokers, since(2));
  }
};

struct DescribeClusterResponse {
  static constexpr Api api = DescribeClusterRequest::api;
  struct Broker {
    int32_t broker_id = 0;
    std::string host;
    int32_t port = 0;
    std::optional<std::string> rack;
    bool is_fenced = false;
    bool operator==(const Broker&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.broker_id);
      io(m.host);
      io(m.port);
      io(m.rack);
      io(m.is_fenced, since(2));
    }
  };
  int32_t throttle_time_ms = 0;
  KafkaError error = KafkaError::kNone;
  std::optional<std::string> error_message;
  int8_t endpoint_type = 1;
  std::string cluster_id;
  int32_t controller_id = -1;
  std::vector<Broker> brokers;
  int32_t authorized_operations = kNoAuthorizedOperations;
  bool operator==(const DescribeClusterResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms);
    io(m.error);
    io(m.error_message);
    io(m.endpoint_type, since(1));
    io(m.cluster_id);
    io(m.controller_id);
    io(m.brokers);
    io(m.authorized_operations);
  }
};

/// DescribeLogDirs (key 35). KIP-113, KIP-827 (v4: sizes of the volume).
struct DescribeLogDirsRequest {
  static constexpr Api api{.key = 35, .name = "DescribeLogDirs", .versions = {1, 4}, .flexible_since = 2};
  struct Topic {
    std::string_view topic;
    std::vector<int32_t> partitions;
    bool operator==(const Topic&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.topic);
      io(m.partitions);
    }
  };
  std::optional<std::vector<Topic>> topics;
  bool operator==(const DescribeLogDirsRequest&) const = default;
  static void fields(auto& m, auto& io) { io(m.topics); }
};

struct DescribeLogDirsResponse {
  static constexpr Api api = DescribeLogDirsRequest::api;
  struct Result {
    struct Topic {
      struct Partition {
        int32_t index = 0;
        int64_t size_bytes = 0;
        int64_t offset_lag = 0;
        bool is_future = false;
        bool operator==(const Partition&) const = default;
        static void fields(auto& m, auto& io) {
          io(m.index);
          io(m.size_bytes);
          io(m.offset_lag);
          io(m.is_future);
        }
      };
      std::string name;
      std::vector<Partition> partitions;
      bool operator==(const Topic&) const = default;
      static void fields(auto& m, auto& io) {
        io(m.name);
        io(m.partitions);
      }
    };
    KafkaError error = KafkaError::kNone;
    std::string log_dir;
    std::vector<Topic> topics;
    int64_t total_bytes = -1;
    int64_t usable_bytes = -1;
    bool operator==(const Result&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.error);
      io(m.log_dir);
      io(m.topics);
      io(m.total_bytes, since(4));
      io(m.usable_bytes, since(4));
    }
  };
  int32_t throttle_time_ms = 0;
  KafkaError error = KafkaError::kNone;
  std::vector<Result> results;
  bool operator==(const DescribeLogDirsResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms);
    io(m.error, since(3));
    io(m.results);
  }
};

/// DescribeProducers (key 61): idempotent producers of partitions. KIP-664.
struct DescribeProducersRequest {
  static constexpr Api api{.key = 61, .name = "DescribeProducers", .versions = {0, 0}, .flexible_since = 0};
  struct Topic {
    std::string_view name;
    std::vector<int32_t> partitions;
    bool operator==(const Topic&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.name);
      io(m.partitions);
    }
  };
  std::vector<Topic> topics;
  bool operator==(const DescribeProducersRequest&) const = default;
  static void fields(auto& m, auto& io) { io(m.topics); }
};

struct DescribeProducersResponse {
  static constexpr Api api = DescribeProducersRequest::api;
  struct Topic {
    struct Partition {
      struct Producer {
        int64_t producer_id = 0;
        int32_t producer_epoch = 0;
        int32_t last_sequence = -1;
        int64_t last_timestamp_ms = -1;
        int32_t coordinator_epoch = 0;
        int64_t current_txn_start_offset = -1;
        bool operator==(const Producer&) const = default;
        static void fields(auto& m, auto& io) {
          io(m.producer_id);
          io(m.producer_epoch);
          io(m.last_sequence);
          io(m.last_timestamp_ms);
          io(m.coordinator_epoch);
          io(m.current_txn_start_offset);
        }
      };
      int32_t index = 0;
      KafkaError error = KafkaError::kNone;
      std::optional<std::string> error_message;
      std::vector<Producer> active_producers;
      bool operator==(const Partition&) const = default;
      static void fields(auto& m, auto& io) {
        io(m.index);
        io(m.error);
        io(m.error_message);
        io(m.active_producers);
      }
    };
    std::string name;
    std::vector<Partition> partitions;
    bool operator==(const Topic&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.name);
      io(m.partitions);
    }
  };
  int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
  bool operator==(const DescribeProducersResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms);
    io(m.topics);
  }
};

/// ListTransactions (key 66). KIP-664, KIP-994 (v1), KIP-1152 (v2).
struct ListTransactionsRequest {
  static constexpr Api api{.key = 66, .name = "ListTransactions", .versions = {0, 2}, .flexible_since = 0};
  std::vector<std::string_view> state_filters;
  std::vector<int64_t> producer_id_filters;
  int64_t duration_filter_ms = -1;
  std::optional<std::string_view> transactional_id_pattern;
  bool operator==(const ListTransactionsRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.state_filters);
    io(m.producer_id_filters);
    io(m.duration_filter_ms, since(1));
    io(m.transactional_id_pattern, since(2));
  }
};

struct ListTransactionsResponse {
  static constexpr Api api = ListTransactionsRequest::api;
  struct Transaction {
    std::string transactional_id;
    int64_t producer_id = 0;
    std::string state;
    bool operator==(const Transaction&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.transactional_id);
      io(m.producer_id);
      io(m.state);
    }
  };
  int32_t throttle_time_ms = 0;
  KafkaError error = KafkaError::kNone;
  std::vector<std::string> unknown_state_filters;
  std::vector<Transaction> transactions;
  bool operator==(const ListTransactionsResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms);
    io(m.error);
    io(m.unknown_state_filters);
    io(m.transactions);
  }
};

/// DescribeTransactions (key 65). KIP-664.
struct DescribeTransactionsRequest {
  static constexpr Api api{.key = 65, .name = "DescribeTransactions", .versions = {0, 0}, .flexible_since = 0};
  std::vector<std::string_view> transactional_ids;
  bool operator==(const DescribeTransactionsRequest&) const = default;
  static void fields(auto& m, auto& io) { io(m.transactional_ids); }
};

struct DescribeTransactionsResponse {
  static constexpr Api api = DescribeTransactionsRequest::api;
  struct Transaction {
    struct Topic {
      std::string topic;
      std::vector<int32_t> partitions;
      bool operator==(const Topic&) const = default;
      static void fields(auto& m, auto& io) {
        io(m.topic);
        io(m.partitions);
      }
    };
    KafkaError error = KafkaError::kNone;
    std::string transactional_id;
    std::string state;
    int32_t timeout_ms = 0;
    int64_t start_time_ms = 0;
    int64_t producer_id = 0;
    int16_t producer_epoch = 0;
    std::vector<Topic> topics;
    bool operator==(const Transaction&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.error);
      io(m.transactional_id);
      io(m.state);
      io(m.timeout_ms);
      io(m.start_time_ms);
      io(m.producer_id);
      io(m.producer_epoch);
      io(m.topics);
    }
  };
  int32_t throttle_time_ms = 0;
  std::vector<Transaction> transactions;
  bool operator==(const DescribeTransactionsResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms);
    io(m.transactions);
  }
};

}  // namespace freshet::kafka
