#include "engine/token_repair.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <unordered_map>

#include "base/log_line.h"
#include "base/strings.h"
#include "engine/files.h"

namespace freshet::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLogPrefix = "deduplication_log_";
constexpr std::string_view kLogSuffix = ".txt";

struct Record {
  bool adds = false;
  std::string_view part;  ///< looks into the log, as `id`
  std::string_view id;
};

std::optional<Record> parse_record(std::string_view line) {
  const size_t first = line.find('\t');
  const size_t second = first == std::string_view::npos ? first : line.find('\t', first + 1);
  if (first != 1 || second == std::string_view::npos || (line[0] != '1' && line[0] != '2')) return std::nullopt;
  Record record{line[0] == '1', line.substr(2, second - 2), line.substr(second + 1)};
  const bool whole = !record.part.empty() && !record.id.empty() && record.id.find('\t') == std::string_view::npos &&
                     line.find('\0') == std::string_view::npos;
  return whole ? std::optional(record) : std::nullopt;
}

/// PARTITION_MIN_MAX_LEVEL or PARTITION_MIN_MAX_LEVEL_MUTATION; a partition id holds no '_'.
struct PartName {
  std::string_view partition;
  int64_t min = 0;
  int64_t max = 0;
};

std::optional<PartName> parse_part(std::string_view name) {
  const auto fields = split(name, '_');
  if (fields.size() < 4 || fields.size() > 5 || fields[0].empty()) return std::nullopt;
  PartName part{fields[0], 0, 0};
  for (size_t i = 1; i < fields.size(); ++i) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(fields[i].data(), fields[i].data() + fields[i].size(), value);
    if (error != std::errc() || end != fields[i].data() + fields[i].size() || value < 0) return std::nullopt;
    if (i == 1) part.min = value;
    if (i == 2) part.max = value;
  }
  return part.min <= part.max ? std::optional(part) : std::nullopt;
}

/// Which parts are on disk, or merged into one that is.
class PartSet {
 public:
  explicit PartSet(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      if (const auto part = parse_part(name)) ranges_[std::string(part->partition)].push_back({part->min, part->max});
    }
    for (auto& [partition, ranges] : ranges_) {
      std::sort(ranges.begin(), ranges.end());
      // Farthest end so far: a merged part may begin before smaller ones that it covers.
      for (size_t i = 1; i < ranges.size(); ++i) ranges[i].second = std::max(ranges[i].second, ranges[i - 1].second);
    }
  }

  bool covers(const PartName& part) const {
    const auto found = ranges_.find(part.partition);
    if (found == ranges_.end()) return false;
    const auto& ranges = found->second;
    const auto after = std::upper_bound(ranges.begin(), ranges.end(), std::pair(part.min, INT64_MAX));
    return after != ranges.begin() && std::prev(after)->second >= part.max;
  }

 private:
  std::map<std::string, std::vector<std::pair<int64_t, int64_t>>, std::less<>> ranges_;
};

/// The finished lines of a log; `rest` is what follows the last line end.
std::vector<std::string_view> finished_lines(std::string_view log, std::string_view& rest) {
  std::vector<std::string_view> lines;
  size_t begin = 0;
  for (size_t end = log.find('\n'); end != std::string_view::npos; end = log.find('\n', begin)) {
    lines.push_back(log.substr(begin, end - begin));
    begin = end + 1;
  }
  rest = log.substr(begin);
  return lines;
}

}  // namespace

Result<RepairedLog> repair_log(const std::vector<std::string_view>& logs, const std::vector<std::string>& parts) {
  RepairedLog result;
  if (logs.empty()) return result;
  std::unordered_map<std::string_view, std::string_view> tokens;  // id → part that it stands for
  std::vector<std::string_view> order;                            // ids, as they were added
  for (size_t i = 0; i < logs.size(); ++i) {
    std::string_view rest;
    const auto lines = finished_lines(logs[i], rest);
    for (size_t line = 0; line < lines.size(); ++line) {
      const auto record = parse_record(lines[line]);
      if (!record)
        return fail(ErrorCode::kTokenLog, "log {} of {}, line {} is not a record", i + 1, logs.size(), line + 1);
      if (!record->adds) {
        tokens.erase(record->id);
      } else if (tokens.insert_or_assign(record->id, record->part).second) {
        order.push_back(record->id);
      }
    }
    if (!rest.empty() && i + 1 < logs.size()) {
      return fail(ErrorCode::kTokenLog, "log {} of {} ends within a line", i + 1, logs.size());
    }
    if (i + 1 == logs.size()) {
      result.torn = !rest.empty();
      result.text = logs[i].substr(0, logs[i].size() - rest.size());
    }
  }
  const PartSet on_disk(parts);
  for (const std::string_view id : order) {
    const auto token = tokens.find(id);
    if (token == tokens.end()) continue;  // struck out, or met before
    const auto part = parse_part(token->second);
    if (!part || !on_disk.covers(*part)) {
      result.text += fmt::format("2\t{}\t{}\n", token->second, id);
      ++result.struck_out;
    }
    tokens.erase(token);
  }
  return result;
}

std::string readable_lines(std::string_view log) {
  std::string out;
  std::string_view rest;
  for (const std::string_view line : finished_lines(log, rest)) {
    if (parse_record(line)) out.append(line).append("\n");
  }
  return out;
}

