#include "sim/program.h"

#include <algorithm>

#include "decode/decoder.h"

namespace freshet::sim {
namespace {

constexpr const char* kGroup = "freshet.sim.events";
constexpr int64_t kRetryUs = 50'000;

log::LogOptions log_options() {
  log::LogOptions options;
  options.segment_bytes = 48 << 10;
  options.index_interval_bytes = 512;
  options.cluster_id_if_new.bytes[0] = 1;
  return options;
}

}  // namespace

project::Stream stream_definition() {
  project::Stream stream;
  stream.name = "events";
  stream.topic = kTopic;
  stream.columns = {{"event_id", "String", 0, 0},
                    {"ts", "DateTime64(3, 'UTC')", 0, 0},
                    {"project", "LowCardinality(String)", 0, 0},
                    {"amount", "Int64", 0, 0}};
  stream.time = "ts";
  return stream;
}

/// The topic's partitions and the group's offsets, as the embedded shape reads them.
class Program::LogSource final : public ingest::Source {
 public:
  LogSource(std::shared_ptr<const broker::Topic> topic, const broker::GroupCoordinator& groups)
      : topic_(std::move(topic)), groups_(groups) {}
  const Uuid& topic_id() const override { return topic_->info->id; }
  int32_t partition_count() const override { return topic_->info->partitions; }
  ingest::Bounds bounds(PartitionId id) const override { return {log(id).log_start(), log(id).high_watermark()}; }
  Result<ingest::Fetched> read(PartitionId id, Offset from, size_t max_bytes) const override {
    ASSIGN_OR_RETURN(const log::Read read, log(id).read(from, max_bytes));
    return ingest::Fetched{read.batches, read.next};
  }
  int64_t appended_at_ms(PartitionId id, Offset offset) const override { return log(id).appended_at_ms(offset); }
  Result<void> commit(std::span<const ingest::Commit>) override { return fail(ErrorCode::kInternal, "not used here"); }
  Result<std::vector<ingest::Commit>> committed() override {
    std::vector<ingest::Commit> commits;
    for (const auto& position : groups_.committed(kGroup)) {
      if (position.topic != kTopic) continue;
      commits.push_back({PartitionId(position.partition), Offset(position.offset), position.metadata});
    }
    return commits;
  }

