#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// A blocking TCP connection whose every wait has a deadline and can be ended from another thread.
namespace freshet::http {

using Deadline = std::chrono::steady_clock::time_point;

enum class Wait { kOk, kTimeout, kAborted, kClosed, kError };

/// Belongs to one thread; only abort() may come from another.
class Socket {
 public:
  Socket();
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  /// Tries every address of the host until the deadline.
  Wait connect(const std::string& host, uint16_t port, Deadline deadline);
  void close();
  bool is_open() const { return fd_ >= 0; }
  /// The other side has closed, or said something nobody asked for: of no use for another request.
  bool is_stale() const;

  /// Sends all parts. kClosed when the other side closed, `early` true when it answered before everything was sent.
  Wait send(std::span<const std::string_view> parts, Deadline deadline, size_t& sent_bytes, bool& early);
  /// At least one byte into `buffer`; kClosed at the end of the stream.
  Wait receive(char* buffer, size_t size, Deadline deadline, size_t& received_bytes);

  /// Waits under way and to come end with kAborted until clear_abort(). Thread-safe.
  void abort();
  void clear_abort();
  /// The system's reason for the last kError or kClosed.
  const std::string& reason() const { return reason_; }

 private:
  Wait wait_for(short events, Deadline deadline, short& ready);
  Wait connect_to(const void* address, unsigned address_size, int family, Deadline deadline);
  Wait failed(int error);

  int fd_ = -1;
  int abort_fd_ = -1;  ///< an eventfd, readable while aborted; constant after construction
  std::string reason_;
};

}  // namespace freshet::http
