#pragma once

#include <optional>
#include <vector>

#include "kafka/errors.h"
#include "kafka/field.h"
#include "kafka/types.h"

namespace freshet::kafka {

/// CreateTopics (key 19). KIP-464 (v4: broker's defaults by -1), KIP-525 (v5), KIP-599 (v6), KIP-516 (v7: topic ids).
struct CreateTopicsRequest {
  static constexpr Api api{.key = 19, .name = "CreateTopics", .versions = {2, 7}, .flexible_since = 5};

  struct Assignment {
    int32_t partition = 0;
    std::vector<int32_t> broker_ids;
    bool operator==(const Assignment&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.partition);
      io(m.broker_ids);
    }
  };
  struct Config {
    std::string_view name;
    std::optional<std::string_view> value;
    bool operator==(const Config&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.name);
      io(m.value);
    }
  };
  struct Topic {
    std::string_view name;
    int32_t partitions = 0;          ///< -1: the broker's default, or as many as `assignments`
    int16_t replication_factor = 0;  ///< -1: the broker's default
    std::vector<Assignment> assignments;
    std::vector<Config> configs;
    bool operator==(const Topic&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.name);
      io(m.partitions);
      io(m.replication_factor);
      io(m.assignments);
      io(m.configs);
    }
  };

  std::vector<Topic> topics;
  int32_t timeout_ms = 60'000;
  bool validate_only = false;
  bool operator==(const CreateTopicsRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.topics);
    io(m.timeout_ms);
    io(m.validate_only);
  }
};

struct CreateTopicsResponse {
  static constexpr Api api = CreateTopicsRequest::api;

  struct Config {
    std::string name;
    std::optional<std::string> value;
    bool read_only = false;
    int8_t source = -1;  ///< 1: set on the topic, 5: default (DescribeConfigs' numbers)
    bool is_sensitive = false;
    bool operator==(const Config&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.name);
      io(m.value);
      io(m.read_only);
      io(m.source);
      io(m.is_sensitive);
    }
  };
  struct Topic {
    std::string name;
    Uuid id;
    KafkaError error = KafkaError::kNone;
    std::optional<std::string> error_message;
    KafkaError config_error = KafkaError::kNone;
    int32_t partitions = -1;
    int16_t replication_factor = -1;
    std::optional<std::vector<Config>> configs;
    bool operator==(const Topic&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.name);
      io(m.id, since(7));
      io(m.error);
      io(m.error_message);
      io(m.config_error, since(5).tagged(0));
      io(m.partitions, since(5));
      io(m.replication_factor, since(5));
      io(m.configs, since(5));
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
  bool operator==(const CreateTopicsResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms);
    io(m.topics);
  }
};

/// DeleteTopics (key 20). KIP-599 (v5), KIP-516 (v6: by topic id).
struct DeleteTopicsRequest {
  static constexpr Api api{.key = 20, .name = "DeleteTopics", .versions = {1, 6}, .flexible_since = 4};

  struct Topic {
    std::optional<std::string_view> name;  ///< null: by id
    Uuid id;
    bool operator==(const Topic&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.name);
      io(m.id);
    }
  };

  std::vector<Topic> topics;                  ///< from v6
  std::vector<std::string_view> topic_names;  ///< until v5
  int32_t timeout_ms = 0;
  bool operator==(const DeleteTopicsRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.topics, since(6));
    io(m.topic_names, until(5));
    io(m.timeout_ms);
  }
};

struct DeleteTopicsResponse {
  static constexpr Api api = DeleteTopicsRequest::api;

  struct Topic {
    std::optional<std::string> name{std::in_place};  ///< null, from v6 on: an unknown topic id
    Uuid id;
    KafkaError error = KafkaError::kNone;
    std::optional<std::string> error_message;
    bool operator==(const Topic&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.name, nullable_since(6));
      io(m.id, since(6));
      io(m.error);
      io(m.error_message, since(5));
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
  bool operator==(const DeleteTopicsResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms);
    io(m.topics);
  }
};

}  // namespace freshet::kafka
