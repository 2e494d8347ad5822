#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "broker/core/frame.h"
#include "broker/core/response.h"
#include "kafka/field.h"

namespace freshet::broker {

/// Time as the core is told it, once a turn.
struct Now {
  int64_t wall_ms = 0;
  int64_t steady_us = 0;
};

/// A request that waits for its answer. Copyable: who cannot answer at once keeps one.
struct Call {
  RequestId id;
  const kafka::Api* api = nullptr;
  int16_t version = 0;
  int32_t correlation_id = 0;
  std::string client_id;
  std::string client_host;       ///< "127.0.0.1", as group members show it
  std::shared_ptr<Frame> frame;  ///< the decoded message looks into it
  Now received;
};

/// Where answers go.
class Outbox {
 public:
  virtual ~Outbox() = default;
  virtual void answer(RequestId id, Response response) = 0;
  /// The request wants no answer (acks=0).
  virtual void skip_answer(RequestId id) = 0;
  /// The client broke the protocol: one log line with the reason.
  virtual void close(uint64_t connection, const std::string& reason) = 0;
};

}  // namespace freshet::broker
