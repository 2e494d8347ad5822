#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Text of the tables that Freshet makes itself. What each column means is said in docs/project.md.
namespace freshet::clickhouse {

/// Parts of one table whose deduplication tokens are remembered. Raw, every storage and the dead letters need it:
/// without it, a repeated insert is inserted twice. Non-replicated tables have none by default.
inline constexpr int kDeduplicationWindow = 100'000;

struct ColumnDefinition {
  std::string name;
  std::string type;  ///< with a codec, where it has one
};

struct RawTable {
  std::string database;
  std::string name;
  std::vector<ColumnDefinition> columns;  ///< declared by the user; the service columns are added
  std::vector<std::string> order_by;      ///< expressions or column names
  std::string partition_by;               ///< expression; empty: none
};

/// `name`, always in back-quotes: for columns, whose names may be words of SQL.
std::string quoted(std::string_view name);
/// db.table, each quoted where it must be.
std::string qualified(std::string_view database, std::string_view table);

/// _epoch, _partition, _offset, _timestamp, _batch, _inserted_at: at the end of every raw table, in this order.
const std::vector<ColumnDefinition>& service_columns();

std::string create_database(std::string_view database);
/// CREATE TABLE IF NOT EXISTS, with the skip indexes and the projection `pos`, by which positions cost milliseconds:
/// SELECT _epoch, _partition, min(_offset), max(_offset), count(), sum(_offset) … GROUP BY _epoch, _partition.
std::string create_raw_table(const RawTable& table);
/// dead_letters, epochs, inserts, views, steps: CREATE TABLE IF NOT EXISTS each.
std::vector<std::string> create_book_tables(std::string_view book_database);

/// ENGINE, ORDER BY and SETTINGS of a table as system.tables.engine_full gives them, with the deduplication window.
std::string with_deduplication_window(std::string_view engine_full);

}  // namespace freshet::clickhouse
