#include "views/finalize.h"

#include <fmt/format.h>

#include <algorithm>

#include "views/sql_text.h"

namespace freshet::views {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

bool is_summed(const StorageShape& shape, const std::vector<std::string>& listed,
               const clickhouse::ColumnDefinition& column) {
  return shape.engine == "SummingMergeTree" && is_numeric_type(column.type) &&
         !contains(shape.sorting_key, column.name) && !contains(shape.partition_key, column.name) &&
         (listed.empty() || contains(listed, column.name));
}

std::string grouped_select(const StorageShape& shape, const std::string& storage) {
  const std::vector<std::string> listed = summed_columns(shape);
  std::string outer;
  std::string inner;
  std::string zeros;
  bool has_states = false;
  for (size_t i = 0; i < shape.columns.size(); ++i) {
    const clickhouse::ColumnDefinition& column = shape.columns[i];
    const std::string name = clickhouse::quoted(column.name);
    AggregateType type;
    std::string value = "any(" + name + ")";
    if (contains(shape.sorting_key, column.name)) {
      value = name;
    } else if (parse_aggregate_type(column.type, type)) {
      value = fmt::format("{}{}{}({})", type.function, type.simple ? "" : "Merge", type.parameters, name);
      has_states = true;
    } else if (is_summed(shape, listed, column)) {
      value = "sum(" + name + ")";
      zeros += fmt::format("{}ifNull(__c{}, 0) = 0", zeros.empty() ? "" : " AND ", i);
    }
    const char* comma = i == 0 ? "" : ", ";
    outer += fmt::format("{}__c{} AS {}", comma, i, name);
    inner += fmt::format("{}{} AS __c{}", comma, value, i);
  }
  std::vector<std::string> keys;
  for (const std::string& key : shape.sorting_key) {
    const bool is_column =
        std::any_of(shape.columns.begin(), shape.columns.end(), [&](const auto& column) { return column.name == key; });
    keys.push_back(is_column ? clickhouse::quoted(key) : key);
  }
  const std::string group = keys.empty() ? " HAVING count() > 0" : fmt::format(" GROUP BY {}", fmt::join(keys, ", "));
  // ClickHouse drops rows whose sums are all 0 when it merges, unless they hold a state.
  const std::string where = zeros.empty() || has_states ? "" : " WHERE NOT (" + zeros + ")";
  return fmt::format("SELECT {} FROM (SELECT {} FROM {}{}){}", outer, inner, storage, group, where);
}

}  // namespace

std::vector<std::string> summed_columns(const StorageShape& shape) {
  const std::string prefix = "SummingMergeTree(";
  if (!shape.engine_full.starts_with(prefix)) return {};
  int depth = 1;
  size_t end = prefix.size();
  for (; end < shape.engine_full.size() && depth > 0; ++end) {
    depth += shape.engine_full[end] == '(' ? 1 : shape.engine_full[end] == ')' ? -1 : 0;
  }
  std::string list = shape.engine_full.substr(prefix.size(), end - prefix.size() - 1);
  if (list.starts_with('(')) list = list.substr(1, list.size() - 2);
  return split_list(list);
}

std::string finalizing_select(const StorageShape& shape, const std::string& storage) {
  if (shape.engine == "MergeTree") return "SELECT * FROM " + storage;
  if (shape.engine == "SummingMergeTree" || shape.engine == "AggregatingMergeTree")
    return grouped_select(shape, storage);
  return "SELECT * FROM " + storage + " FINAL";
}

}  // namespace freshet::views
