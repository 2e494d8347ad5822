#include "broker/net/impl.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <limits>

#include "base/log_line.h"
#include "kafka/produce.h"

namespace freshet::broker {
namespace {

namespace asio = boost::asio;

constexpr size_t kWriterQueue = 100'000;
constexpr size_t kEventsQueue = 10'000;
constexpr int64_t kDrainUs = 3'000'000;  ///< how long a stop waits for clients to take their answers
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

}  // namespace

Broker::Impl::Impl(io::FileSystem& files, log::LogManager& logs, MetricsRegistry& metrics, const Options& options)
    : files_(files),
      logs_(logs),
      metrics_(metrics),
      options_(options),
      clock_(system_clock()),
      producer_ids_file_(options.folder + "/producer_ids"),
      keep_running_(io_.get_executor()),
      deadline_timer_(io_),
      second_timer_(io_),
      server_(io_, *this, options_.limits, clock_),
      writer_(
          logs, options.sync,
          [this](const Uuid& topic, PartitionId partition, Offset high_watermark) {
            const Advance advance = with_callbacks([](const Callbacks& callbacks) { return callbacks.on_advance; });
            if (advance) advance(topic, partition, high_watermark);
          },
          [this](std::vector<std::unique_ptr<Job>> jobs) { give_back(std::move(jobs)); }),
      retention_({options.retention_ms, options.max_bytes, options.overrun_drops}) {}

std::pair<int64_t, int64_t> Broker::Impl::volume() const {
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(logs_.folder(), error);
  if (error) return {-1, -1};
  return {static_cast<int64_t>(space.capacity), static_cast<int64_t>(space.available)};
}

Result<int64_t> Broker::Impl::read_producer_ids() {
  if (!files_.exists(producer_ids_file_)) return 0;
  ASSIGN_OR_RETURN(const std::string content, files_.read_file(producer_ids_file_, 100));
  Result<int64_t> first_free = ProducerIds::decode(content);
  if (!first_free) first_free.error().file = producer_ids_file_;
  return first_free;
}

Result<void> Broker::Impl::start() {
  ASSIGN_OR_RETURN(const int64_t first_producer_id, read_producer_ids());
  RETURN_IF_ERROR(server_.listen(options_.listen_host, options_.listen_port));
  CoreOptions core;
  core.host = options_.advertise_host.empty() ? options_.listen_host : options_.advertise_host;
  core.port = options_.advertise_port == 0 ? server_.port() : options_.advertise_port;
  core.auto_create_topics = options_.auto_create_topics;
  core.default_partitions = options_.default_partitions;
  core.producer_ids_file = producer_ids_file_;
  core.retention_ms = options_.retention_ms;
  core.log_dir = std::filesystem::absolute(logs_.folder()).lexically_normal().string();
  core_ = std::make_unique<Core>(
      Core::Parts{
          files_, logs_, metrics_, *this, *this, *this, random_uuid, first_producer_id,
          [this](const std::string& topic, PartitionId partition) { return retention_.keep_from(topic, partition); },
          [this] { return volume(); }},
      core, options_.limits);
  events_ = std::make_unique<io::Worker>("broker-events", kEventsQueue);
  log_writer_ = std::make_unique<io::Worker>("log-writer", kWriterQueue, [this] { writer_.finish(); });
  std::vector<std::string> warnings;
  RETURN_IF_ERROR(core_->load(now(), warnings));
  for (const std::string& group : options_.own_groups) core_->groups().reserve(group);
  for (const std::string& warning : warnings) log_warn("broker", "groups: {}", warning);
  next_checkpoint_us_ = clock_.steady_us() + options_.checkpoint_interval_ms * 1000;
  // Not before the owner had time to say what must be kept.
  next_retention_us_ = clock_.steady_us() + options_.retention_interval_ms * 1000;
  if (options_.keep_from) retention_.set_keep_from(options_.keep_from);
  asio::post(io_, [this] {
    every_second();
    end_turn();
  });
  io_thread_ = std::jthread([this] {
    pthread_setname_np(pthread_self(), "broker-io");
    io_.run();
  });
  return {};
}

/// In order: no new work, the writer finishes what it has, the answers go out, everything closes.
void Broker::Impl::stop() {
  if (stopping_.exchange(true)) return;
  if (io_thread_.joinable()) {
    asio::post(io_, [this] {
      server_.stop_reading();
      second_timer_.cancel();
    });
    log_writer_->stop();
    events_->stop();
    asio::post(io_, [this] {
      core_->end_long_polls(now());
      drain(clock_.steady_us() + kDrainUs);
    });
    io_thread_.join();
  }
  // Whoever asked meanwhile is answered by what destroys the questions.
  io_.restart();
  io_.poll();
}

void Broker::Impl::drain(int64_t until_us) {
  if (!server_.all_answered() && clock_.steady_us() < until_us) {
    deadline_timer_.expires_after(std::chrono::milliseconds(5));
    deadline_timer_.async_wait([this, until_us](const boost::system::error_code&) { drain(until_us); });
    return;
  }
  server_.close_all();
  keep_running_.reset();
  io_.stop();
}

void Broker::Impl::on_open(uint64_t connection, const std::string& peer) { core_->open(connection, peer); }

void Broker::Impl::on_close(uint64_t connection) {
  if (core_) core_->close(connection);
}

void Broker::Impl::on_frame(RequestId id, std::shared_ptr<Frame> frame) {
  ++requests_;
  core_->request(id, std::move(frame), now());
  end_turn();
}

uint32_t Broker::Impl::frame_limit(std::string_view front) const {
  const bool is_produce = load_big<int16_t>(front.data()) == kafka::ProduceRequest::api.key;
  return is_produce ? options_.limits.max_frame_bytes : options_.limits.max_small_frame_bytes;
}

bool Broker::Impl::submit(std::unique_ptr<Job> job) {
  // std::function wants copies, a job has none.
  const auto carried = std::make_shared<std::unique_ptr<Job>>(std::move(job));
  return log_writer_->post([this, carried] { writer_.run(std::move(*carried), clock_.wall_ms()); });
}

void Broker::Impl::give_back(std::vector<std::unique_ptr<Job>> jobs) {
  const auto carried = std::make_shared<std::vector<std::unique_ptr<Job>>>(std::move(jobs));
  asio::post(io_, [this, carried] {
    const Now time = now();
    for (auto& job : *carried) {
      note_storage(*job);
      core_->finished(std::move(job), time);
    }
    end_turn();
  });
}

/// A disk that refuses is said in the log and in overrun_reason(), until an append succeeds again.
void Broker::Impl::note_storage(const Job& job) {
  for (const AppendPart& part : job.appends) {
    if (!part.result) {
      lines_.warn(clock_.steady_us() / 1000,
                  fmt::format("the log refused a batch, producers try again: {}", part.result.error().message));
    }
    const std::string problem = part.result ? "" : part.result.error().message;
    if (problem == storage_problem_) continue;
    if (problem.empty()) log_info("broker", "the log can be written again");
    const std::lock_guard lock(mutex_);
    storage_problem_ = problem;
  }
}

/// After whatever the core did: wakes it at its next deadline.
void Broker::Impl::end_turn() {
  const int64_t next_us = core_->next_deadline_us();
  if (next_us == armed_us_ || stopping_) return;
  armed_us_ = next_us;
  if (next_us == kNever) {
    deadline_timer_.cancel();
    return;
  }
  deadline_timer_.expires_after(std::chrono::microseconds(std::max<int64_t>(0, next_us - clock_.steady_us())));
  deadline_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error || stopping_) return;
    armed_us_ = 0;
    core_->tick(now());
    end_turn();
  });
}

