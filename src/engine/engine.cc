#include "engine/engine.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/log_line.h"
#include "engine/engine_launch.h"
#include "engine/token_repair.h"

namespace freshet::engine {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kLockPatienceMs = 20'000;
constexpr int kStopPatienceMs = 30'000;
constexpr int kRestartPatienceMs = 10'000;
constexpr std::array kBackOffMs{0, 200, 500, 1'000, 2'000, 5'000};
constexpr std::chrono::seconds kSettledRun{30};  // a run this long makes the next failure a first one

/// The watcher's thread owns lock and child; the mutex guards what others see and ask for.
class EngineProcess final : public Engine {
 public:
  EngineProcess(Plan plan, std::unique_ptr<DataLock> lock)
      : plan_(std::move(plan)), lock_(std::move(lock)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    watcher_ = std::thread([this] { watch(); });
  }
  ~EngineProcess() override {
    stop();
    ::close(wake_);
  }

  EngineState state() const override {
    const std::lock_guard lock(mutex_);
    return state_;
  }
  clickhouse::Endpoint ingest_endpoint() const override { return plan_.endpoint(kIngestUser); }
  clickhouse::Endpoint query_endpoint() const override { return plan_.endpoint(kQueryUser); }
  clickhouse::Endpoint scratch_endpoint() const override { return plan_.endpoint(kScratchUser); }
  uint16_t tcp_port() const override { return plan_.options.tcp.port; }
  void restart_with_repair(const std::string& reason) override;
  void stop() override;

  /// Waits for the first attempt; its error, if that was one that no repetition mends.
  Result<void> wait_for_first_attempt();

 private:
  void watch();
  Result<void> bring_up();
  void supervise();
  void attempt_done(const Result<void>& result);
  void pause(int ms);
  void wake();
  bool stopping() const {
    const std::lock_guard lock(mutex_);
    return stop_;
  }

  const Plan plan_;
  std::unique_ptr<DataLock> lock_;     // watcher's thread, after construction
  std::optional<ChildProcess> child_;  // watcher's thread
  const int wake_;                     // an eventfd: something was asked for

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  EngineState state_;           // guarded by mutex_
  uint64_t attempts_ = 0;       // guarded: finished attempts to start
  bool stop_ = false;           // guarded
  bool restart_ = false;        // guarded: asked for, not begun
  std::string restart_reason_;  // guarded
  std::optional<Error> final_;  // guarded: no further attempt is made
  std::thread watcher_;
};

Result<void> EngineProcess::bring_up() {
  project::Address http = plan_.options.http;
  project::Address tcp = plan_.options.tcp;
  RETURN_IF_ERROR(check_port(http, "clickhouse.http"));
  RETURN_IF_ERROR(check_port(tcp, "clickhouse.tcp"));
  ASSIGN_OR_RETURN(const RepairReport report, repair_token_logs(plan_.options.data_folder));
  if (report.struck_out > 0 || report.unreadable > 0) {
    log_warn("engine",
             "token logs repaired: {} tokens without a part struck out, {} unreadable logs put aside, {} tables",
             report.struck_out, report.unreadable, report.tables);
  }
  std::string version;
  auto child = launch(plan_, *lock_, [this] { return stopping(); }, version);
  if (!child) return std::unexpected(child.error());
  child_.emplace(std::move(*child));
  if (version != kTestedVersion && !plan_.options.settings.allow_untested) {
    end_child(*child_, kStopPatienceMs);
    child_.reset();
    return fail(
        ErrorCode::kEngineVersion,
        "{} is ClickHouse {}, and Freshet was tested with {}; install that one, or set engine.allow_untested: true in "
        "freshet.yaml",
        plan_.program.path(), version, kTestedVersion);
  }
  if (auto noted = lock_->note_child(child_->pid()); !noted) log_warn("engine", "{}", noted.error().message);
  const std::lock_guard lock(mutex_);
  state_.running = true;
  state_.pid = child_->pid();
  ++state_.run;
  state_.version = version;
  state_.last_error.clear();
  state_.token_losses = report.ever_unreadable;
  return {};
}

void EngineProcess::attempt_done(const Result<void>& result) {
  const std::lock_guard lock(mutex_);
  ++attempts_;
  if (!result) {
    state_.last_error = result.error().to_string();
    const ErrorCode code = result.error().code;
    const bool hopeless = code == ErrorCode::kEngineVersion || code == ErrorCode::kPortInUse;
    if (hopeless && state_.run == 0) {
      final_ = result.error();
      stop_ = true;
    }
  }
  changed_.notify_all();
}

void EngineProcess::watch() {
  size_t failures = 0;
  while (!stopping()) {
    {
      const std::lock_guard lock(mutex_);
      restart_ = false;
    }
    const Result<void> result = bring_up();
    attempt_done(result);
    if (result) {
      const auto since = Clock::now();
      supervise();
      failures = Clock::now() - since > kSettledRun ? 0 : failures;
    } else if (!stopping()) {
      log_error("engine", "{}", result.error().to_string());
    }
    pause(kBackOffMs[std::min(failures, kBackOffMs.size() - 1)]);
    ++failures;
  }
}

void EngineProcess::supervise() {
  bool stop = false;
  bool restart = false;
  std::optional<std::string> ended;
  while (!ended && !stop && !restart) {
    ended = child_->wait(3'600'000, wake_);
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t n = ::read(wake_, &count, sizeof count);
    const std::lock_guard lock(mutex_);
    stop = stop_;
    restart = restart_;
  }
  std::string reason;
  {
    const std::lock_guard lock(mutex_);
    state_.running = false;
    reason = ended ? fmt::format("the ClickHouse engine ended ({})", *ended) : restart ? restart_reason_ : "stopped";
    state_.last_error = reason;
  }
  if (ended && !stop) {
    log_error("engine", "{}: {}", reason, log_tail(plan_.log_file()));
  } else if (!ended) {
    if (restart) log_warn("engine", "restarting the ClickHouse engine: {}", reason);
    end_child(*child_, restart ? kRestartPatienceMs : kStopPatienceMs);
  }
  child_.reset();
  const std::lock_guard lock(mutex_);
  state_.pid = 0;
}

void EngineProcess::pause(int ms) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::milliseconds(ms), [this] { return stop_ || restart_; });
}

