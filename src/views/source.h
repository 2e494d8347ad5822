#pragma once

#include <string>
#include <string_view>
#include <vector>

/// A view's SELECT with its source left open. ClickHouse writes a view's query in one canonical form, every table
/// qualified; the scratch database has a name that occurs nowhere else, so `NONCE.stream` can be replaced as text: no
/// parser is needed.
namespace freshet::views {

/// Stands for the database of the streams in a stored SELECT: `FROM __freshet_source__.events AS e`.
inline constexpr std::string_view kSourceMarker = "__freshet_source__";

/// Replaces `scratch_database.` by the marker.
std::string with_marker(std::string_view select, std::string_view scratch_database);

/// The streams that a marked SELECT reads, one entry an occurrence.
std::vector<std::string> sources_of(std::string_view select);

/// Replaces each `__freshet_source__.STREAM [AS alias]` by `(SELECT columns FROM table WHERE condition) AS alias`.
/// `table`: qualified and quoted; `condition` may be empty. The columns are listed, so that a column added later
/// changes nothing.
std::string with_source(std::string_view select, std::string_view table, const std::vector<std::string>& columns,
                        std::string_view condition);

}  // namespace freshet::views