void Broker::Impl::before_delete(const std::string& topic, std::function<void(Result<void>)> proceed) {
  const auto callback = with_callbacks([](const Callbacks& callbacks) { return callbacks.before_delete; });
  if (!callback) return proceed({});
  const bool posted = events_->post([this, callback, topic, proceed] {
    const Result<void> allowed = callback(topic);
    asio::post(io_, [this, allowed, proceed] {
      core_->begin_turn(now());
      proceed(allowed);
      end_turn();
    });
  });
  if (!posted) proceed(fail(ErrorCode::kTimeout, "the broker is busy or stopping"));
}

void Broker::Impl::after_delete(const std::string& topic) {
  const auto callback = with_callbacks([](const Callbacks& callbacks) { return callbacks.after_delete; });
  if (callback && !events_->post([callback, topic] { callback(topic); })) {
    log_warn("broker", "nobody could be told that the topic '{}' was deleted", topic);
  }
}

void Broker::Impl::after_create(const std::string& topic) {
  const auto callback = with_callbacks([](const Callbacks& callbacks) { return callbacks.after_create; });
  if (callback && !events_->post([callback, topic] { callback(topic); })) {
    log_warn("broker", "nobody could be told that the topic '{}' was created", topic);
  }
}

void Broker::Impl::after_grow(const std::string& topic) {
  const auto callback = with_callbacks([](const Callbacks& callbacks) { return callbacks.after_grow; });
  if (callback && !events_->post([callback, topic] { callback(topic); })) {
    log_warn("broker", "nobody could be told that the topic '{}' has more partitions: they are read after a restart",
             topic);
  }
}

