#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "clickhouse/client.h"
#include "clickhouse/ddl.h"

/// What ClickHouse's system tables say, and making Freshet's tables once.
namespace freshet::clickhouse {

struct TableInfo {
  std::string name;
  std::string engine;
  std::string engine_full;
  std::string sorting_key;  ///< "project, ts"
  std::string partition_key;
  std::string uuid;
  std::string create_query;  ///< canonical, one line
  std::string as_select;     ///< of a view
};

/// The tables and views of a database, by name; none when the database does not exist.
Result<std::vector<TableInfo>> tables_of(Client& client, const std::string& database);
Result<std::optional<TableInfo>> find_table(Client& client, const std::string& database, const std::string& table);
/// Names and types in ClickHouse's own spelling, in the table's order.
Result<std::vector<ColumnDefinition>> columns_of(Client& client, const std::string& database, const std::string& table);

/// Database and tables of the book-keeping. Idempotent.
Result<void> ensure_book(Client& client, const std::string& book_database);
/// The project's database and a raw table. A table that is there already must fit: its columns, sorting and partition
/// keys are compared in ClickHouse's spelling, by way of a twin in `scratch_database` (a name that nobody else uses).
/// kStreamChanged says what differs and what to do. A window that is too small is widened. Idempotent.
Result<void> ensure_raw_table(Client& client, const RawTable& table, const std::string& scratch_database);

}  // namespace freshet::clickhouse