namespace {

Error token_log_error(const Error& cause) {
  return {ErrorCode::kTokenLog,
          cause.message +
              "; ClickHouse is not started before its deduplication logs can be checked, for repeated inserts could "
              "be lost",
          {},
          0,
          0};
}

std::optional<int64_t> log_number(const std::string& name) {
  if (!name.starts_with(kLogPrefix) || !name.ends_with(kLogSuffix)) return std::nullopt;
  const char* end = name.data() + name.size() - kLogSuffix.size();
  int64_t number = 0;
  const auto parsed = std::from_chars(name.data() + kLogPrefix.size(), end, number);
  return parsed.ptr == end && parsed.ec == std::errc() ? std::optional(number) : std::nullopt;
}

struct TableLogs {
  std::vector<std::string> paths;  ///< oldest first
  std::vector<std::string> texts;
};

Result<TableLogs> read_logs(const fs::path& folder) {
  std::map<int64_t, std::string> by_number;
  std::error_code code;
  for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
    if (const auto number = log_number(entry->path().filename().string())) by_number[*number] = entry->path().string();
  }
  if (code) return std::unexpected(token_log_error(file_error("list", folder.string(), code.value())));
  TableLogs logs;
  for (const auto& [number, path] : by_number) {
    auto text = read_whole_file(path);
    if (!text) return std::unexpected(token_log_error(text.error()));
    logs.paths.push_back(path);
    logs.texts.push_back(std::move(*text));
  }
  return logs;
}

Result<std::vector<std::string>> part_folders(const fs::path& table) {
  std::vector<std::string> names;
  std::error_code code;
  for (fs::directory_iterator entry(table, code), end; !code && entry != end; entry.increment(code)) {
    std::string name = entry->path().filename().string();
    if (parse_part(name)) names.push_back(std::move(name));
  }
  if (code) return std::unexpected(token_log_error(file_error("list", table.string(), code.value())));
  return names;
}

/// Keeps the originals beside, and only what can be read in their place.
Result<void> put_aside(TableLogs& logs) {
  for (size_t i = 0; i < logs.paths.size(); ++i) {
    std::string readable = readable_lines(logs.texts[i]);
    if (readable == logs.texts[i]) continue;
    if (auto kept = write_private_file(logs.paths[i] + ".unreadable", logs.texts[i]); !kept) {
      return std::unexpected(token_log_error(kept.error()));
    }
    if (auto written = write_private_file(logs.paths[i], readable); !written)
      return std::unexpected(token_log_error(written.error()));
    logs.texts[i] = std::move(readable);
  }
  return {};
}

constexpr const char* kLostFile = "token_logs_lost";

Result<uint64_t> read_lost(const fs::path& data_folder) {
  const fs::path path = data_folder / kLostFile;
  std::error_code code;
  uint64_t lost = 0;
  if (!fs::exists(path, code) && !code) return lost;
  if (std::ifstream file(path); !code && file >> lost) return lost;
  return fail(ErrorCode::kTokenLog, "{} cannot be read, or holds no number", path.string());
}

Result<void> repair_table(const fs::path& data_folder, const fs::path& table, RepairReport& report) {
  ASSIGN_OR_RETURN(TableLogs logs, read_logs(table / "deduplication_logs"));
  if (logs.paths.empty()) return {};
  ASSIGN_OR_RETURN(const auto parts, part_folders(table));
  ++report.tables;
  const auto views = [&] { return std::vector<std::string_view>(logs.texts.begin(), logs.texts.end()); };
  auto repaired = repair_log(views(), parts);
  if (!repaired) {
    log_error("engine", "{} in {}: no token of before is trusted any more; the original is kept as *.unreadable",
              repaired.error().message, (table / "deduplication_logs").string());
    ++report.unreadable;
    // First: whoever finds the logs readable again must know that they are not whole.
    ASSIGN_OR_RETURN(const uint64_t lost, read_lost(data_folder));
    const std::string path = (data_folder / kLostFile).string();
    if (auto noted = write_private_file(path, fmt::format("{}\n", lost + 1)); !noted) {
      return std::unexpected(token_log_error(noted.error()));
    }
    RETURN_IF_ERROR(put_aside(logs));
    repaired = repair_log(views(), parts);
    if (!repaired) return std::unexpected(repaired.error());
  }
  report.struck_out += repaired->struck_out;
  if (repaired->text == logs.texts.back()) return {};
  if (auto written = write_private_file(logs.paths.back(), repaired->text); !written) {
    return std::unexpected(token_log_error(written.error()));
  }
  return {};
}

}  // namespace

Result<RepairReport> repair_token_logs(const std::string& data_folder) {
  RepairReport report;
  const fs::path store = fs::path(data_folder) / "store";
  std::error_code code;
  if (!fs::exists(store, code) && !code) return report;
  for (fs::directory_iterator group(store, code), end; !code && group != end; group.increment(code)) {
    std::error_code inner;
    if (!group->is_directory(inner)) continue;
    for (fs::directory_iterator table(group->path(), inner); !inner && table != end; table.increment(inner)) {
      std::error_code ignored;
      if (fs::is_directory(table->path() / "deduplication_logs", ignored))
        RETURN_IF_ERROR(repair_table(data_folder, table->path(), report));
    }
    if (inner) return std::unexpected(token_log_error(file_error("list", group->path().string(), inner.value())));
  }
  if (code) return std::unexpected(token_log_error(file_error("list", store.string(), code.value())));
  ASSIGN_OR_RETURN(report.ever_unreadable, read_lost(data_folder));
  return report;
}

}  // namespace freshet::engine