void Broker::Impl::every_second() {
  const Server::Stats& now_stats = server_.stats();
  metrics_.gauge("freshet_broker_connections", "Open connections of Kafka clients")
      .set(static_cast<double>(now_stats.connections));
  const auto count = [this](const char* name, const char* help, const MetricLabels& labels, uint64_t before,
                            uint64_t after) {
    metrics_.counter(name, help, labels).add(static_cast<double>(after - before));
  };
  constexpr const char* kBytesHelp = "Bytes from and to Kafka clients";
  count("freshet_broker_bytes_total", kBytesHelp, {{"direction", "in"}}, published_.bytes_in, now_stats.bytes_in);
  count("freshet_broker_bytes_total", kBytesHelp, {{"direction", "out"}}, published_.bytes_out, now_stats.bytes_out);
  count("freshet_broker_connections_closed_total", "Connections closed because of what their client did, or did not do",
        {}, published_.closed_for_cause + published_.refused, now_stats.closed_for_cause + now_stats.refused);
  const uint64_t dropped = retention_.dropped_bytes();
  count("freshet_broker_dropped_bytes_total", "Removed from the log before they were ingested (log.overrun: drop)", {},
        published_dropped_, dropped);
  published_dropped_ = dropped;
  published_ = now_stats;
  {
    const std::lock_guard lock(mutex_);
    stats_ = {now_stats.connections,
              now_stats.accepted,
              now_stats.closed_for_cause + now_stats.refused,
              requests_,
              now_stats.bytes_in,
              now_stats.bytes_out,
              now_stats.held_request_bytes,
              0};
  }
  maintain();
  const int64_t interval_ms = std::clamp<int64_t>(options_.retention_interval_ms, 10, 1'000);
  second_timer_.expires_after(std::chrono::milliseconds(interval_ms));
  second_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error && !stopping_) every_second();
  });
}

void Broker::Impl::maintain() {
  const int64_t now_us = clock_.steady_us();
  core_->begin_turn(now());
  core_->compact_groups();
  if (!maintaining_ && now_us >= next_retention_us_) run_retention();
  if (now_us >= next_checkpoint_us_) run_checkpoint();
}

void Broker::Impl::run_retention() {
  maintaining_ = true;
  const auto reason = std::make_shared<std::string>();
  auto job = std::make_unique<Job>();
  job->work = [this, reason](log::LogManager& logs) { *reason = retention_.run(logs, clock_.wall_ms()); };
  job->done = [this, reason](Job&) {
    maintaining_ = false;
    next_retention_us_ = clock_.steady_us() + options_.retention_interval_ms * 1000;
    core_->refuse_produce(*reason);
    const std::lock_guard lock(mutex_);
    if (overrun_reason_.empty() && !reason->empty()) log_warn("broker", "producers are refused: {}", *reason);
    if (!overrun_reason_.empty() && reason->empty()) log_info("broker", "producers are accepted again");
    overrun_reason_ = *reason;
  };
  if (!submit(std::move(job))) maintaining_ = false;
}

void Broker::Impl::run_checkpoint() {
  next_checkpoint_us_ = clock_.steady_us() + options_.checkpoint_interval_ms * 1000;
  auto job = std::make_unique<Job>();
  job->work = [this](log::LogManager& logs) {
    if (const Result<void> done = logs.checkpoint(); !done) {
      log_warn("broker", "the log's checkpoint failed, the next start checks more: {}", done.error().message);
    }
    for (const auto& topic : logs.topics()) {
      for (int32_t i = 0; i < topic->partitions; ++i) {
        if (const auto log = logs.partition(topic->id, PartitionId(i))) log->expire_producers(clock_.wall_ms());
      }
    }
  };
  // A full queue: the next minute will do.
  [[maybe_unused]] const bool queued = submit(std::move(job));
}

std::string Broker::Impl::overrun_reason() const {
  const std::lock_guard lock(mutex_);
  return overrun_reason_.empty() ? storage_problem_ : overrun_reason_;
}

Broker::Stats Broker::Impl::stats() const {
  const uint64_t dropped = retention_.dropped_bytes();
  const std::lock_guard lock(mutex_);
  Stats stats = stats_;
  stats.dropped_bytes = dropped;
  return stats;
}

}  // namespace freshet::broker
