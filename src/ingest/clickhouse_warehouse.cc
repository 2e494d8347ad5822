#include "ingest/clickhouse_warehouse.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/log_line.h"
#include "base/strings.h"
#include "columns/fixed_column.h"
#include "ingest/insert_verdict.h"

namespace freshet::ingest {
namespace {

int64_t to_int(const std::string& text) { return std::strtoll(text.c_str(), nullptr, 10); }

std::string partition_and_offset(const std::vector<Range>& ranges) { return "(" + ranges_condition(ranges) + ")"; }

/// ClickHouse adds the state of the disk, and where in the plan it was, on further lines.
std::string sentence_of(const std::string& message) {
  return message.substr(0, std::min<size_t>(message.find('\n'), 500));
}

/// Rows of `block` whose (partition, offset) are not in `present`, which is sorted.
columns::Block missing_rows(const columns::Block& block, const std::vector<std::pair<uint32_t, uint64_t>>& present) {
  columns::Block missing = block.empty_like();
  const columns::FixedColumn<uint32_t>* partitions = nullptr;
  const columns::FixedColumn<uint64_t>* offsets = nullptr;
  for (size_t i = 0; i < block.column_count(); ++i) {
    if (block.name(i) == "_partition") partitions = &columns::as<columns::FixedColumn<uint32_t>>(block.column(i));
    if (block.name(i) == "_offset") offsets = &columns::as<columns::FixedColumn<uint64_t>>(block.column(i));
  }
  for (size_t row = 0; row < block.rows(); ++row) {
    if (!std::binary_search(present.begin(), present.end(), std::pair(partitions->at(row), offsets->at(row)))) {
      missing.append_range(block, row, row + 1);
    }
  }
  return missing;
}

}  // namespace

std::string ranges_condition(const std::vector<Range>& ranges) {
  std::string text;
  for (const Range& range : ranges) {
    text += fmt::format("{}(_partition = {} AND _offset >= {} AND _offset < {})", text.empty() ? "" : " OR ",
                        range.partition.value, range.first.value, range.end.value);
  }
  return text;
}

ClickHouseWarehouse::ClickHouseWarehouse(Options options) : options_(std::move(options)), client_(options_.endpoint) {}

std::string ClickHouseWarehouse::name_of(Table table) const {
  return table == Table::kRaw ? quote_identifier(options_.database) + "." + quote_identifier(options_.stream)
                              : quote_identifier(options_.book_database) + ".dead_letters";
}

std::string ClickHouseWarehouse::rows_of(Table table, Epoch epoch) const {
  return table == Table::kRaw ? fmt::format("_epoch = {}", epoch.value)
                              : fmt::format("stream = {} AND _epoch = {}", quote_literal(options_.stream), epoch.value);
}

Result<EngineFacts> ClickHouseWarehouse::facts() {
  EngineFacts facts;
  const auto [run, losses] = options_.engine_run();
  facts.run = run;
  ASSIGN_OR_RETURN(
      const auto rows,
      client_.rows(fmt::format("SELECT version(), toString(uuid) FROM system.tables WHERE database = {} AND name = {}",
                               quote_literal(options_.database), quote_literal(options_.stream))));
  if (rows.size() != 1 || rows[0].size() != 2) {
    return fail(ErrorCode::kRawReplaced, "table {} does not exist", name_of(Table::kRaw));
  }
  facts.scope = {rows[0][1], 0, rows[0][0], options_.boot_id};
  if (losses > 0) facts.scope.boot_id += fmt::format("-{}", losses);
  if (options_.engine_run().first != run)
    return fail(ErrorCode::kClickHouseUnreachable, "the engine was started again meanwhile");
  return facts;
}

Result<std::vector<StoredRows>> ClickHouseWarehouse::grouped(Table table, const std::string& where) {
  ASSIGN_OR_RETURN(const auto rows, client_.rows(fmt::format(
                                        "SELECT _partition, count(), max(_offset) FROM {} WHERE {} GROUP BY _partition",
                                        name_of(table), where)));
  std::vector<StoredRows> stored;
  for (const auto& row : rows) {
    if (row.size() == 3)
      stored.push_back({PartitionId(static_cast<int32_t>(to_int(row[0]))), to_int(row[1]), Offset(to_int(row[2]))});
  }
  return stored;
}

Result<std::vector<StoredRows>> ClickHouseWarehouse::stored(Table table, Epoch epoch) {
  return grouped(table, rows_of(table, epoch));
}

Result<std::vector<StoredRows>> ClickHouseWarehouse::count(Table table, Epoch epoch, const std::vector<Range>& ranges,
                                                           const std::string& query_id) {
  RETURN_IF_ERROR(
      client_.execute(fmt::format("KILL QUERY WHERE startsWith(query_id, {}) SYNC", quote_literal(query_id))));
  return grouped(table, rows_of(table, epoch) + " AND " + partition_and_offset(ranges));
}

InsertAnswer ClickHouseWarehouse::insert(Table table, const BuiltBatch& batch, const std::string& token,
                                         const std::string& query_id) {
  clickhouse::Query query;
  query.sql = fmt::format("INSERT INTO {} FORMAT Native", name_of(table));
  query.settings = clickhouse::insert_settings(token);
  query.settings["query_id"] = query_id;
  query.body = table == Table::kRaw ? batch.raw_bytes : batch.dead_bytes;
  query.timeout_ms = options_.insert_timeout_ms;
  const uint64_t run = options_.engine_run().first;
  const auto answer = client_.run(query);
  InsertAnswer failed;
  failed.run = options_.engine_run().first;
  if (answer && failed.run == run) return failed;
  if (answer) {
    failed.verdict = InsertVerdict::kDoubt;
    failed.error = "the engine was started again meanwhile";
    return failed;
  }
  failed.verdict = verdict_of(answer.error());
  failed.error = answer.error().message;
  failed.failing_view = failing_view_of(failed.error);
  failed.view_refuses = !failed.failing_view.empty() && comes_again(answer.error());
  failed.error = sentence_of(failed.error);
  return failed;
}

Result<void> ClickHouseWarehouse::fill(Table table, Epoch epoch, const BuiltBatch& batch, const std::string& token) {
  ASSIGN_OR_RETURN(const auto rows,
                   client_.rows(fmt::format("SELECT _partition, _offset FROM {} WHERE {} AND {}", name_of(table),
                                            rows_of(table, epoch), partition_and_offset(batch.ranges))));
  std::vector<std::pair<uint32_t, uint64_t>> present;
  for (const auto& row : rows) {
    if (row.size() == 2)
      present.emplace_back(static_cast<uint32_t>(to_int(row[0])), std::strtoull(row[1].c_str(), nullptr, 10));
  }
  std::sort(present.begin(), present.end());
  const columns::Block missing = missing_rows(table == Table::kRaw ? batch.raw : batch.dead, present);
  if (missing.rows() == 0) return {};
  std::string bytes;
  missing.write_native(bytes);
  clickhouse::Query query;
  query.sql = fmt::format("INSERT INTO {} FORMAT Native", name_of(table));
  query.settings = clickhouse::insert_settings(fmt::format("{}:{}", token, present.size()));
  query.settings["query_id"] = "freshet-" + token;
  query.body = bytes;
  query.timeout_ms = options_.insert_timeout_ms;
  if (const auto answer = client_.run(query); !answer) return std::unexpected(answer.error().to_error());
  return {};
}

Result<void> ClickHouseWarehouse::heal_views(Epoch epoch, const std::vector<Range>& ranges, const std::string& token) {
  clickhouse::Query query;
  query.sql = fmt::format("INSERT INTO {0} SELECT * FROM {0} WHERE {1} AND {2}", name_of(Table::kRaw),
                          rows_of(Table::kRaw, epoch), partition_and_offset(ranges));
  query.settings = clickhouse::insert_settings(token);
  query.settings["query_id"] = "freshet-" + token + ":heal";
  query.timeout_ms = options_.insert_timeout_ms;
  if (const auto answer = client_.run(query); !answer) return std::unexpected(answer.error().to_error());
  return {};
}

Result<void> ClickHouseWarehouse::rebuild_views() { return options_.rebuild_views(); }

void ClickHouseWarehouse::restart_engine(const std::string& reason) { options_.restart_engine(reason); }

}  // namespace freshet::ingest
