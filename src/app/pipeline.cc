#include "app/pipeline.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <set>
#include <thread>

#include "app/log_source.h"
#include "base/log_line.h"
#include "ingest/clickhouse_warehouse.h"
#include "ingest/intent.h"
#include "views/registry.h"

namespace freshet::app {
namespace {

std::string read_boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

/// Letters and digits that nothing else uses, so that they cannot stand in a user's statement by chance.
std::string nonce() {
  std::string text = random_uuid().to_string();
  std::erase(text, '-');
  return text;
}

Pipeline::Outcome all(Result<void> done) {
  if (!done) return std::unexpected(std::vector<Error>{std::move(done).error()});
  return {};
}

/// What a person must decide about one stream; the others go on.
bool stops_one_stream(const Error& error) {
  switch (error.code) {
    case ErrorCode::kIntentMalformed:
    case ErrorCode::kAnchorMismatch:
    case ErrorCode::kRawReplaced:
    case ErrorCode::kRawBehind:
    case ErrorCode::kBlockChanged:
    case ErrorCode::kLogGap:
      return true;
    default:
      return false;
  }
}

bool heals_by_waiting(const Error& error) {
  return error.code == ErrorCode::kClickHouseUnreachable || error.code == ErrorCode::kTimeout;
}

}  // namespace

std::string group_of(const project::Project& project, const project::Stream& stream) {
  return "freshet." + project.name + "." + stream.name;
}

std::string definition_of(const project::Stream& stream) {
  std::string text = stream.format;
  for (const project::Column& column : stream.columns) text += "\n" + column.name + "\t" + column.type;
  return fmt::format("{:016x}", hash64(text));
}

Pipeline::Pipeline(project::Project project, MetricsRegistry& metrics, const Clock& clock)
    : project_(std::move(project)),
      metrics_(metrics),
      clock_(clock),
      started_ms_(clock.wall_ms()),
      boot_id_(read_boot_id()) {}

Pipeline::~Pipeline() { stop(); }

Result<void> Pipeline::open(const std::function<bool()>& cancelled) {
  // The listener before the engine: producers need not wait for ClickHouse.
  RETURN_IF_ERROR(open_log());
  RETURN_IF_ERROR(start_broker());
  RETURN_IF_ERROR(start_engine(cancelled));
  metrics_.on_collect([this] { refresh_gauges(); });
  return {};
}

Pipeline::Outcome Pipeline::start(const std::function<bool()>& cancelled) {
  if (auto made = retry("tables", cancelled, [&] { return make_tables(); }); !made) return made;
  // Nothing may be in doubt when a view is made: what is between raw and the views then would be in neither or in both.
  for (const auto& runner : runners_) {
    auto settled = retry("unfinished batches", cancelled, [&] { return all(runner->settle(cancelled)); });
    if (!settled && !stops_one_stream(settled.error().front())) return settled;
    if (!settled) runner->give_up(settled.error().front());
  }
  if (auto made = retry("views", cancelled, [&] { return make_views(); }); !made) return made;
  book_ = std::make_unique<InsertsBook>(engine_->ingest_endpoint(), project_.book_database());
  for (const auto& runner : runners_) {
    if (!runner->given_up()) runner->start();
  }
  ready_ = true;
  return {};
}

Pipeline::Outcome Pipeline::retry(const char* what, const std::function<bool()>& cancelled,
                                  const std::function<Outcome()>& step) {
  for (bool told = false;;) {
    auto done = step();
    if (done || !heals_by_waiting(done.error().front())) return done;
    if (!told) log_warn("up", "{} have to wait for ClickHouse: {}", what, done.error().front().message);
    told = true;
    for (int i = 0; i < 5; ++i) {
      if (cancelled()) return all(fail(ErrorCode::kCancelled, "stopped before ClickHouse answered"));
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
}

Result<void> Pipeline::open_log() {
  log::LogOptions options;
  options.sync_before_visible = project_.durability == project::Durability::kPower;
  options.cluster_id_if_new = random_uuid();
  // The segment being written is never removed: small limits need small segments.
  options.segment_bytes =
      static_cast<uint64_t>(std::clamp<int64_t>(project_.log.max_bytes / 16, int64_t{1} << 20, int64_t{256} << 20));
  std::vector<std::string> warnings;
  ASSIGN_OR_RETURN(logs_,
                   log::LogManager::open(io::real_file_system(), project_.data_folder() + "/log", options, warnings));
  for (const std::string& warning : warnings) log_warn("log", "{}", warning);
  return {};
}

Result<void> Pipeline::start_broker() {
  broker::Broker::Options options;
  options.listen_host = project_.kafka.listen.host;
  options.listen_port = project_.kafka.listen.port;
  if (project_.kafka.advertise.port != 0) {
    options.advertise_host = project_.kafka.advertise.host;
    options.advertise_port = project_.kafka.advertise.port;
  }
  options.auto_create_topics = project_.kafka.auto_create_topics;
  options.default_partitions = project_.kafka.default_partitions;
  options.sync = project_.durability == project::Durability::kPower;
  options.folder = project_.data_folder();
  options.retention_ms = project_.log.retention_ms;
  options.max_bytes = project_.log.max_bytes;
  options.keep_from = [this](const std::string& topic, PartitionId partition) { return keep_from(topic, partition); };
  options.overrun_drops = project_.log.overrun == project::Overrun::kDrop;
  for (const project::Stream& stream : project_.streams) {
    options.own_groups.push_back(group_of(project_, stream));
    runners_.push_back(
        std::make_unique<StreamRunner>(stream, project_.id, definition_of(stream), environment_of(stream)));
  }
  ASSIGN_OR_RETURN(broker_, broker::Broker::start(io::real_file_system(), *logs_, metrics_, options));
  broker_->on_advance([this](const Uuid&, PartitionId, Offset) {
    for (const auto& runner : runners_) runner->notify();
  });
  const auto of_topic = [this](const std::string& topic) {
    std::vector<StreamRunner*> list;
    for (const auto& runner : runners_) {
      if (runner->stream().topic == topic) list.push_back(runner.get());
    }
    return list;
  };
  broker_->before_delete([this, of_topic](const std::string& topic) -> Result<void> {
    for (StreamRunner* runner : of_topic(topic)) {
      // What an earlier process left unfinished must be settled while its records are there.
      if (!ready_) return fail(ErrorCode::kTimeout, "stream {} is still starting", runner->stream().name);
      if (auto released = runner->release(10'000); !released) {
        for (StreamRunner* stopped : of_topic(topic)) stopped->resume();
        return released;
      }
    }
    return {};
  });
  const auto resume = [of_topic](const std::string& topic) {
    for (StreamRunner* runner : of_topic(topic)) runner->resume();
  };
  broker_->after_delete(resume);
  broker_->after_create(resume);
  broker_->after_grow([of_topic](const std::string& topic) {
    for (StreamRunner* runner : of_topic(topic)) runner->reopen();
  });
  for (const project::Stream& stream : project_.streams) {
    ASSIGN_OR_RETURN(const log::TopicInfo topic, broker_->create_topic(stream.topic, stream.partitions));
    if (topic.partitions != stream.partitions) {
      log_warn("up", "topic {} has {} partitions, {} says {}: the topic's number holds{}", stream.topic,
               topic.partitions, stream.file, stream.partitions,
               topic.partitions < stream.partitions
                   ? fmt::format("; `freshet topics alter {} --partitions {}` makes it more", stream.topic,
                                 stream.partitions)
                   : "");
    }
  }
  return {};
}

Result<void> Pipeline::start_engine(const std::function<bool()>& cancelled) {
  engine::Engine::Options options;
  options.data_folder = project_.data_folder() + "/clickhouse";
  options.users_file = project_.data_folder() + "/users.json";
  options.http = project_.clickhouse.http;
  options.tcp = project_.clickhouse.tcp;
  options.settings = project_.engine;
  options.durability = project_.durability;
  options.project_name = project_.name;
  options.cancelled = cancelled;
  ASSIGN_OR_RETURN(engine_, engine::Engine::start(options));
  return {};
}

Pipeline::Outcome Pipeline::make_tables() {
  clickhouse::Client client(engine_->ingest_endpoint());
  clickhouse::Client scratch(engine_->scratch_endpoint());
  return views::prepare_streams({client, scratch, project_, nonce()});
}

Pipeline::Outcome Pipeline::make_views() {
  clickhouse::Client client(engine_->ingest_endpoint());
  clickhouse::Client scratch(engine_->scratch_endpoint());
  views::PrepareInputs inputs{client, scratch, project_, nonce()};
  for (const auto& runner : runners_) {
    if (runner->given_up()) inputs.stopped_streams.insert(runner->stream().name);
  }
  auto prepared = views::prepare_views(inputs);
  if (!prepared) return std::unexpected(std::move(prepared).error());
  const std::lock_guard lock(views_mutex_);
  views_ = std::move(*prepared);
  return {};
}

/// While no batch of the stream is under way but the one in doubt. Before the views are prepared, they are only marked:
/// then prepare_views builds them anew.
Result<void> Pipeline::rebuild_views_of(const std::string& stream) {
  clickhouse::Client client(engine_->ingest_endpoint());
  std::vector<views::PreparedView> prepared = views();
  if (prepared.empty()) {
    ASSIGN_OR_RETURN(std::vector<views::RegisteredView> registered,
                     views::load_registry(client, project_.book_database()));
    for (views::RegisteredView& view : registered) {
      if (view.stream != stream || view.state != views::state::kLive) continue;
      view.state = views::state::kFrozen;  // prepare_views builds it again, and shows the old one until then
      RETURN_IF_ERROR(
          views::save_registered(client, project_.book_database(), view, nullptr, "an unfinished batch is recounted"));
    }
    return {};
  }
  for (views::PreparedView& view : prepared) {
    if (view.definition.stream != stream || !view.frozen.empty()) continue;
    const std::string trigger = view.trigger;
    ASSIGN_OR_RETURN(view, views::rebuild_view(client, {project_.name, project_.book_database()}, view));
    const std::lock_guard lock(views_mutex_);
    for (views::PreparedView& known : views_) {
      if (known.trigger == trigger) known = view;
    }
  }
  return {};
}

/// From any lane's thread. Before the views are prepared too: then prepare_views tries to build it again.
Result<void> Pipeline::freeze_view(const std::string& trigger, const std::string& error) {
  clickhouse::Client client(engine_->ingest_endpoint());
  ASSIGN_OR_RETURN(const std::vector<views::RegisteredView> registered,
                   views::load_registry(client, project_.book_database()));
  for (const views::RegisteredView& record : registered) {
    if (record.trigger() != trigger) continue;
    log_error("views", "view {} refuses a batch and is frozen, everything else goes on: {}", record.name, error);
    const views::PreparedView view{record.name, record.version, record.storage(), trigger, error, {}};
    RETURN_IF_ERROR(views::freeze_view(client, {project_.name, project_.book_database()}, view, error));
    const std::lock_guard lock(views_mutex_);
    for (views::PreparedView& prepared : views_) {
      if (prepared.trigger == trigger) prepared.frozen = error;
    }
    return {};
  }
  return fail(ErrorCode::kViewFailing, "{} is no view of this project: mend or drop it. {}", trigger, error);
}

std::vector<views::PreparedView> Pipeline::views() const {
  const std::lock_guard lock(views_mutex_);
  return views_;
}

StreamRunner::Environment Pipeline::environment_of(const project::Stream& stream) {
  StreamRunner::Environment environment;
  environment.clock = &clock_;
  environment.started_ms = started_ms_;
  environment.open_source = [this, topic = stream.topic,
                             group = group_of(project_, stream)]() -> std::unique_ptr<ingest::Source> {
    return LogSource::open(*broker_, *logs_, topic, group);
  };
  environment.epoch_of = [this, topic = stream.topic](const Uuid& id) -> Result<Epoch> {
    clickhouse::Client client(engine_->ingest_endpoint());
    return epoch_of(client, project_.book_database(), logs_->cluster_id(), topic, id);
  };
  environment.open_warehouse = [this, name = stream.name]() -> std::unique_ptr<ingest::Warehouse> {
    ingest::ClickHouseWarehouse::Options options;
    options.endpoint = engine_->ingest_endpoint();
    options.database = project_.name;
    options.stream = name;
    options.book_database = project_.book_database();
    options.boot_id = boot_id_;
    options.engine_run = [this] {
      const engine::EngineState state = engine_->state();
      return std::pair(state.run, state.token_losses);
    };
    options.restart_engine = [this](const std::string& reason) { engine_->restart_with_repair(reason); };
    options.rebuild_views = [this, name]() -> Result<void> { return rebuild_views_of(name); };
    return std::make_unique<ingest::ClickHouseWarehouse>(std::move(options));
  };
  environment.freeze_view = [this](const std::string& trigger, const std::string& error) {
    return freeze_view(trigger, error);
  };
  environment.on_visible = [this, stream](const ingest::BuiltBatch& batch, int64_t visible_at_ms) {
    on_visible(stream, batch, visible_at_ms);
  };
  return environment;
}

/// What the stream's lane has not confirmed stays; before it knows its position, everything does.
Offset Pipeline::keep_from(const std::string& topic, PartitionId partition) const {
  Offset keep(INT64_MAX);
  for (const auto& runner : runners_) {
    if (runner->stream().topic == topic) keep = std::min(keep, runner->keep_from(partition).value_or(Offset(0)));
  }
  return keep;
}

std::vector<StreamSnapshot> Pipeline::streams() const {
  std::vector<StreamSnapshot> snapshots;
  for (const auto& runner : runners_) {
    StreamSnapshot snapshot = runner->snapshot();
    if (snapshot.partitions.empty()) add_log_positions(snapshot, runner->stream());
    snapshots.push_back(std::move(snapshot));
  }
  return snapshots;
}

/// While no lane runs: what the log holds and the stream's own group has confirmed.
void Pipeline::add_log_positions(StreamSnapshot& snapshot, const project::Stream& stream) const {
  const auto source = LogSource::open(*broker_, *logs_, stream.topic, group_of(project_, stream));
  if (!source) return;
  snapshot.topic_exists = true;
  for (int32_t i = 0; i < source->partition_count(); ++i) {
    const ingest::Bounds bounds = source->bounds(PartitionId(i));
    snapshot.partitions.push_back({i, bounds.start.value, bounds.end.value, bounds.start.value, 0, {}});
  }
  for (const ingest::Commit& commit : source->committed().value_or(std::vector<ingest::Commit>{})) {
    StreamSnapshot::Partition& partition = snapshot.partitions[static_cast<size_t>(commit.partition.value)];
    partition.position = std::max(partition.position, commit.offset.value);
    if (const auto intent = ingest::parse_intent(commit.metadata)) partition.state = intent->state;
  }
  for (StreamSnapshot::Partition& partition : snapshot.partitions) {
    if (partition.position >= partition.log_end) continue;
    const int64_t appended_ms = source->appended_at_ms(PartitionId(partition.id), Offset(partition.position));
    partition.oldest_unseen_ms = appended_ms == 0 ? started_ms_ : appended_ms;
  }
}

std::vector<LogOnlyTopic> Pipeline::log_only_topics() const {
  std::set<std::string> read;
  for (const project::Stream& stream : project_.streams) read.insert(stream.topic);
  std::vector<LogOnlyTopic> list;
  for (const auto& topic : logs_->topics()) {
    if (topic->internal || read.contains(topic->name)) continue;
    LogOnlyTopic only{topic->name, topic->partitions, 0};
    for (int32_t i = 0; i < topic->partitions; ++i) {
      if (const auto partition = logs_->partition(topic->id, PartitionId(i))) {
        only.records += partition->high_watermark() - partition->log_start();
      }
    }
    list.push_back(std::move(only));
  }
  return list;
}

void Pipeline::stop() {
  ready_ = false;
  metrics_.clear_collectors();
  for (const auto& runner : runners_) runner->stop();
  book_.reset();
  if (broker_) broker_->stop();
  if (engine_) engine_->stop();
  if (logs_) {
    if (auto closed = logs_->close(); !closed) log_error("log", "{}", closed.error().message);
  }
  runners_.clear();
  broker_.reset();
  engine_.reset();
  logs_.reset();
}

}  // namespace freshet::app