void EngineProcess::wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(wake_, &one, sizeof one);
  changed_.notify_all();
}

void EngineProcess::restart_with_repair(const std::string& reason) {
  std::unique_lock lock(mutex_);
  if (stop_) return;
  const uint64_t before = attempts_;
  restart_ = true;
  restart_reason_ = reason;
  wake();
  changed_.wait(lock, [&] { return stop_ || (attempts_ > before && !restart_); });
}

void EngineProcess::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    wake();
  }
  if (watcher_.joinable()) watcher_.join();
}

Result<void> EngineProcess::wait_for_first_attempt() {
  std::unique_lock lock(mutex_);
  constexpr std::chrono::milliseconds kLook{100};
  while (!changed_.wait_for(lock, kLook, [this] { return attempts_ > 0; })) {
    const auto& cancelled = plan_.options.cancelled;
    if (cancelled && cancelled()) return fail(ErrorCode::kCancelled, "stopped before ClickHouse had started");
  }
  if (final_) return std::unexpected(*final_);
  return {};
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::start(const Options& options) {
  ASSIGN_OR_RETURN(Plan plan, make_plan(options));
  bool took_over = false;
  ASSIGN_OR_RETURN(auto lock,
                   DataLock::acquire(plan.options.data_folder, kLockPatienceMs, &took_over, plan.options.cancelled));
  RETURN_IF_ERROR(lock->note_child(0));
  RETURN_IF_ERROR(check_port(plan.options.http, "clickhouse.http"));
  RETURN_IF_ERROR(check_port(plan.options.tcp, "clickhouse.tcp"));
  auto engine = std::make_unique<EngineProcess>(std::move(plan), std::move(lock));
  RETURN_IF_ERROR(engine->wait_for_first_attempt());
  return std::unique_ptr<Engine>(std::move(engine));
}

}  // namespace freshet::engine
