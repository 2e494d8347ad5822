#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "broker/net/broker.h"
#include "io/memory_file_system.h"
#include "kafka/api.h"
#include "kafka/frame.h"
#include "record/batch_builder.h"

/// For tests: a broker on a free port over a disk in memory, and a client that can misbehave.
namespace freshet::broker {

class RawClient {
 public:
  explicit RawClient(uint16_t port, int64_t timeout_ms = 10'000) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval timeout{timeout_ms / 1000, timeout_ms % 1000 * 1000};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { ::close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  /// False when the broker closed the connection.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  /// Exactly that many bytes; fewer when the connection was closed or nothing came in time.
  std::string receive(size_t size) {
    std::string bytes(size, '\0');
    size_t received = 0;
    while (received < size) {
      const ssize_t n = ::recv(socket_, bytes.data() + received, size - received, 0);
      if (n <= 0) break;
      received += static_cast<size_t>(n);
    }
    bytes.resize(received);
    return bytes;
  }
  /// Whether the broker closes the connection within the time-out.
  bool is_closed_by_broker() {
    char byte = 0;
    for (;;) {
      const ssize_t n = ::recv(socket_, &byte, 1, 0);
      if (n == 0) return true;
      if (n < 0) return errno != EAGAIN && errno != EWOULDBLOCK;
    }
  }
  std::string receive_frame() {
    const std::string size = receive(4);
    return size.size() < 4 ? "" : receive(load_big<uint32_t>(size.data()));
  }
  template <class Response, class Request>
  Result<Response> ask(const Request& request, int16_t version) {
    if (!send(kafka::encode_request(request, version, 1, "raw")))
      return fail(ErrorCode::kIo, "the connection is closed");
    last_ = receive_frame();
    int32_t correlation = 0;
    return kafka::decode_response<Response>(last_, version, correlation);
  }

 private:
  int socket_;
  bool connected_ = false;
  std::string last_;
};

struct TestBroker {
  explicit TestBroker(Broker::Options changed = {}, log::LogOptions log_options = {}) : options(std::move(changed)) {
    log_options.cluster_id_if_new = random_uuid();
    std::vector<std::string> warnings;
    logs = *log::LogManager::open(disk, "log", log_options, warnings);
    options.listen_port = 0;
    options.folder = ".";
    broker = *Broker::start(disk, *logs, metrics, options);
  }
  uint16_t port() const { return broker->port(); }

  Broker::Options options;
  io::MemoryFileSystem disk;
  MetricsRegistry metrics;
  std::unique_ptr<log::LogManager> logs;
  std::unique_ptr<Broker> broker;
};

inline std::string one_record_batch(size_t value_bytes = 100) {
  record::BatchBuilder builder;
  builder.add(freshet::system_clock().wall_ms(), std::nullopt, std::string(value_bytes, 'v'));
  return *builder.build();
}

inline kafka::ProduceRequest produce_request(std::string_view topic, std::string_view batch) {
  kafka::ProduceRequest request;
  request.acks = -1;
  request.topics.push_back({topic, {}, {{0, kafka::Records(Slice{batch, nullptr})}}});
  return request;
}

inline kafka::FetchRequest fetch_request(std::string_view topic, int64_t offset, int32_t max_wait_ms) {
  kafka::FetchRequest request;
  request.max_wait_ms = max_wait_ms;
  request.min_bytes = 1;
  auto& wanted = request.topics.emplace_back();
  wanted.name = topic;
  wanted.partitions.push_back({.fetch_offset = offset, .max_bytes = 8 << 20, .replica_directory_id = {}});
  return request;
}

/// Waits until `condition` holds, at most ten seconds.
template <class Condition>
bool eventually(Condition condition) {
  const int64_t deadline_us = freshet::system_clock().steady_us() + 10'000'000;
  while (!condition()) {
    if (freshet::system_clock().steady_us() > deadline_us) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace freshet::broker
