#include "app/status.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/strings.h"

namespace freshet::app {
namespace {

using nlohmann::json;

int64_t freshness_ms_of(const StreamSnapshot& stream, int64_t now_ms) {
  int64_t oldest_ms = now_ms;
  for (const StreamSnapshot::Partition& partition : stream.partitions) {
    if (partition.oldest_unseen_ms > 0) oldest_ms = std::min(oldest_ms, partition.oldest_unseen_ms);
  }
  return now_ms - oldest_ms;
}

const char* state_name(ingest::LaneStatus::State state) {
  switch (state) {
    case ingest::LaneStatus::State::kStarting:
      return "starting";
    case ingest::LaneStatus::State::kRunning:
      return "running";
    case ingest::LaneStatus::State::kWaiting:
      return "waiting";
    case ingest::LaneStatus::State::kStopped:
      return "stopped";
    case ingest::LaneStatus::State::kFailed:
      return "failed";
  }
  return "";
}

json stream_json(const Pipeline& pipeline, const StreamSnapshot& stream, int64_t now_ms) {
  json partitions = json::array();
  int64_t log_end = 0;
  int64_t lag = 0;
  ingest::PartitionState sums;
  for (const StreamSnapshot::Partition& p : stream.partitions) {
    log_end += p.log_end;
    lag += std::max<int64_t>(0, p.log_end - p.position);
    sums.raw += p.state.raw;
    sums.duplicates += p.state.duplicates;
    sums.dead += p.state.dead;
    sums.late += p.state.late;
    sums.skipped += p.state.skipped;
    partitions.push_back(
        {{"partition", p.id}, {"log_start", p.log_start}, {"log_end", p.log_end}, {"position", p.position}});
  }
  const Histogram& latency = pipeline.latency_of(stream.name, "");
  return {{"name", stream.name},
          {"topic", stream.topic},
          {"topic_exists", stream.topic_exists},
          {"state", state_name(stream.lane.state)},
          {"problem", stream.lane.problem},
          {"log_end", log_end},
          {"ingested", sums.raw},
          {"duplicates", sums.duplicates},
          {"dead_letters", sums.dead},
          {"late", sums.late},
          {"skipped", sums.skipped},
          {"lag_records", lag},
          {"intent_open", stream.intent_open},
          {"freshness_ms", freshness_ms_of(stream, now_ms)},
          {"latency_ms", {{"p50", latency.quantile(0.5) * 1000}, {"p99", latency.quantile(0.99) * 1000}}},
          {"dedup_horizon_s", nullptr},
          {"watermark", nullptr},
          {"partitions", std::move(partitions)}};
}

json view_json(const views::PreparedView& view, const std::vector<StreamSnapshot>& streams) {
  json position = json::array();
  std::string state = "live";
  for (const StreamSnapshot& stream : streams) {
    if (stream.name != view.definition.stream) continue;
    for (const StreamSnapshot::Partition& p : stream.partitions) position.push_back(p.position);
    if (!stream.lane.failing_view.empty() && stream.lane.failing_view == view.trigger) state = "failing";
  }
  if (!view.frozen.empty()) {
    state = "frozen";
    position = nullptr;
  }
  return {{"name", view.name},      {"version", view.version},         {"state", state},
          {"problem", view.frozen}, {"position", std::move(position)}, {"settled_until", nullptr}};
}

json log_json(const broker::LogUse& use) {
  return {{"bytes", use.bytes},
          {"max_bytes", use.max_bytes < 0 ? json(nullptr) : json(use.max_bytes)},
          {"kept_bytes", use.kept_bytes},
          {"bytes_per_s", static_cast<int64_t>(use.bytes_per_s)},
          {"holds_for_s", use.holds_for_s < 0 ? json(nullptr) : json(use.holds_for_s)}};
}

/// For who reads why nothing is ingested.
std::string holds_for(const Pipeline& pipeline) {
  const broker::LogUse use = pipeline.broker().log_use();
  if (use.holds_for_s < 0) return "";
  return fmt::format(". The log takes events for about {} more at the present rate",
                     human_duration(use.holds_for_s * 1000));
}

/// The worst thing first.
std::string verdict_of(const Pipeline& pipeline, const std::vector<StreamSnapshot>& streams) {
  const engine::EngineState engine = pipeline.engine().state();
  for (const StreamSnapshot& stream : streams) {
    if (stream.lane.error) return fmt::format("stream {} has stopped: {}", stream.name, stream.lane.error->to_string());
  }
  if (!engine.running) {
    return fmt::format(
        "ClickHouse is not running, and is started again and again: {}. Events are taken into the log meanwhile{}",
        engine.last_error.empty() ? "it ended" : engine.last_error, holds_for(pipeline));
  }
  if (const std::string reason = pipeline.broker().overrun_reason(); !reason.empty()) return reason;
  for (const StreamSnapshot& stream : streams) {
    if (!stream.lane.failing_view.empty()) {
      return fmt::format("view {} makes the inserts of stream {} fail: {}", stream.lane.failing_view, stream.name,
                         stream.lane.problem);
    }
    if (!stream.lane.problem.empty()) {
      return fmt::format("stream {} waits: {}{}", stream.name, stream.lane.problem, holds_for(pipeline));
    }
    if (pipeline.ready() && !stream.topic_exists)
      return fmt::format("stream {} is not ingested at the moment", stream.name);
  }
  for (const views::PreparedView& view : pipeline.views()) {
    if (view.frozen.empty()) continue;
    return fmt::format(
        "view {} is frozen: it shows what it held and gets no more rows, everything else goes on. Mend the cause, then "
        "start "
        "again: it is built anew from {}. ClickHouse said: {}",
        view.name, view.definition.stream, view.frozen);
  }
  return pipeline.ready() ? "ok" : "starting";
}

}  // namespace

StatusReport make_status(const Pipeline& pipeline, const Clock& clock, int pid) {
  const std::vector<StreamSnapshot> streams = pipeline.streams();
  const int64_t now_ms = clock.wall_ms();
  StatusReport report;
  report.verdict = verdict_of(pipeline, streams);
  json out = {{"verdict", report.verdict},
              {"version", FRESHET_VERSION},
              {"project", pipeline.project().name},
              {"pid", pid},
              {"engine_pid", pipeline.engine().state().pid},
              {"engine_version", pipeline.engine().state().version},
              {"log", log_json(pipeline.broker().log_use())},
              {"streams", json::array()},
              {"views", json::array()},
              {"log_only_topics", json::array()}};
  for (const StreamSnapshot& stream : streams) out["streams"].push_back(stream_json(pipeline, stream, now_ms));
  for (const views::PreparedView& view : pipeline.views()) out["views"].push_back(view_json(view, streams));
  for (const LogOnlyTopic& topic : pipeline.log_only_topics()) {
    out["log_only_topics"].push_back(
        {{"name", topic.name}, {"partitions", topic.partitions}, {"records", topic.records}});
  }
  report.json = out.dump(-1, ' ', false, json::error_handler_t::replace);
  return report;
}

LiveFigures live_figures(const Pipeline& pipeline, const Clock& clock) {
  LiveFigures figures;
  for (const StreamSnapshot& stream : pipeline.streams()) {
    figures.freshness_ms = std::max(figures.freshness_ms, freshness_ms_of(stream, clock.wall_ms()));
    for (const StreamSnapshot::Partition& p : stream.partitions) {
      figures.ingested += p.state.raw;
      figures.lag_records += std::max<int64_t>(0, p.log_end - p.position);
    }
  }
  return figures;
}

}  // namespace freshet::app