 private:
  const log::PartitionLog& log(PartitionId id) const { return *topic_->partitions[static_cast<size_t>(id.value)]; }
  const std::shared_ptr<const broker::Topic> topic_;
  const broker::GroupCoordinator& groups_;
};

void Program::after(int64_t delay_us, std::function<void()> what) {
  machine_.timeline.after(delay_us, [alive = std::weak_ptr(alive_), what = std::move(what)] {
    if (const auto held = alive.lock()) what();
  });
}

// --- start ----------------------------------------------------------------------------------------------------------

bool Program::boot() {
  const Result<void> opened = open_logs();
  if (!opened) {
    machine_.trace("program: cannot start: {}", opened.error().message);
    return false;
  }
  machine_.trace("program: started");
  open_session();
  return true;
}

Result<std::shared_ptr<broker::Topic>> Program::open_topic(const std::string& name, int32_t partitions, bool internal) {
  auto topic = std::make_shared<broker::Topic>();
  topic->info = logs_->find(name);
  if (!topic->info) {
    Uuid id;
    for (unsigned char& byte : id.bytes) byte = static_cast<unsigned char>(machine_.random.below(256));
    ASSIGN_OR_RETURN(topic->info, logs_->create(name, id, partitions, {}, internal));
  }
  for (int32_t i = 0; i < topic->info->partitions; ++i) {
    topic->partitions.push_back(logs_->partition(topic->info->id, PartitionId(i)));
  }
  return topic;
}

Result<void> Program::open_logs() {
  std::vector<std::string> warnings;
  ASSIGN_OR_RETURN(logs_, log::LogManager::open(machine_.disk, "/data/log", log_options(), warnings));
  for (const std::string& warning : warnings) machine_.trace("log: {}", warning);
  ASSIGN_OR_RETURN(const auto offsets,
                   open_topic(std::string(broker::kOffsetsTopic), broker::kOffsetsPartitions, true));
  ASSIGN_OR_RETURN(topic_, open_topic(kTopic, machine_.partitions, false));
  group_log_ = std::make_unique<broker::CoordinatorLog>(*this);
  group_log_->attach(*offsets);
  group_log_->set_now(now());
  groups_ = std::make_unique<broker::GroupCoordinator>(*group_log_, broker::GroupSettings{});
  const log::PartitionLog& log = group_log_->log();
  for (Offset at = log.log_start(); at < log.high_watermark();) {
    ASSIGN_OR_RETURN(const log::Read read, log.read(at, 1 << 20));
    if (read.batches.bytes.empty()) break;
    RETURN_IF_ERROR(broker::for_each_record(
        read.batches.bytes,
        [&](std::string_view key, std::optional<std::string_view> value) { return groups_->replay(key, value); },
        warnings));
    at = read.next;
  }
  groups_->loaded(now());
  groups_->reserve(kGroup);
  for (const auto& position : groups_->committed(kGroup)) {
    if (position.topic != kTopic || position.partition >= topic_->info->partitions) continue;
    const auto parsed = ingest::parse_intent(position.metadata);
    if (!parsed) machine_.trace.violation("a commit holds no intent: {}", position.metadata);
    const Offset end = partition(position.partition)->log_end();
    if (parsed && parsed->epoch == machine_.clickhouse.epoch_of(topic_->info->id) && end < Offset(position.offset)) {
      machine_.trace.violation("partition {} ends at {}, below its committed position {}", position.partition,
                               end.value, position.offset);
    }
  }
  writer_ = std::make_unique<broker::Writer>(
      *logs_, true,
      [this](const Uuid&, PartitionId, Offset) { after(machine_.random.delay_us(50), [this] { pump(); }); },
      [this](std::vector<std::unique_ptr<broker::Job>> jobs) {
        for (auto& job : jobs) {
          auto held = std::make_shared<std::unique_ptr<broker::Job>>(std::move(job));
          after(50, [this, held] {
            group_log_->set_now(now());
            if ((*held)->done) (*held)->done(**held);
          });
        }
      });
  return {};
}

// --- the log's writer -----------------------------------------------------------------------------------------------

bool Program::submit(std::unique_ptr<broker::Job> job) {
  queue_.push_back(std::move(job));
  if (!writing_) {
    writing_ = true;
    after(machine_.random.delay_us(100), [this] { write(); });
  }
  return true;
}

void Program::write() {
  writing_ = false;
  std::deque<std::unique_ptr<broker::Job>> jobs = std::exchange(queue_, {});
  for (auto& job : jobs) writer_->run(std::move(job), machine_.timeline.wall_ms());
  writer_->finish();
}

void Program::produce(const Uuid& topic, PartitionId partition, std::string batch, Produced produced) {
  if (!topic_ || topic != topic_->info->id) {
    return after(50, [produced] { produced(fail(ErrorCode::kUnknownTopic, "the topic is gone")); });
  }
  const auto bytes = std::make_shared<std::string>(std::move(batch));
  if (const auto checked = record::check_produced(*bytes, reader_); !checked) {
    return machine_.trace.violation("a sound batch is refused: {}", checked.error().message);
  }
  auto job = std::make_unique<broker::Job>();
  job->keep = bytes;
  job->appends.push_back({.topic = topic,
                          .partition = partition,
                          .log = topic_->partitions[static_cast<size_t>(partition.value)],
                          .batches = *bytes});
  job->done = [produced](broker::Job& finished) { produced(finished.appends.front().result); };
  submit(std::move(job));
}

void Program::checkpoint() { [[maybe_unused]] const auto done = logs_->checkpoint(); }

void Program::apply_retention() {
  if (!lane_ || !lane_->running()) return;
  for (int32_t i = 0; i < topic_->info->partitions; ++i) {
    [[maybe_unused]] const auto freed =
        partition(i)->apply_retention(machine_.timeline.wall_ms(), -1, 400 << 10, lane_->confirmed(PartitionId(i)));
  }
  groups_->compact_if_large(group_log_->size_bytes());
}

// --- the lane -------------------------------------------------------------------------------------------------------

void Program::open_session() {
  if (stopped_) return close_session();
  if (!machine_.clickhouse.running() || machine_.clickhouse.ending()) {
    return after(kRetryUs, [this] { open_session(); });
  }
  epoch_ = machine_.clickhouse.epoch_of(topic_->info->id);
  source_ = std::make_unique<LogSource>(topic_, *groups_);
  auto builder = ingest::BatchBuilder::make(stream_definition(), Uuid{}, epoch_, *source_);
  if (!builder) return machine_.trace.violation("no builder: {}", builder.error().message);
  builder_ = std::move(*builder);
  ingest::LaneConfig config;
  config.stream = "events";
  config.raw_table = "events";
  config.definition = "0011223344556677";
  config.decoder_version = decode::kDecoderVersion;
  config.epoch = epoch_;
  config.partitions = topic_->info->partitions;
  config.max_rows = 200;
  config.extend_rows = 20;
  lane_ = std::make_unique<ingest::Lane>(config);
  ++session_;
  wake_at_us_ = -1;
  pump();
}

void Program::close_session() {
  ++session_;
  lane_.reset();
  builder_.reset();
  source_.reset();
  if (recreated_) {
    const Result<void> removed = logs_->remove(kTopic);
    if (removed && machine_.random.chance(0.5)) groups_->forget_topic(kTopic, now());
    auto topic = open_topic(kTopic, machine_.partitions, false);
    const auto recreated = std::exchange(recreated_, nullptr);
    if (!topic) return machine_.trace("program: the topic cannot be made again: {}", topic.error().message);
    topic_ = std::move(*topic);
    recreated();
  }
  if (stopped_) {
    after(machine_.random.delay_us(1000), [this] {
      [[maybe_unused]] const auto closed = logs_->close();
      after(1, stopped_);
    });
    return;
  }
  open_session();
}

void Program::stop(std::function<void()> stopped) {
  stopped_ = std::move(stopped);
  if (!lane_) return;
  lane_->stop();
  pump();
}

void Program::recreate_topic(std::function<void()> recreated) {
  if (!lane_ || stopped_) return;
  recreated_ = std::move(recreated);
  lane_->stop();
  pump();
}

void Program::pump() {
  if (!lane_) return;
  const int64_t now_us = machine_.timeline.now_us();
  for (int32_t i = 0; i < topic_->info->partitions; ++i) lane_->advance(PartitionId(i), partition(i)->high_watermark());
  if (const auto action = lane_->next_main(now_us)) perform(*action);
  if (const auto build = lane_->next_build(now_us, machine_.timeline.wall_ms())) {
    after(machine_.random.delay_us(500), [this, build = *build, session = session_] {
      if (session != session_) return;
      lane_->on_built(builder_->run(build), machine_.timeline.now_us());
      pump();
    });
  }
  const ingest::LaneStatus status = lane_->status();
  if (status.error) machine_.trace.violation("the lane gave up: {}", status.error->to_string());
  if (status.state == ingest::LaneStatus::State::kStopped) {
    if (builder_)
      after(machine_.random.delay_us(2000), [this, session = session_] {
        if (session == session_) close_session();
      });
    return;
  }
  const int64_t due = std::min(lane_->next_main_deadline_us(), lane_->next_build_deadline_us());
  if (due == INT64_MAX || due == wake_at_us_) return;
  wake_at_us_ = due;
  after(std::max<int64_t>(1, due - now_us), [this, due] {
    if (wake_at_us_ != due) return;
    wake_at_us_ = -1;
    pump();
  });
}

bool Program::quiet() const {
  if (!lane_ || !lane_->idle() || lane_->status().state != ingest::LaneStatus::State::kRunning) return false;
  for (int32_t i = 0; i < topic_->info->partitions; ++i) {
    const Offset end = partition(i)->high_watermark();
    if (lane_->position(PartitionId(i)) != end || (end > Offset(0) && lane_->confirmed(PartitionId(i)) != end))
      return false;
  }
  return true;
}

std::string Program::state() const {
  if (!lane_) return "no lane";
  std::string text = fmt::format("lane {} problem '{}' intent {}", static_cast<int>(lane_->status().state),
                                 lane_->status().problem, lane_->intent_open());
  for (int32_t i = 0; i < topic_->info->partitions; ++i) {
    text += fmt::format(", {}: {} confirmed {} of {}", i, lane_->position(PartitionId(i)).value,
                        lane_->confirmed(PartitionId(i)).value, partition(i)->high_watermark().value);
  }
  return text;
}

}  // namespace freshet::sim
