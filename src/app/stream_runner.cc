#include "app/stream_runner.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>

#include "base/log_line.h"

namespace freshet::app {
namespace {

constexpr int64_t kRetryUs = 500'000;
constexpr int64_t kPollWhileFlyingUs = 5'000;

std::chrono::microseconds until(int64_t deadline_us, int64_t now_us, int64_t at_most_us) {
  return std::chrono::microseconds(std::clamp<int64_t>(deadline_us - now_us, 0, at_most_us));
}

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

}  // namespace

StreamRunner::StreamRunner(project::Stream stream, Uuid project, std::string definition, Environment environment)
    : stream_(std::move(stream)),
      project_(project),
      definition_(std::move(definition)),
      environment_(std::move(environment)) {}

StreamRunner::~StreamRunner() { stop(); }

void StreamRunner::start() {
  main_thread_ = std::jthread([this] { run_main(); });
  pthread_setname_np(main_thread_.native_handle(), ("lane-" + stream_.name).substr(0, 15).c_str());
  decoder_thread_ = std::jthread([this] { run_decoder(); });
  pthread_setname_np(decoder_thread_.native_handle(), ("decode-" + stream_.name).substr(0, 15).c_str());
}

Result<void> StreamRunner::settle(const std::function<bool()>& cancelled) {
  if (!open_session(true)) {
    const std::lock_guard lock(mutex_);
    return source_ == nullptr && environment_.open_source() == nullptr
               ? Result<void>{}
               : fail(ErrorCode::kClickHouseUnreachable, "{}", opening_problem_);
  }
  // Both channels by turns, on this thread.
  std::optional<Error> failed;
  std::unique_lock lock(mutex_);
  while (!failed) {
    if (cancelled())
      failed = Error{ErrorCode::kCancelled, "stopped while unfinished batches were being settled", {}, 0, 0};
    const ingest::LaneStatus status = lane_->status();
    if (status.state == ingest::LaneStatus::State::kStopped) break;
    if (status.state == ingest::LaneStatus::State::kFailed) failed = status.error;
    if (const auto action = lane_->next_main(now_us())) {
      lock.unlock();
      perform(*action);
      lock.lock();
    } else if (const auto build = lane_->next_build(now_us(), environment_.clock->wall_ms())) {
      lock.unlock();
      auto built = builder_->run(*build);
      lock.lock();
      lane_->on_built(std::move(built), now_us());
    } else {
      sleep_main(lock, lane_->next_main_deadline_us());
    }
  }
  lane_.reset();
  builder_.reset();
  source_.reset();
  warehouse_.reset();
  if (failed) return std::unexpected(std::move(*failed));
  return {};
}

void StreamRunner::give_up(Error error) {
  const std::lock_guard lock(mutex_);
  given_up_ = std::move(error);
}

bool StreamRunner::given_up() const {
  const std::lock_guard lock(mutex_);
  return given_up_.has_value();
}

void StreamRunner::stop(int timeout_ms) {
  if (!main_thread_.joinable()) return;
  if (auto released = release(timeout_ms); !released) {
    log_warn("ingest", "stream {}: {}; the unfinished batch is settled at the next start", stream_.name,
             released.error().message);
  }
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (warehouse_) warehouse_->abort();  // ClickHouse hangs: its answer is not waited for
  }
  main_wakes_.notify_all();
  decoder_wakes_.notify_all();
  main_thread_.join();
  decoder_thread_.join();
}

Result<void> StreamRunner::release(int timeout_ms) {
  std::unique_lock lock(mutex_);
  releasing_ = true;
  if (lane_) lane_->stop();
  main_wakes_.notify_all();
  decoder_wakes_.notify_all();
  // Not while the topic is being opened either: a lane on a topic that is gone would never see the next one.
  if (released_wakes_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [&] { return !lane_ && !opening_; })) {
    return {};
  }
  return fail(ErrorCode::kTimeout, "ClickHouse did not answer within {} s", timeout_ms / 1000);
}

void StreamRunner::reopen() {
  {
    const std::lock_guard lock(mutex_);
    reopening_ = true;
    if (lane_) lane_->stop();
  }
  main_wakes_.notify_all();
  decoder_wakes_.notify_all();
}

void StreamRunner::resume() {
  {
    const std::lock_guard lock(mutex_);
    releasing_ = false;
  }
  main_wakes_.notify_all();
}

void StreamRunner::notify() {
  if (!hungry_.load(std::memory_order_acquire)) return;
  {
    const std::lock_guard lock(mutex_);
  }
  decoder_wakes_.notify_one();
}

// --- main channel ---------------------------------------------------------------------------------------------------

void StreamRunner::run_main() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (stopping_) return;
      if (releasing_) {
        main_wakes_.wait(lock, [&] { return stopping_ || !releasing_; });
        continue;
      }
      opening_ = true;
    }
    const bool opened = open_session(false);
    {
      const std::lock_guard lock(mutex_);
      opening_ = false;
    }
    released_wakes_.notify_all();
    if (opened) {
      run_session();
    } else {
      std::unique_lock lock(mutex_);
      sleep_main(lock, now_us() + kRetryUs);
    }
  }
}

