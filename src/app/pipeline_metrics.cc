// The figures of the pipeline: docs/metrics.md lists them.
#include <algorithm>

#include "app/pipeline.h"

namespace freshet::app {

Histogram& Pipeline::latency_of(const std::string& stream, const std::string& view) const {
  return metrics_.histogram("freshet_latency_seconds", "From the append to the log until visible in raw and every view",
                            latency_bounds_s(), {{"stream", stream}, {"view", view}});
}

void Pipeline::on_visible(const project::Stream& stream, const ingest::BuiltBatch& batch, int64_t visible_at_ms) {
  const MetricLabels labels = {{"stream", stream.name}};
  metrics_.counter("freshet_records_total", "Records read from the log", labels)
      .add(static_cast<double>(batch.raw_print.rows + batch.dead_print.rows));
  metrics_.counter("freshet_rows_inserted_total", "Rows inserted into raw", labels)
      .add(static_cast<double>(batch.raw_print.rows));
  metrics_.counter("freshet_dead_letters_total", "Records that could not be decoded", labels)
      .add(static_cast<double>(batch.dead_print.rows));
  metrics_.counter("freshet_duplicates_total", "Records dropped as duplicates of an event id", labels).add(0);
  metrics_.counter("freshet_unknown_fields_total", "Fields in records that no column takes", labels)
      .add(static_cast<double>(batch.unknown_fields));
  metrics_.counter("freshet_inserts_total", "Batches inserted", labels).add(1);
  std::vector<Histogram*> latencies = {&latency_of(stream.name, "")};
  for (const views::PreparedView& view : views()) {
    if (view.definition.stream == stream.name && view.frozen.empty())
      latencies.push_back(&latency_of(stream.name, view.name));
  }
  for (const ingest::AppendTime& appended : batch.appended) {
    const double seconds = static_cast<double>(std::max<int64_t>(0, visible_at_ms - appended.appended_at_ms)) / 1000.0;
    for (Histogram* latency : latencies) latency->observe(seconds, static_cast<uint64_t>(appended.rows));
  }
  book_->add(stream.name, batch, visible_at_ms);
}

void Pipeline::refresh_gauges() {
  const int64_t now_ms = clock_.wall_ms();
  const std::vector<views::PreparedView> prepared = views();
  for (const StreamSnapshot& stream : streams()) {
    int64_t oldest_ms = 0;
    for (const StreamSnapshot::Partition& partition : stream.partitions) {
      metrics_
          .gauge("freshet_lag_records", "Records appended and not yet visible",
                 {{"stream", stream.name}, {"partition", std::to_string(partition.id)}})
          .set(static_cast<double>(std::max<int64_t>(0, partition.log_end - partition.position)));
      if (partition.oldest_unseen_ms > 0) {
        oldest_ms = oldest_ms == 0 ? partition.oldest_unseen_ms : std::min(oldest_ms, partition.oldest_unseen_ms);
      }
    }
    const double freshness_s = oldest_ms == 0 ? 0 : static_cast<double>(now_ms - oldest_ms) / 1000.0;
    for (const views::PreparedView& view : prepared) {
      if (view.definition.stream != stream.name) continue;
      // A frozen view gets older from when it was first seen so.
      const int64_t frozen_since_ms =
          view.frozen.empty() ? now_ms : frozen_since_ms_.try_emplace(view.trigger, now_ms).first->second;
      metrics_
          .gauge("freshet_freshness_seconds", "Age of the oldest appended record that is not yet visible",
                 {{"stream", stream.name}, {"view", view.name}})
          .set(std::max(freshness_s, static_cast<double>(now_ms - frozen_since_ms) / 1000.0));
    }
    metrics_
        .gauge("freshet_stream_healthy", "1 while the stream's lane runs without a problem", {{"stream", stream.name}})
        .set(stream.lane.state == ingest::LaneStatus::State::kRunning ? 1 : 0);
  }
  const engine::EngineState engine = engine_->state();
  metrics_.gauge("freshet_engine_up", "1 while ClickHouse runs").set(engine.running ? 1 : 0);
  metrics_.gauge("freshet_engine_runs", "Starts of the ClickHouse child").set(static_cast<double>(engine.run));
}

}  // namespace freshet::app
