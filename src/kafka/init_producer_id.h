#pragma once

#include <optional>

#include "kafka/errors.h"
#include "kafka/field.h"
#include "kafka/types.h"

namespace freshet::kafka {

/// InitProducerId (key 22): a producer id for idempotent producers. KIP-98, KIP-360 (v3), KIP-588 (v4), KIP-890 (v5).
struct InitProducerIdRequest {
  static constexpr Api api{.key = 22, .name = "InitProducerId", .versions = {0, 5}, .flexible_since = 2};

  std::optional<std::string_view> transactional_id;
  int32_t transaction_timeout_ms = 0;
  int64_t producer_id = -1;
  int16_t producer_epoch = -1;
  bool operator==(const InitProducerIdRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.transactional_id);
    io(m.transaction_timeout_ms);
    io(m.producer_id, since(3));
    io(m.producer_epoch, since(3));
  }
};

struct InitProducerIdResponse {
  static constexpr Api api = InitProducerIdRequest::api;

  int32_t throttle_time_ms = 0;
  KafkaError error = KafkaError::kNone;
  int64_t producer_id = -1;
  int16_t producer_epoch = 0;
  bool operator==(const InitProducerIdResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms);
    io(m.error);
    io(m.producer_id);
    io(m.producer_epoch);
  }
};

}  // namespace freshet::kafka
