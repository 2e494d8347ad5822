#pragma once

#include <optional>
#include <vector>

#include "kafka/errors.h"
#include "kafka/field.h"
#include "kafka/types.h"

namespace freshet::kafka {

enum class CoordinatorType : int8_t { kGroup = 0, kTransaction = 1, kShare = 2 };

/// FindCoordinator (key 10): which broker leads a group. One key until v3, several from v4 on (KIP-699). KIP-932 (v6).
struct FindCoordinatorRequest {
  static constexpr Api api{.key = 10, .name = "FindCoordinator", .versions = {0, 6}, .flexible_since = 3};

  std::string_view key;  ///< until v3
  CoordinatorType key_type = CoordinatorType::kGroup;
  std::vector<std::string_view> coordinator_keys;  ///< from v4
  bool operator==(const FindCoordinatorRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.key, until(3));
    io(m.key_type, since(1));
    io(m.coordinator_keys, since(4));
  }
};

struct FindCoordinatorResponse {
  static constexpr Api api = FindCoordinatorRequest::api;

  struct Coordinator {
    std::string key;
    int32_t node_id = 0;
    std::string host;
    int32_t port = 0;
    KafkaError error = KafkaError::kNone;
    std::optional<std::string> error_message;
    bool operator==(const Coordinator&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.key);
      io(m.node_id);
      io(m.host);
      io(m.port);
      io(m.error);
      io(m.error_message);
    }
  };

  int32_t throttle_time_ms = 0;
  KafkaError error = KafkaError::kNone;  ///< this and the next four until v3
  std::optional<std::string> error_message;
  int32_t node_id = 0;
  std::string host;
  int32_t port = 0;
  std::vector<Coordinator> coordinators;  ///< from v4
  bool operator==(const FindCoordinatorResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms, since(1));
    io(m.error, until(3));
    io(m.error_message, between(1, 3));
    io(m.node_id, until(3));
    io(m.host, until(3));
    io(m.port, until(3));
    io(m.coordinators, since(4));
  }
};

}  // namespace freshet::kafka