void StreamRunner::sleep_main(std::unique_lock<std::mutex>& lock, int64_t until_us) {
  if (stopping_) return;
  main_wakes_.wait_for(lock, until(until_us, now_us(), kRetryUs));
}

/// Finds the topic and its epoch and makes the lane; false when that is not possible yet.
bool StreamRunner::open_session(bool settle_only) {
  const auto not_yet = [&](std::string why) {
    const std::lock_guard lock(mutex_);
    opening_problem_ = std::move(why);
    return false;
  };
  {
    const std::lock_guard lock(mutex_);
    reopening_ = false;
  }
  std::shared_ptr<ingest::Source> source = environment_.open_source();
  if (!source)
    return not_yet(
        fmt::format("topic {} does not exist; it is made by its first producer, or by `freshet topics create {}`",
                    stream_.topic, stream_.topic));
  const auto epoch = environment_.epoch_of(source->topic_id());
  if (!epoch) return not_yet(epoch.error().to_string());
  auto builder = ingest::BatchBuilder::make(stream_, project_, *epoch, *source);
  if (!builder) return not_yet(builder.error().to_string());

  ingest::LaneConfig config;
  config.project = project_;
  config.stream = stream_.name;
  config.raw_table = stream_.name;
  config.definition = definition_;
  config.decoder_version = decode::kDecoderVersion;
  config.epoch = *epoch;
  config.partitions = source->partition_count();
  config.floor_us = int64_t{stream_.ingest.floor_ms} * 1000;
  config.max_rows = stream_.ingest.max_rows;
  config.max_bytes = stream_.ingest.max_bytes;

  std::unique_ptr<ingest::Warehouse> warehouse = environment_.open_warehouse();
  epoch_ = *epoch;
  const std::lock_guard lock(mutex_);
  warehouse_ = std::move(warehouse);
  opening_problem_.clear();
  source_ = std::move(source);
  builder_ = std::move(*builder);
  lane_ = std::make_unique<ingest::Lane>(std::move(config));
  if (settle_only) lane_->settle_only();
  if (releasing_ || reopening_) lane_->stop();
  return true;
}

void StreamRunner::run_session() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (stopping_ || lane_->status().state == ingest::LaneStatus::State::kStopped) break;
    const auto action = lane_->next_main(now_us());
    if (!action) {
      const bool failed = lane_->status().state == ingest::LaneStatus::State::kFailed;
      if (failed && releasing_) break;
      main_wakes_.wait_for(lock, until(lane_->next_main_deadline_us(), now_us(), kRetryUs));
      continue;
    }
    lock.unlock();
    perform(*action);
    lock.lock();
    decoder_wakes_.notify_one();
    for (const auto& batch : lane_->take_done()) {
      lock.unlock();
      environment_.on_visible(*batch, environment_.clock->wall_ms());
      lock.lock();
    }
  }
  // The decoder must be out of the builder before it goes.
  decoder_wakes_.notify_all();
  main_wakes_.wait(lock, [&] { return !decoding_; });
  lane_.reset();
  builder_.reset();
  source_.reset();
  warehouse_.reset();
  released_wakes_.notify_all();
}

void StreamRunner::perform(const ingest::MainAction& action) {
  using namespace ingest;
  const auto answer = [&](auto&& tell) {
    const std::lock_guard lock(mutex_);
    tell(*lane_, now_us());
  };
  std::visit(Overloaded{
                 [&](const LoadAction&) {
                   auto loaded = load();
                   answer([&](Lane& lane, int64_t now) { lane.on_loaded(std::move(loaded), now); });
                 },
                 [&](const SaveAction& save) {
                   auto saved = source_->commit(save.commits);
                   answer([&](Lane& lane, int64_t now) { lane.on_saved(std::move(saved), now); });
                 },
                 [&](const InsertAction& insert) {
                   const InsertAnswer inserted =
                       warehouse_->insert(insert.table, *insert.batch, insert.token, insert.query_id);
                   answer([&](Lane& lane, int64_t now) { lane.on_inserted(inserted, now); });
                 },
                 [&](const ProbeAction&) {
                   auto facts = warehouse_->facts();
                   answer([&](Lane& lane, int64_t now) { lane.on_probed(std::move(facts), now); });
                 },
                 [&](const CountAction& count) {
                   Result<Counted> counted = Counted{};
                   auto raw = warehouse_->count(Table::kRaw, epoch_, count.ranges, count.query_id);
                   auto dead = warehouse_->count(Table::kDead, epoch_, count.ranges, count.query_id);
                   if (raw && dead) {
                     counted = Counted{std::move(*raw), std::move(*dead)};
                   } else {
                     counted = std::unexpected(raw ? dead.error() : raw.error());
                   }
                   answer([&](Lane& lane, int64_t now) { lane.on_counted(std::move(counted), now); });
                 },
                 [&](const FillAction& fill) {
                   auto done = warehouse_->fill(fill.table, epoch_, *fill.batch, fill.token);
                   answer([&](Lane& lane, int64_t now) { lane.on_repaired(std::move(done), now); });
                 },
                 [&](const HealViewsAction& heal) {
                   auto done = warehouse_->heal_views(epoch_, heal.ranges, heal.token);
                   answer([&](Lane& lane, int64_t now) { lane.on_repaired(std::move(done), now); });
                 },
                 [&](const RebuildViewsAction&) {
                   auto done = warehouse_->rebuild_views();
                   answer([&](Lane& lane, int64_t now) { lane.on_repaired(std::move(done), now); });
                 },
                 [&](const RestartEngineAction& restart) {
                   warehouse_->restart_engine(restart.reason);
                   answer([&](Lane& lane, int64_t now) { lane.on_engine_restarted(now); });
                 },
                 [&](const FreezeViewAction& freeze) {
                   auto frozen = environment_.freeze_view(freeze.trigger, freeze.error);
                   answer([&](Lane& lane, int64_t now) { lane.on_view_frozen(std::move(frozen), now); });
                 },
             },
             action);
}

