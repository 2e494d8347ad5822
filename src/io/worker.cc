#include "io/worker.h"

#include <pthread.h>

#include <utility>

namespace freshet::io {

Worker::Worker(std::string name, size_t queue_limit, std::function<void()> after_batch)
    : name_(std::move(name)),
      queue_limit_(queue_limit),
      after_batch_(std::move(after_batch)),
      thread_([this] { run(); }) {}

Worker::~Worker() { stop(); }

bool Worker::post(std::function<void()> fn) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || queue_.size() >= queue_limit_) return false;
    queue_.push_back(std::move(fn));
  }
  work_.notify_one();
  return true;
}

bool Worker::post_waiting(std::function<void()> fn) {
  {
    std::unique_lock lock(mutex_);
    const bool own_thread = thread_.get_id() == std::this_thread::get_id();
    room_.wait(lock, [&] { return stopping_ || own_thread || queue_.size() < queue_limit_; });
    if (stopping_) return false;
    queue_.push_back(std::move(fn));
  }
  work_.notify_one();
  return true;
}

size_t Worker::queued() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void Worker::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  room_.notify_all();
  const std::lock_guard lock(stop_mutex_);
  if (thread_.joinable()) thread_.join();
}

void Worker::run() {
  pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
  std::deque<std::function<void()>> batch;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      work_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      batch.swap(queue_);
    }
    room_.notify_all();
    for (std::function<void()>& fn : batch) fn();
    batch.clear();
    if (after_batch_) after_batch_();
  }
}

}  // namespace freshet::io
