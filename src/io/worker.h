#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace freshet::io {

/// A named thread that runs functions in the order in which they were posted, from a bounded queue. After each batch of
/// functions (all that were queued when it looked) it calls the hook, so that one sync can follow many appends.
///
/// post() and stop(): any thread, but stop() not from the worker's own functions. What is posted must not
/// throw.
class Worker {
 public:
  /// `name`: at most 15 characters, shown by the system's tools. `after_batch` may be empty.
  Worker(std::string name, size_t queue_limit, std::function<void()> after_batch = {});
  ~Worker();  ///< as stop()
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Queues; false when the queue is full or the worker is stopping: `fn` will not run then.
  [[nodiscard]] bool post(std::function<void()> fn);
  /// The same, but waits for room; false only when the worker is stopping. From the worker's own thread it never waits.
  [[nodiscard]] bool post_waiting(std::function<void()> fn);
  /// Refuses new functions, runs what is queued and the hook once more, and joins the thread. Repeating it does
  /// nothing.
  void stop();

  size_t queued() const;
  size_t queue_limit() const { return queue_limit_; }

 private:
  void run();

  // Constant after construction.
  const std::string name_;
  const size_t queue_limit_;
  const std::function<void()> after_batch_;
  // Protected by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable room_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;

  std::mutex stop_mutex_;
  std::jthread thread_;
};

}  // namespace freshet::io