Result<ingest::Loaded> StreamRunner::load() {
  using namespace ingest;
  Loaded loaded;
  ASSIGN_OR_RETURN(loaded.facts, warehouse_->facts());
  ASSIGN_OR_RETURN(loaded.committed, source_->committed());
  ASSIGN_OR_RETURN(loaded.raw, warehouse_->stored(Table::kRaw, epoch_));
  ASSIGN_OR_RETURN(loaded.dead, warehouse_->stored(Table::kDead, epoch_));
  for (int32_t i = 0; i < source_->partition_count(); ++i) loaded.bounds.push_back(source_->bounds(PartitionId(i)));
  for (const Commit& commit : loaded.committed) {
    if (commit.offset <= Offset(0)) continue;
    if (const auto anchor = anchor_at(*source_, commit.partition, commit.offset + -1)) {
      loaded.anchors.push_back({commit.partition, commit.offset, *anchor});
    }
  }
  return loaded;
}

// --- build channel --------------------------------------------------------------------------------------------------

void StreamRunner::run_decoder() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (!lane_ || !source_) {
      decoder_wakes_.wait_for(lock, std::chrono::microseconds(kRetryUs));
      continue;
    }
    for (int32_t i = 0; i < source_->partition_count(); ++i) {
      lane_->advance(PartitionId(i), source_->bounds(PartitionId(i)).end);
    }
    const auto action = lane_->next_build(now_us(), environment_.clock->wall_ms());
    if (action) {
      decoding_ = true;
      lock.unlock();
      auto built = builder_->run(*action);
      lock.lock();
      decoding_ = false;
      lane_->on_built(std::move(built), now_us());
      main_wakes_.notify_one();
      continue;
    }
    const int64_t deadline_us = lane_->next_build_deadline_us();
    const bool idle = lane_->idle();
    hungry_.store(idle && deadline_us == INT64_MAX, std::memory_order_release);
    // A record that came between advance() and the flag is found by the second look.
    bool missed = false;
    for (int32_t i = 0; idle && i < source_->partition_count(); ++i) {
      missed = missed || lane_->advance(PartitionId(i), source_->bounds(PartitionId(i)).end);
    }
    if (!missed) decoder_wakes_.wait_for(lock, until(deadline_us, now_us(), idle ? kRetryUs : kPollWhileFlyingUs));
    hungry_.store(false, std::memory_order_release);
  }
}

// --- what is known --------------------------------------------------------------------------------------------------

StreamSnapshot StreamRunner::snapshot() const {
  const std::lock_guard lock(mutex_);
  StreamSnapshot snapshot;
  snapshot.name = stream_.name;
  snapshot.topic = stream_.topic;
  snapshot.topic_exists = source_ != nullptr;
  if (!lane_) {
    snapshot.lane.problem = opening_problem_;
    if (!opening_problem_.empty()) snapshot.lane.state = ingest::LaneStatus::State::kWaiting;
    if (given_up_) {
      snapshot.lane.state = ingest::LaneStatus::State::kFailed;
      snapshot.lane.problem = given_up_->message;
      snapshot.lane.error = given_up_;
    }
    return snapshot;
  }
  snapshot.lane = lane_->status();
  snapshot.intent_open = lane_->intent_open();
  for (int32_t i = 0; i < source_->partition_count(); ++i) {
    const PartitionId id(i);
    const ingest::Bounds bounds = source_->bounds(id);
    const Offset position = lane_->position(id);
    StreamSnapshot::Partition partition{i, bounds.start.value, bounds.end.value, position.value, 0, lane_->state(id)};
    if (position < bounds.end) {
      // 0: from before this program's start, which is the least that can be said.
      const int64_t appended_ms = source_->appended_at_ms(id, position);
      partition.oldest_unseen_ms = appended_ms == 0 ? environment_.started_ms : appended_ms;
    }
    snapshot.partitions.push_back(partition);
  }
  return snapshot;
}

std::optional<Offset> StreamRunner::keep_from(PartitionId partition) const {
  const std::lock_guard lock(mutex_);
  if (!lane_ || !lane_->running() || partition.value >= source_->partition_count()) return std::nullopt;
  return lane_->confirmed(partition);
}

}  // namespace freshet::app
