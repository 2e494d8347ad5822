#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

/// The repair of ClickHouse's deduplication logs, before an engine is started.
///
/// A non-replicated MergeTree table writes the token of an inserted part to deduplication_logs/deduplication_log_N.txt
/// before it renames the part into place, and never syncs that file. An engine that is killed in between, or whose
/// rename fails, remembers a token whose part does not exist: the same insert sent again is answered 200 and inserts
/// nothing. So a token whose part is not on disk is struck out. Format (MergeTreeDeduplicationLog.cpp): one record a
/// line, `1<tab>PART<tab>ID` adds, `2<tab>PART<tab>ID` strikes out; parts are PARTITION_MIN_MAX_LEVEL[_MUTATION].
namespace freshet::engine {

/// What has to be done to one log file so that the table has no token without a part.
struct RepairedLog {
  std::string text;        ///< the file as it should be; equal to the input when nothing is wrong
  int64_t struck_out = 0;  ///< tokens without a part, each struck out by an appended line
  bool torn = false;       ///< an unfinished last line was cut
};

/// Pure. `logs`: the table's log files, oldest first; the last is repaired, the others are read for what they added and
/// struck out. `parts`: the names of the table's part folders (others are ignored). kTokenLog, naming the line, when a
/// finished line of any file is not a record.
Result<RepairedLog> repair_log(const std::vector<std::string_view>& logs, const std::vector<std::string>& parts);

/// A file whose unreadable lines are left out, for a table whose tokens cannot be trusted any more.
std::string readable_lines(std::string_view log);

struct RepairReport {
  int64_t tables = 0;      ///< tables with token logs
  int64_t struck_out = 0;  ///< tokens
  int64_t unreadable = 0;  ///< tables with unreadable logs, whose originals were kept as FILE.unreadable
  /// How many tables, in all the life of the data folder, had unreadable logs; kept in its file token_logs_lost.
  uint64_t ever_unreadable = 0;
};

/// Repairs every table below `data_folder`/store. The engine must not run. Changes nothing but deduplication logs, each
/// file replaced as a whole and synced. A file that the system does not let us read or write is kTokenLog: then no
/// engine may be started on the folder.
Result<RepairReport> repair_token_logs(const std::string& data_folder);

}  // namespace freshet::engine
