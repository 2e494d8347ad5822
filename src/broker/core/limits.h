#pragma once

#include <cstdint>

#include "kafka/limits.h"

/// Every limit of the broker, in one place. docs/limits.md explains them to users. A limit is checked before anything
/// is allocated for what it bounds. Tests lower them; nothing else changes them after start.
namespace freshet::broker {

struct Limits {
  // Connections.
  int32_t max_connections = 2000;  ///< of all clients; the oldest one that never finished a request gives way
  int64_t first_request_timeout_ms = 30'000;  ///< from accept to the first whole request
  int64_t idle_timeout_ms = 600'000;          ///< nothing under way; Kafka's connections.max.idle.ms
  int64_t transfer_grace_ms = 30'000;  ///< a frame or an answer under way may be silent or slow for this long ...
  int64_t transfer_min_bytes_per_s = 16 << 10;  ///< ... and must then have kept this average rate
  int64_t sweep_interval_ms = 1'000;            ///< how often the deadlines are looked at

  // Requests.
  uint32_t max_frame_bytes = kafka::kMaxFrameBytes;             ///< a Produce request: Kafka's socket.request.max.bytes
  uint32_t max_small_frame_bytes = kafka::kMaxSmallFrameBytes;  ///< any other request
  uint32_t first_frame_buffer_bytes = 256
                                      << 10;  ///< a frame's buffer starts at most so large, and grows with its bytes
  int32_t max_requests_in_flight = 100;       ///< of one connection; then it is not read from until one is answered
  uint64_t max_queued_request_bytes = 100 << 20;  ///< of one connection: frames taken and not yet answered
  uint64_t max_queued_answer_bytes = 64 << 20;    ///< of one connection: answers not yet sent, before it is read again
  uint64_t max_request_bytes_total = 512 << 20;   ///< of all connections: bytes of frames held, whole or partial
  uint32_t small_frame_bytes = 1 << 20;           ///< frames up to here are read beyond that total, up to its double

  int64_t starved_too_long_ms = 5'000;    ///< partial frames fill that total: then the largest is closed
  uint64_t max_answer_bytes = 128 << 20;  ///< a larger answer is not sent: the connection is closed

  // Messages.
  int32_t max_message_bytes = 1'048'588;       ///< of one record batch: Kafka's message.max.bytes
  uint32_t max_decompressed_bytes = 32 << 20;  ///< of one compressed batch, while it is checked
  /// Of all batches of one Produce request: so many times the frame's size, but within these two.
  uint64_t decompressed_per_frame_byte = 20;
  uint64_t least_request_decompressed_bytes = 64 << 20;
  uint64_t most_request_decompressed_bytes = 256 << 20;
  int32_t max_fetch_bytes = 55 << 20;       ///< of one answer: Kafka's fetch.max.bytes of the broker
  int32_t max_fetch_wait_ms = 300'000;      ///< longest wait of a fetch, whatever it asks for
  int64_t future_timestamp_ms = 3'600'000;  ///< Kafka's message.timestamp.after.max.ms

  // State.
  int32_t max_topics = 10'000;
  int32_t max_partitions_per_topic = 1'000;
  int32_t max_partitions = 20'000;          ///< of all topics
  int32_t max_fetch_sessions = 1'000;       ///< more get an answer without a session, as from Kafka
  int64_t fetch_session_idle_ms = 120'000;  ///< a session unused for this long gives way to a new one
  int32_t max_session_partitions = 20'000;  ///< of one fetch session
  int32_t max_clients_shown = 200;          ///< in Broker::clients()
};

}  // namespace freshet::broker
