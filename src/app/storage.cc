#include "app/storage.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "base/strings.h"
#include "broker/core/topic_settings.h"
#include "clickhouse/ddl.h"

namespace freshet::app {
namespace {

using nlohmann::json;

constexpr int kQueryTimeoutMs = 4'000;

/// Of the partitions of a topic: records and bytes, and how many came within the last day by the records' timestamps.
Arrivals arrivals_of(const log::LogManager& logs, const log::TopicInfo& topic, int64_t now_ms) {
  std::vector<std::shared_ptr<log::PartitionLog>> partitions;
  Arrivals sum;
  int64_t oldest_ms = now_ms;
  for (int32_t i = 0; i < topic.partitions; ++i) {
    auto partition = logs.partition(topic.id, PartitionId(i));
    if (!partition) continue;
    sum.bytes += static_cast<int64_t>(partition->size_bytes());
    sum.held += partition->high_watermark() - partition->log_start();
    const auto first = partition->offset_for_timestamp(0);
    if (first && first->offset.value >= 0) oldest_ms = std::min(oldest_ms, first->timestamp_ms);
    partitions.push_back(std::move(partition));
  }
  sum.window_ms = std::min(kDayMs, now_ms - oldest_ms);
  for (const auto& partition : partitions) {
    const auto first = partition->offset_for_timestamp(now_ms - sum.window_ms);
    if (first && first->offset.value >= 0) sum.came += partition->high_watermark() - first->offset;
  }
  return sum;
}

void add_topics(const Pipeline& pipeline, int64_t now_ms, StorageUse& use) {
  for (const auto& topic : pipeline.logs().topics()) {
    TopicUse one;
    one.name = topic->name;
    one.internal = topic->internal;
    const auto policy = topic->settings.find("cleanup.policy");
    one.compacted = policy != topic->settings.end() && policy->second == "compact";
    one.partitions = topic->partitions;
    one.retention_ms = broker::setting_or(topic->settings, "retention.ms", use.log_retention_ms);
    one.arrivals = arrivals_of(pipeline.logs(), *topic, now_ms);
    use.topics.push_back(std::move(one));
  }
}

Result<json> ask(clickhouse::Client& client, const std::string& sql) {
  clickhouse::Query query;
  query.sql = "SELECT groupArray(row) AS rows FROM (" + sql + ") FORMAT JSONEachRow";
  query.settings = {{"output_format_json_quote_64bit_integers", "0"}};
  query.timeout_ms = kQueryTimeoutMs;
  const auto answer = client.run(query);
  if (!answer) return std::unexpected(answer.error().to_error());
  json parsed = json::parse(*answer, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("rows")) return fail(ErrorCode::kClickHouse, "no rows: {}", *answer);
  return parsed["rows"];
}

/// How many rows of a stream came, from the book-keeping table `inserts`.
struct Came {
  int64_t first_ms = 0;
  int64_t last_day = 0;
};
Result<std::map<std::string, Came>> rows_that_came(clickhouse::Client& client, const std::string& book_database) {
  ASSIGN_OR_RETURN(
      const json rows,
      ask(client, fmt::format("SELECT (stream, toUnixTimestamp64Milli(min(at)), sumIf(rows, at > now64(3) - "
                              "INTERVAL 1 DAY)) AS row FROM {} WHERE table = stream GROUP BY stream",
                              clickhouse::qualified(book_database, "inserts"))));
  std::map<std::string, Came> came;
  for (const json& row : rows) came[row[0].get<std::string>()] = {row[1].get<int64_t>(), row[2].get<int64_t>()};
  return came;
}

/// What a table is for, and which stream it belongs to.
void classify(const Pipeline& pipeline, const std::vector<views::PreparedView>& views, TableUse& table) {
  table.kind = "other";
  if (table.database == pipeline.project().book_database()) table.kind = "book";
  if (table.database != pipeline.project().name) return;
  for (const project::Stream& stream : pipeline.project().streams) {
    if (stream.name != table.name) continue;
    table.kind = "raw";
    table.stream = stream.name;
  }
  for (const views::PreparedView& view : views) {
    if (view.storage != table.name) continue;
    table.kind = "view";
    table.stream = view.definition.stream;
  }
}

/// Raw tables and views that have no part yet: they are there all the same.
void add_empty(const Pipeline& pipeline, const std::vector<views::PreparedView>& views, std::vector<TableUse>& tables) {
  const auto add = [&](const std::string& name) {
    const auto same = [&](const TableUse& table) {
      return table.database == pipeline.project().name && table.name == name;
    };
    if (std::any_of(tables.begin(), tables.end(), same)) return;
    TableUse table;
    table.database = pipeline.project().name;
    table.name = name;
    classify(pipeline, views, table);
    tables.push_back(std::move(table));
  };
  for (const project::Stream& stream : pipeline.project().streams) add(stream.name);
  for (const views::PreparedView& view : views) add(view.storage);
}

/// A view is made from the rows of raw: it grows as raw does, by what it takes for a row of raw now.
void add_growth(const std::map<std::string, Came>& came, int64_t now_ms, std::vector<TableUse>& tables) {
  std::map<std::string, int64_t> raw_rows;
  for (const TableUse& table : tables) {
    if (table.kind == "raw") raw_rows[table.stream] = table.arrivals.held;
  }
  for (TableUse& table : tables) {
    const auto found = came.find(table.stream);
    if (table.stream.empty() || found == came.end()) continue;
    table.arrivals.window_ms = std::min(kDayMs, now_ms - found->second.first_ms);
    table.arrivals.came = found->second.last_day;
    if (table.kind == "view") table.arrivals.held = raw_rows[table.stream];
  }
}

Result<void> add_tables(const Pipeline& pipeline, int64_t now_ms, StorageUse& use) {
  clickhouse::Client client(pipeline.engine().ingest_endpoint());
  ASSIGN_OR_RETURN(const json rows, ask(client,
                                        "SELECT (database, table, sumIf(rows, active), sumIf(bytes_on_disk, active), "
                                        "sumIf(data_uncompressed_bytes, active), sumIf(data_compressed_bytes, active), "
                                        "sumIf(bytes_on_disk, NOT active)) AS row "
                                        "FROM system.parts GROUP BY database, table ORDER BY database, table"));
  ASSIGN_OR_RETURN(const auto came, rows_that_came(client, pipeline.project().book_database()));
  const std::vector<views::PreparedView> views = pipeline.views();
  for (const json& row : rows) {
    TableUse table;
    table.database = row[0].get<std::string>();
    table.name = row[1].get<std::string>();
    table.rows = table.arrivals.held = row[2].get<int64_t>();
    table.arrivals.bytes = row[3].get<int64_t>();
    table.uncompressed_bytes = row[4].get<int64_t>();
    table.compressed_bytes = row[5].get<int64_t>();
    use.outdated_bytes += row[6].get<int64_t>();
    classify(pipeline, views, table);
    use.tables.push_back(std::move(table));
  }
  add_empty(pipeline, views, use.tables);
  add_growth(came, now_ms, use.tables);
  return {};
}

json optional_json(std::optional<double> value) { return value ? json(*value) : json(nullptr); }
json whole_json(std::optional<double> value) { return value ? json(static_cast<int64_t>(*value)) : json(nullptr); }
json limit_json(int64_t value) { return value < 0 ? json(nullptr) : json(value); }

json each_json(int64_t bytes, int64_t count) {
  return count > 0 ? json(static_cast<double>(bytes) / static_cast<double>(count)) : json(nullptr);
}

json topic_json(const TopicUse& topic) {
  const Arrivals& a = topic.arrivals;
  const bool grows = !topic.internal && !topic.compacted;
  return {{"name", topic.name},
          {"internal", topic.internal},
          {"partitions", topic.partitions},
          {"retention_ms", limit_json(topic.retention_ms)},
          {"records", a.held},
          {"bytes", a.bytes},
          {"bytes_per_record", each_json(a.bytes, a.held)},
          {"bytes_per_day", grows ? whole_json(bytes_per_day(a)) : json(nullptr)},
          {"window_ms", a.window_ms}};
}

json table_json(const TableUse& table) {
  const bool grows = table.kind == "raw" || table.kind == "view";
  return {{"database", table.database},
          {"name", table.name},
          {"kind", table.kind},
          {"stream", table.stream},
          {"rows", table.rows},
          {"bytes", table.arrivals.bytes},
          {"uncompressed_bytes", table.uncompressed_bytes},
          {"compression", optional_json(compression_ratio(table))},
          {"bytes_per_row", each_json(table.arrivals.bytes, table.rows)},
          {"bytes_per_day", grows ? whole_json(bytes_per_day(table.arrivals)) : json(nullptr)},
          {"window_ms", table.arrivals.window_ms}};
}

}  // namespace

StorageUse measure_storage(const Pipeline& pipeline, int64_t now_ms) {
  StorageUse use;
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(pipeline.project().data_folder(), error);
  if (!error) {
    use.disk_bytes = static_cast<int64_t>(space.capacity);
    use.free_bytes = static_cast<int64_t>(space.available);
  }
  use.log_max_bytes = pipeline.project().log.max_bytes;
  use.log_retention_ms = pipeline.project().log.retention_ms;
  add_topics(pipeline, now_ms, use);
  if (auto added = add_tables(pipeline, now_ms, use); !added) {
    use.tables.clear();
    use.clickhouse_problem = added.error().message;
  }
  return use;
}

std::string storage_json(const StorageUse& use) {
  const Forecast ahead = forecast(use);
  json out = {{"disk", {{"bytes", use.disk_bytes}, {"free_bytes", use.free_bytes}}},
              {"log",
               {{"bytes", ahead.log_bytes},
                {"max_bytes", limit_json(use.log_max_bytes)},
                {"retention_ms", limit_json(use.log_retention_ms)},
                {"bytes_per_day", whole_json(ahead.log_per_day)},
                {"settles_at_bytes", whole_json(ahead.log_settles_at_bytes)},
                {"full_in_days", optional_json(ahead.log_full_in_days)}}},
              {"tables",
               {{"bytes", ahead.table_bytes},
                {"outdated_bytes", use.outdated_bytes},
                {"bytes_per_day", whole_json(ahead.tables_per_day)}}},
              {"window_ms", ahead.window_ms},
              {"disk_full_in_days", optional_json(ahead.disk_full_in_days)},
              {"problem", use.clickhouse_problem},
              {"savings", json::array()}};
  out["log"]["topics"] = json::array();
  for (const TopicUse& topic : use.topics) out["log"]["topics"].push_back(topic_json(topic));
  out["tables"]["list"] = json::array();
  for (const TableUse& table : use.tables) out["tables"]["list"].push_back(table_json(table));
  for (const Saving& saving : ahead.savings) {
    out["savings"].push_back({{"what", saving.what},
                              {"days", saving.days},
                              {"bytes", static_cast<int64_t>(saving.bytes)},
                              {"instead_of_bytes", static_cast<int64_t>(saving.instead)}});
  }
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

void StorageApi::add_route(http::Server& server) {
  server.route_async("GET", "/api/storage", [this](const http::Request&, const http::Reply& reply) {
    const auto work = [this, reply] {
      reply(http::json_response(storage_json(measure_storage(pipeline_, clock_.wall_ms()))));
    };
    if (!worker_.post(work)) reply(http::error_response(503, "others ask the same already: try again"));
  });
}

}  // namespace freshet::app
