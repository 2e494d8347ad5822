#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "http/server.h"

/// What a BodyStream and the connection that sends it share.
namespace freshet::http {

struct BodyStream::Shared {
  std::mutex mutex;
  std::string queued;          // guarded, like everything below
  bool finished = false;       // by the handler
  bool closed = false;         // by the connection, or because the client is too slow
  std::function<void()> wake;  // called with the mutex held: something changed
};

/// The connection's end.
class StreamWriter {
 public:
  explicit StreamWriter(const BodyStream& stream) : shared_(stream.shared_) {}
  ~StreamWriter() { close(); }
  StreamWriter(const StreamWriter&) = delete;
  StreamWriter& operator=(const StreamWriter&) = delete;

  void on_change(std::function<void()> wake) {
    const std::lock_guard lock(shared_->mutex);
    shared_->wake = std::move(wake);
  }
  /// What is queued now; nothing when it is finished and all was taken.
  std::optional<std::string> take() {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->closed || (shared_->finished && shared_->queued.empty())) return std::nullopt;
    return std::exchange(shared_->queued, {});
  }
  void close() {
    const std::lock_guard lock(shared_->mutex);
    shared_->closed = true;
    shared_->wake = nullptr;
  }

 private:
  std::shared_ptr<BodyStream::Shared> shared_;
};

}  // namespace freshet::http
