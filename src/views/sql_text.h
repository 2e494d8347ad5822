#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

/// Small helpers on SQL text: never parsing, only finding and splitting.
namespace freshet::views {

/// Splits at commas outside of parentheses, brackets and quotes; trims, and takes back-quotes off plain names.
/// Parentheses around the whole list are taken off: ClickHouse shows the key of `ORDER BY (ts)` as "(ts)". "project,
/// toDate(ts, 'UTC'), `table`" → three.
std::vector<std::string> split_list(std::string_view text);

/// `type` without Nullable(…) and LowCardinality(…) around it.
std::string_view bare_type(std::string_view type);
bool is_time_type(std::string_view type);     ///< Date, Date32, DateTime, DateTime64
bool is_numeric_type(std::string_view type);  ///< what SummingMergeTree sums: integers, floats, decimals
/// Int8 … UInt32, Float32, Decimal of at most 9 digits: a sum of them can wrap.
bool is_narrow_type(std::string_view type);
/// AggregateFunction or SimpleAggregateFunction: `function` and the rest become its name and parameters,
/// "quantiles(0.5, 0.9)".
struct AggregateType {
  bool simple = false;
  std::string function;    ///< "quantiles"
  std::string parameters;  ///< "(0.5, 0.9)" or empty
};
bool parse_aggregate_type(std::string_view type, AggregateType& out);

/// What ClickHouse said without "Code: 47. DB::Exception:", the server's version, and the scratch database's name.
std::string plain_message(std::string_view message, std::string_view scratch_database);
/// Sets line and column of an error in a file with `sql`: where ClickHouse names them, else where the first name in
/// back-quotes of its message stands in the file.
void locate_by_message(std::string_view sql, std::string_view message, Error& error);
/// Where `name` stands: after AS if it does so, else the first time; comments are passed over.
void locate_name(std::string_view sql, std::string_view name, Error& error);

}  // namespace freshet::views
