#include "clickhouse/ddl.h"

#include <fmt/format.h>

#include "base/strings.h"

namespace freshet::clickhouse {
namespace {

/// Columns that name, or expressions: a plain or dotted column name is quoted where it must be, anything else is
/// verbatim.
std::string key_expression(const std::string& text, const std::vector<ColumnDefinition>& columns) {
  for (const ColumnDefinition& column : columns) {
    if (column.name == text) return quoted(text);
  }
  return text;
}

struct BookTable {
  const char* name;
  const char* columns;
  const char* engine;
};

constexpr BookTable kBookTables[] = {
    {"dead_letters",
     "stream LowCardinality(String), topic LowCardinality(String), "
     "_epoch UInt32, _partition UInt32, _offset UInt64 CODEC(Delta, ZSTD(1)), "
     "_timestamp DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)), "
     "key Nullable(String) CODEC(ZSTD(1)), value Nullable(String) CODEC(ZSTD(3)), "
     "error String CODEC(ZSTD(1)), field LowCardinality(String), headers Map(String, String) CODEC(ZSTD(1)), "
     "_batch UInt64 CODEC(Delta, ZSTD(1)), _inserted_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)), "
     "PROJECTION pos (SELECT stream, _epoch, _partition, min(_offset), max(_offset), count(), sum(_offset) "
     "GROUP BY stream, _epoch, _partition)",
     "MergeTree PARTITION BY toYYYYMM(_inserted_at) ORDER BY (stream, _epoch, _partition, _offset)"},
    {"epochs",
     "cluster String, topic LowCardinality(String), topic_id UUID, epoch UInt32, created_at DateTime64(3, 'UTC') "
     "DEFAULT now64(3, 'UTC')",
     "MergeTree ORDER BY (topic, epoch)"},
    {"inserts",
     "at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)), stream LowCardinality(String), table LowCardinality(String), "
     "token String CODEC(ZSTD(1)), batch UInt64 CODEC(Delta, ZSTD(1)), ranges String CODEC(ZSTD(1)), rows UInt64, "
     "bytes UInt64, "
     "ms Float64",
     "MergeTree ORDER BY (stream, at) TTL toDateTime(at) + INTERVAL 30 DAY"},
    {"views",
     "name String, version UInt32, revision UInt64, state LowCardinality(String), stream String, storage String, "
     "trigger String, "
     "select String, table_body String, engine_full String, columns Array(Tuple(name String, type String)), "
     "source_columns Array(String), sorting_key Array(String), bucket_column String, bucket_width_s UInt32, reason "
     "String, "
     "changed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')",
     "ReplacingMergeTree(revision) ORDER BY (name, version)"},
    {"steps",
     "apply UUID, step UInt32, revision UInt64, kind LowCardinality(String), object String, statement String, "
     "state LowCardinality(String), error String, changed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')",
     "ReplacingMergeTree(revision) ORDER BY (apply, step)"},
};

}  // namespace

std::string quoted(std::string_view name) {
  const std::string text = quote_identifier(name);
  return text.starts_with('`') ? text : "`" + text + "`";
}

std::string qualified(std::string_view database, std::string_view table) {
  return quote_identifier(database) + "." + quote_identifier(table);
}

const std::vector<ColumnDefinition>& service_columns() {
  // Rows of one insert share or nearly share these values, and the sort order scatters offsets: Delta, then ZSTD.
  static const std::vector<ColumnDefinition> kColumns = {
      {"_epoch", "UInt32 CODEC(ZSTD(1))"},         {"_partition", "UInt32 CODEC(ZSTD(1))"},
      {"_offset", "UInt64 CODEC(Delta, ZSTD(1))"}, {"_timestamp", "DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))"},
      {"_batch", "UInt64 CODEC(Delta, ZSTD(1))"},  {"_inserted_at", "DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1))"},
  };
  return kColumns;
}

std::string create_database(std::string_view database) {
  return fmt::format("CREATE DATABASE IF NOT EXISTS {} ENGINE = Atomic", quote_identifier(database));
}

std::string create_raw_table(const RawTable& table) {
  std::string columns;
  for (const auto* list : {&table.columns, &service_columns()}) {
    for (const ColumnDefinition& column : *list) columns += fmt::format("  {} {},\n", quoted(column.name), column.type);
  }
  std::vector<std::string> keys;
  for (const std::string& key : table.order_by) keys.push_back(key_expression(key, table.columns));
  return fmt::format(
      "CREATE TABLE IF NOT EXISTS {} (\n{}"
      "  INDEX _by_epoch _epoch TYPE minmax GRANULARITY 1,\n"
      "  INDEX _by_partition _partition TYPE minmax GRANULARITY 1,\n"
      "  INDEX _by_offset _offset TYPE minmax GRANULARITY 1,\n"
      "  PROJECTION pos (SELECT _epoch, _partition, min(_offset), max(_offset), count(), sum(_offset) GROUP BY _epoch, "
      "_partition)\n"
      ") ENGINE = MergeTree{}\nORDER BY {}\nSETTINGS non_replicated_deduplication_window = {}",
      qualified(table.database, table.name), columns,
      table.partition_by.empty() ? "" : "\nPARTITION BY " + key_expression(table.partition_by, table.columns),
      keys.size() == 1 ? keys[0] : fmt::format("({})", fmt::join(keys, ", ")), kDeduplicationWindow);
}

std::vector<std::string> create_book_tables(std::string_view book_database) {
  std::vector<std::string> statements;
  for (const BookTable& table : kBookTables) {
    statements.push_back(
        fmt::format("CREATE TABLE IF NOT EXISTS {} ({}) ENGINE = {} SETTINGS non_replicated_deduplication_window = {}",
                    qualified(book_database, table.name), table.columns, table.engine, kDeduplicationWindow));
  }
  return statements;
}

std::string with_deduplication_window(std::string_view engine_full) {
  const char* joint = engine_full.rfind(" SETTINGS ") == engine_full.npos ? " SETTINGS" : ",";
  return fmt::format("{}{} non_replicated_deduplication_window = {}", engine_full, joint, kDeduplicationWindow);
}

}  // namespace freshet::clickhouse
