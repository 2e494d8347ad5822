#include "clickhouse/catalogue.h"

#include <algorithm>

#include "base/strings.h"

namespace freshet::clickhouse {
namespace {

Result<std::vector<TableInfo>> select_tables(Client& client, const std::string& condition) {
  ASSIGN_OR_RETURN(const auto rows, client.rows(fmt::format(
                                        "SELECT name, engine, engine_full, sorting_key, partition_key, toString(uuid), "
                                        "create_table_query, as_select FROM system.tables WHERE {} ORDER BY name",
                                        condition)));
  std::vector<TableInfo> tables;
  for (const auto& row : rows) {
    if (row.size() < 8) return fail(ErrorCode::kClickHouse, "system.tables answered with {} columns", row.size());
    tables.push_back({row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7]});
  }
  return tables;
}

constexpr const char* kWhatToDo =
    "changing a stream's table is not there yet: put the file back as it was, or write the new definition as another "
    "stream, "
    "with another name and topic";

/// What differs between the table as it is and as the file wants it; empty when nothing does.
std::string difference(const std::vector<ColumnDefinition>& there, const std::vector<ColumnDefinition>& wanted,
                       const TableInfo& table, const TableInfo& twin) {
  const auto in = [](const std::vector<ColumnDefinition>& columns, const std::string& name) {
    return std::find_if(columns.begin(), columns.end(), [&](const auto& column) { return column.name == name; });
  };
  for (const ColumnDefinition& column : wanted) {
    const auto found = in(there, column.name);
    if (found == there.end()) return fmt::format("column '{}' is new", column.name);
    if (found->type != column.type)
      return fmt::format("column '{}' is {} in the table and {} in the file", column.name, found->type, column.type);
  }
  for (const ColumnDefinition& column : there) {
    if (in(wanted, column.name) == wanted.end())
      return fmt::format("column '{}' is in the table and not in the file", column.name);
  }
  if (table.engine != "MergeTree") return fmt::format("the table's engine is {}, not MergeTree", table.engine);
  if (table.sorting_key != twin.sorting_key)
    return fmt::format("order_by is ({}) in the table and ({}) in the file", table.sorting_key, twin.sorting_key);
  if (table.partition_key != twin.partition_key) {
    return fmt::format("partition_by is '{}' in the table and '{}' in the file", table.partition_key,
                       twin.partition_key);
  }
  return "";
}

Result<void> compare(Client& client, const RawTable& table, const TableInfo& info,
                     const std::string& scratch_database) {
  RawTable twin = table;
  twin.database = scratch_database;
  RETURN_IF_ERROR(client.execute(create_raw_table(twin)));
  ASSIGN_OR_RETURN(const auto twin_info, find_table(client, twin.database, twin.name));
  ASSIGN_OR_RETURN(const auto wanted, columns_of(client, twin.database, twin.name));
  ASSIGN_OR_RETURN(const auto there, columns_of(client, table.database, table.name));
  if (!twin_info) return fail(ErrorCode::kClickHouse, "the twin of table {} vanished", table.name);
  const std::string differs = difference(there, wanted, info, *twin_info);
  if (differs.empty()) return {};
  return fail(ErrorCode::kStreamChanged, "{} does not fit its file: {}; {}", qualified(table.database, table.name),
              differs, kWhatToDo);
}

Result<void> widen_window(Client& client, const RawTable& table, const TableInfo& info) {
  if (info.engine_full.find(fmt::format("non_replicated_deduplication_window = {}", kDeduplicationWindow)) !=
      std::string::npos)
    return {};
  RETURN_IF_ERROR(client.execute(fmt::format("ALTER TABLE {} MODIFY SETTING non_replicated_deduplication_window = {}",
                                             qualified(table.database, table.name), kDeduplicationWindow)));
  return {};
}

}  // namespace

Result<std::vector<TableInfo>> tables_of(Client& client, const std::string& database) {
  return select_tables(client, fmt::format("database = {}", quote_literal(database)));
}

Result<std::optional<TableInfo>> find_table(Client& client, const std::string& database, const std::string& table) {
  ASSIGN_OR_RETURN(auto tables, select_tables(client, fmt::format("database = {} AND name = {}",
                                                                  quote_literal(database), quote_literal(table))));
  if (tables.empty()) return std::nullopt;
  return std::move(tables.front());
}

Result<std::vector<ColumnDefinition>> columns_of(Client& client, const std::string& database,
                                                 const std::string& table) {
  ASSIGN_OR_RETURN(const auto rows,
                   client.rows(fmt::format(
                       "SELECT name, type FROM system.columns WHERE database = {} AND table = {} ORDER BY position",
                       quote_literal(database), quote_literal(table))));
  std::vector<ColumnDefinition> columns;
  for (const auto& row : rows) {
    if (row.size() == 2) columns.push_back({row[0], row[1]});
  }
  return columns;
}

Result<void> ensure_book(Client& client, const std::string& book_database) {
  RETURN_IF_ERROR(client.execute(create_database(book_database)));
  for (const std::string& statement : create_book_tables(book_database)) RETURN_IF_ERROR(client.execute(statement));
  return {};
}

Result<void> ensure_raw_table(Client& client, const RawTable& table, const std::string& scratch_database) {
  RETURN_IF_ERROR(client.execute(create_database(table.database)));
  ASSIGN_OR_RETURN(const auto info, find_table(client, table.database, table.name));
  if (!info) {
    RETURN_IF_ERROR(client.execute(create_raw_table(table)));
    return {};
  }
  RETURN_IF_ERROR(client.execute(create_database(scratch_database)));
  const Result<void> fits = compare(client, table, *info, scratch_database);
  RETURN_IF_ERROR(client.execute(fmt::format("DROP DATABASE IF EXISTS {} SYNC", quote_identifier(scratch_database))));
  RETURN_IF_ERROR(fits);
  return widen_window(client, table, *info);
}

}  // namespace freshet::clickhouse
