#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "broker/core/core.h"
#include "broker/core/writer.h"
#include "broker/net/broker.h"
#include "broker/net/retention.h"
#include "broker/net/server.h"
#include "io/worker.h"

namespace freshet::broker {

/// A result on its way from the broker's threads to a caller who waits. When everybody who could answer is gone, the
/// caller gets kCancelled.
template <class T>
class Promise {
 public:
  ~Promise() {
    if (!done_) promise_.set_value(fail(ErrorCode::kCancelled, "the broker is stopping"));
  }
  void set(Result<T> result) {
    if (!std::exchange(done_, true)) promise_.set_value(std::move(result));
  }
  std::future<Result<T>> future() { return promise_.get_future(); }

 private:
  std::promise<Result<T>> promise_;
  bool done_ = false;
};

/// Threads, sockets and the core, tied together. A turn of the core is one callback on the I/O thread.
class Broker::Impl final : public FrameHandler, public JobQueue, public Outbox, public TopicWatcher {
 public:
  Impl(io::FileSystem& files, log::LogManager& logs, MetricsRegistry& metrics, const Options& options);
  ~Impl() override { stop(); }

  Result<void> start();
  void stop();

  /// Runs `fn(core, promise)` on the I/O thread and waits until the promise is kept.
  template <class T, class Fn>
  Result<T> ask(Fn fn) {
    if (stopping_) return fail(ErrorCode::kCancelled, "the broker is stopping");
    auto promise = std::make_shared<Promise<T>>();
    auto future = promise->future();
    boost::asio::post(io_, [this, fn = std::move(fn), promise = std::move(promise)]() mutable {
      core_->begin_turn(now());
      fn(*core_, std::move(promise));
      end_turn();
    });
    return future.get();
  }

  // FrameHandler.
  void on_open(uint64_t connection, const std::string& peer) override;
  void on_frame(RequestId id, std::shared_ptr<Frame> frame) override;
  void on_close(uint64_t connection) override;
  uint32_t frame_limit(std::string_view front) const override;
  // JobQueue.
  bool submit(std::unique_ptr<Job> job) override;
  // Outbox.
  void answer(RequestId id, Response response) override { server_.answer(id, std::move(response)); }
  void skip_answer(RequestId id) override { server_.skip_answer(id); }
  void close(uint64_t connection, const std::string& reason) override { server_.close(connection, reason); }
  // TopicWatcher.
  void before_delete(const std::string& topic, std::function<void(Result<void>)> proceed) override;
  void after_delete(const std::string& topic) override;
  void after_create(const std::string& topic) override;
  void after_grow(const std::string& topic) override;

  struct Callbacks {
    Advance on_advance;
    std::function<Result<void>(const std::string&)> before_delete;
    std::function<void(const std::string&)> after_delete;
    std::function<void(const std::string&)> after_create;
    std::function<void(const std::string&)> after_grow;
  };
  /// Under the lock; callbacks are copied out before they are called.
  template <class Fn>
  auto with_callbacks(Fn fn) {
    const std::lock_guard lock(mutex_);
    return fn(callbacks_);
  }
  Retention& retention() { return retention_; }
  std::string overrun_reason() const;
  Stats stats() const;
  uint16_t port() const { return server_.port(); }
  const std::string& cluster_id() const { return logs_.cluster_id(); }

 private:
  Now now() const { return {clock_.wall_ms(), clock_.steady_us()}; }
  Result<int64_t> read_producer_ids();
  std::pair<int64_t, int64_t> volume() const;
  void end_turn();
  void give_back(std::vector<std::unique_ptr<Job>> jobs);
  void note_storage(const Job& job);
  void every_second();
  void maintain();
  void run_retention();
  void run_checkpoint();
  void drain(int64_t until_us);

  // Constant after construction.
  io::FileSystem& files_;
  log::LogManager& logs_;
  MetricsRegistry& metrics_;
  const Options options_;
  const Clock& clock_;
  const std::string producer_ids_file_;

  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> keep_running_;
  boost::asio::steady_timer deadline_timer_;
  boost::asio::steady_timer second_timer_;
  int64_t armed_us_ = 0;  ///< when deadline_timer_ fires; I/O thread
  Server server_;         ///< I/O thread, but for port()
  std::unique_ptr<Core> core_;
  Writer writer_;  ///< the writer's thread
  Retention retention_;
  int64_t next_retention_us_ = 0;   ///< I/O thread
  int64_t next_checkpoint_us_ = 0;  ///< I/O thread
  bool maintaining_ = false;        ///< a retention run is queued; I/O thread

  mutable std::mutex mutex_;
  Callbacks callbacks_;             ///< guarded by mutex_
  std::string overrun_reason_;      ///< guarded by mutex_
  std::string storage_problem_;     ///< guarded by mutex_; written by the I/O thread
  Stats stats_;                     ///< guarded by mutex_
  Server::Stats published_;         ///< what the counters were told; I/O thread
  uint64_t requests_ = 0;           ///< I/O thread
  uint64_t published_dropped_ = 0;  ///< I/O thread
  LineLimiter lines_;               ///< I/O thread

  std::atomic<bool> stopping_ = false;
  std::unique_ptr<io::Worker> events_;
  std::unique_ptr<io::Worker> log_writer_;
  std::jthread io_thread_;
};

}  // namespace freshet::broker
