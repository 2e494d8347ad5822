#pragma once

#include <string>
#include <vector>

#include "clickhouse/ddl.h"

/// The plain view over a storage table: always finished rows, whatever ClickHouse has merged so far.
namespace freshet::views {

struct StorageShape {
  std::string engine;       ///< "SummingMergeTree"
  std::string engine_full;  ///< "SummingMergeTree((a, b)) ORDER BY …"
  std::vector<clickhouse::ColumnDefinition> columns;
  std::vector<std::string> sorting_key;    ///< names or expressions
  std::vector<std::string> partition_key;  ///< names or expressions
};

/// Columns in SummingMergeTree's list of what to sum; empty: all that can be.
std::vector<std::string> summed_columns(const StorageShape& shape);

/// The SELECT of the plain view: a GROUP BY over the sorting key for Summing and Aggregating (sums summed, states
/// merged, rows whose sums are all 0 hidden, as a merge would drop them), FINAL for Replacing and its kin, SELECT * for
/// MergeTree.
std::string finalizing_select(const StorageShape& shape, const std::string& storage);

}  // namespace freshet::views
