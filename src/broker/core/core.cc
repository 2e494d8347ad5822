#include "broker/core/core.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "broker/core/handlers.h"
#include "io/file_system.h"

namespace freshet::broker {
namespace {

/// Of requests, from microseconds for a small produce to the long polls of fetches.
const std::vector<double>& request_bounds_s() {
  static const std::vector<double> bounds = {.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05,
                                             .1,    .25,    .5,    1,    2.5,   5,    10,  30};
  return bounds;
}

/// Only closed segments are compacted away.
constexpr const char* kOffsetsSegmentBytes = "8388608";

std::string host_of(const std::string& peer) { return peer.substr(0, peer.rfind(':')); }

}  // namespace

Core::Core(const Parts& parts, const CoreOptions& options, const Limits& limits)
    : parts_(parts),
      options_(options),
      limits_(limits),
      fetcher_(limits, hash64(parts.new_uuid().to_string()), catalog_,
               [this](const Call& call, const kafka::FetchResponse& response) { reply(call, response); }),
      coordinator_log_(parts.jobs),
      groups_(coordinator_log_, GroupSettings{}),
      producer_ids_(parts.first_producer_id),
      record_reader_(limits.max_decompressed_bytes) {
  catalog_.load(parts_.logs);
  for (const kafka::Api& api : kOffered) {
    const MetricLabels labels{{"api", std::string(api.name)}};
    metrics_[api.key] = {
        &parts_.metrics.counter("freshet_broker_requests_total", "Requests of the Kafka protocol", labels),
        &parts_.metrics.histogram("freshet_broker_request_seconds",
                                  "From the request's last byte to its answer, waits of long polls included",
                                  request_bounds_s(), labels)};
  }
}

Core::~Core() = default;

Result<void> Core::load(const Now& now, std::vector<std::string>& warnings) {
  begin_turn(now);
  auto topic = catalog_.find(kOffsetsTopic);
  if (!topic) {
    ASSIGN_OR_RETURN(
        auto info, parts_.logs.create(std::string(kOffsetsTopic), parts_.new_uuid(), kOffsetsPartitions,
                                      {{"cleanup.policy", "compact"}, {"segment.bytes", kOffsetsSegmentBytes}}, true));
    topic = catalog_.add(parts_.logs, std::move(info));
  }
  coordinator_log_.attach(*topic);
  RETURN_IF_ERROR(replay_groups(warnings));
  RETURN_IF_ERROR(raise_ends(warnings));
  groups_.loaded(now);
  forget_deleted_topics();
  return {};
}

/// A kill after a topic's folders were gone, and before its offsets were: another topic of that name must not have
/// them.
void Core::forget_deleted_topics() {
  std::set<std::string> deleted;
  for (const auto& [group, topics] : groups_.offsets().groups()) {
    for (const auto& [name, partitions] : topics) {
      if (catalog_.find(name) == nullptr) deleted.insert(name);
    }
  }
  for (const std::string& name : deleted) groups_.forget_topic(name, now_);
}

Result<void> Core::replay_groups(std::vector<std::string>& warnings) {
  constexpr size_t kReadBytes = 4 << 20;
  const log::PartitionLog& log = coordinator_log_.log();
  for (Offset at = log.log_start(); at < log.high_watermark();) {
    ASSIGN_OR_RETURN(const log::Read read, log.read(at, kReadBytes));
    if (read.next <= at) break;
    const auto apply = [this](std::string_view key, std::optional<std::string_view> value) {
      return groups_.replay(key, value);
    };
    RETURN_IF_ERROR(for_each_record(read.batches.bytes, apply, warnings));
    at = read.next;
  }
  return {};
}

/// With durability "process", a power cut may take the end of a log whose records are in ClickHouse already: what comes
/// next must not be given their offsets. Clients' groups prove nothing: they may commit any number.
Result<void> Core::raise_ends(std::vector<std::string>& warnings) {
  for (const auto& [group, topics] : groups_.offsets().groups()) {
    if (!group.starts_with(GroupSettings{}.own_prefix)) continue;
    for (const auto& [name, partitions] : topics) {
      const auto topic = catalog_.find(name);
      for (const auto& [index, value] : partitions) {
        const auto* log = topic ? topic->partition(index) : nullptr;
        if (log == nullptr || Offset(value.offset) <= (*log)->log_end()) continue;
        warnings.push_back(fmt::format(
            "partition {} of topic '{}' ends at offset {}, but everything below {} was ingested: what is produced from "
            "now on begins there",
            index, name, (*log)->log_end().value, value.offset));
        RETURN_IF_ERROR((*log)->ensure_end_at_least(Offset(value.offset)));
      }
    }
  }
  return {};
}

void Core::begin_turn(const Now& now) {
  now_ = now;
  coordinator_log_.set_now(now);
}

void Core::open(uint64_t connection, const std::string& peer) { clients_[connection].peer = peer; }

void Core::close(uint64_t connection) {
  clients_.erase(connection);
  fetcher_.disconnected(connection);
}

ClientInfo* Core::client(uint64_t connection) {
  const auto found = clients_.find(connection);
  return found == clients_.end() ? nullptr : &found->second;
}

std::vector<ClientInfo> Core::clients() const {
  std::vector<ClientInfo> shown;
  for (const auto& [id, client] : clients_) {
    if (shown.size() == static_cast<size_t>(limits_.max_clients_shown)) break;
    if (client.requests > 0) shown.push_back(client);
  }
  return shown;
}

void Core::request(RequestId id, std::shared_ptr<Frame> frame, const Now& now) {
  begin_turn(now);
  const Result<kafka::Request> parsed = kafka::parse_request(frame->bytes());
  if (!parsed) return parts_.outbox.close(id.connection, parsed.error().message);
  const kafka::RequestHeader& header = parsed->header;
  const bool offered =
      parsed->api != nullptr &&
      std::any_of(kOffered.begin(), kOffered.end(), [&](const kafka::Api& api) { return api.key == header.api_key; });
  if (!offered) {
    return parts_.outbox.close(id.connection,
                               fmt::format("it asked for the API {}, which is not offered", header.api_key));
  }
  ClientInfo& client = clients_[id.connection];
  ++client.requests;
  if (header.client_id && client.client_id != *header.client_id) client.client_id = *header.client_id;
  Call call{.id = id,
            .api = parsed->api,
            .version = header.api_version,
            .correlation_id = header.correlation_id,
            .client_id = client.client_id,
            .client_host = host_of(client.peer),
            .frame = std::move(frame),
            .received = now};
  if (!parsed->is_supported()) {
    if (header.api_key == kafka::ApiVersionsRequest::api.key) {
      call.version = 0;
      return reply(call, kafka::unsupported_api_versions());
    }
    return parts_.outbox.close(id.connection, fmt::format("it sent {} in version {}, which is not offered",
                                                          parsed->api->name, header.api_version));
  }
  if (const Result<void> handled = Handlers::dispatch(*this, call, parsed->body); !handled) {
    parts_.outbox.close(id.connection, handled.error().message);
  }
}

void Core::answered(const Call& call) {
  const ApiMetrics& metrics = metrics_[call.api->key];
  metrics.requests->add(1);
  metrics.seconds->observe(static_cast<double>(now_.steady_us - call.received.steady_us) / 1e6);
}

void Core::reply_pieces(const Call& call, kafka::Pieces pieces) {
  answered(call);
  const auto kept = std::make_shared<const kafka::Pieces>(std::move(pieces));
  Response response;
  for (const std::string_view piece : kept->views()) response.pieces.push_back({piece, kept});
  parts_.outbox.answer(call.id, std::move(response));
}

void Core::reply_nothing(const Call& call) {
  answered(call);
  parts_.outbox.skip_answer(call.id);
}

void Core::submit(std::unique_ptr<Job> job, const std::function<void()>& refused) {
  if (!parts_.jobs.submit(std::move(job))) refused();
}

void Core::finished(std::unique_ptr<Job> job, const Now& now) {
  begin_turn(now);
  if (job->done) job->done(*job);
  for (const AppendPart& part : job->appends) {
    if (part.result) fetcher_.advanced(part.log.get());
  }
}

void Core::tick(const Now& now) {
  begin_turn(now);
  fetcher_.expire(now.steady_us);
  groups_.tick(now);
}

void Core::end_long_polls(const Now& now) {
  begin_turn(now);
  fetcher_.expire(std::numeric_limits<int64_t>::max());
}

int64_t Core::next_deadline_us() const { return std::min(fetcher_.next_deadline_us(), groups_.next_deadline_us()); }

void Core::new_producer_id(std::function<void(Result<ProducerId>)> done) {
  if (const auto id = producer_ids_.take()) return done(*id);
  waiting_for_id_.push_back(std::move(done));
  if (std::exchange(reserving_ids_, true)) return;
  const auto result = std::make_shared<Result<void>>();
  auto job = std::make_unique<Job>();
  job->work = [result, &files = parts_.files, path = options_.producer_ids_file,
               content = producer_ids_.reserve()](log::LogManager&) { *result = files.replace_file(path, content); };
  const auto finish = [this, result] {
    reserving_ids_ = false;
    if (*result) producer_ids_.grant();
    for (const auto& waiting : std::exchange(waiting_for_id_, {})) {
      if (*result) {
        new_producer_id(waiting);
      } else {
        waiting(std::unexpected(result->error()));
      }
    }
  };
  job->done = [finish](Job&) { finish(); };
  submit(std::move(job), [result, finish] {
    *result = fail(ErrorCode::kCancelled, "the log's writer is busy or stopping");
    finish();
  });
}

void Core::count_produce_error(kafka::KafkaError error) {
  Counter*& counter = produce_errors_[error];
  if (counter == nullptr) {
    counter = &parts_.metrics.counter("freshet_broker_produce_errors_total", "Batches of producers that were refused",
                                      {{"error", std::string(kafka::error_name(error))}});
  }
  counter->add(1);
}

}  // namespace freshet::broker
