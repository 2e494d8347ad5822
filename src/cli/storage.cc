#include "cli/storage.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/strings.h"
#include "cli/terminal.h"

namespace freshet::cli {
namespace {

using nlohmann::json;

std::optional<double> number(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

int64_t whole(const json& object, const char* key) { return static_cast<int64_t>(number(object, key).value_or(0)); }

std::string bytes_of(double size_bytes) { return human_bytes(static_cast<uint64_t>(std::max(0.0, size_bytes))); }

std::string bytes(const json& object, const char* key) {
  const auto size = number(object, key);
  return size ? bytes_of(*size) : "-";
}

std::string name_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string fixed(std::optional<double> value, const char* unit = "") {
  return value ? fmt::format("{:.1f}{}", *value, unit) : "-";
}

/// "3 days", "5 hours", "40 years"
std::string days_text(double days) {
  constexpr double kYear = 365;
  if (days > 100 * kYear) return "more than 100 years";
  if (days >= 2 * kYear) return fmt::format("{:.0f} years", days / kYear);
  if (days >= 2) return fmt::format("{:.0f} days", days);
  return fmt::format("{:.0f} hours", days * 24);
}

std::string window_text(const json& storage) {
  const int64_t window_ms = whole(storage, "window_ms");
  const auto minutes = window_ms / 60'000;
  if (minutes >= 24 * 60) return "of the last 24 h";
  if (minutes < 2) return "extrapolated from the last minute only";
  return fmt::format("extrapolated from the last {}", human_duration(window_ms));
}

std::string retention_text(const json& log) {
  const auto retention = number(log, "retention_ms");
  return retention ? fmt::format("log.retention ({})", days_text(*retention / 86'400'000)) : "log.retention";
}

/// The sentences above the table.
std::string growth_text(const json& storage) {
  const json& log = storage["log"];
  const json& tables = storage["tables"];
  if (whole(storage, "window_ms") == 0) {
    return "How fast it grows is not known yet: that needs events, the first of them at least a minute old.\n";
  }
  const auto log_rate = number(log, "bytes_per_day");
  const auto table_rate = number(tables, "bytes_per_day");
  std::string out = fmt::format("Grows by {} a day: log {}, tables {} ({}).\n",
                                bytes_of(log_rate.value_or(0) + table_rate.value_or(0)), bytes(log, "bytes_per_day"),
                                bytes(tables, "bytes_per_day"), window_text(storage));
  if (const auto days = number(log, "full_in_days")) {
    out += fmt::format(
        "The log reaches log.max_bytes ({}) in {}; from then on its oldest segments go earlier than {} "
        "says.\n",
        bytes(log, "max_bytes"), days_text(*days), retention_text(log));
  } else if (const auto settles = number(log, "settles_at_bytes")) {
    out += fmt::format("The log settles at {}: by then retention removes as much as comes.\n", bytes_of(*settles));
  } else {
    out += "The log has no limit: neither retention nor log.max_bytes ends its growth.\n";
  }
  const auto full = number(storage, "disk_full_in_days");
  return out + (full ? fmt::format("The disk is full in {}.\n", days_text(*full))
                     : std::string("The disk does not fill up at this rate.\n"));
}

std::vector<std::string> row_of_topic(const json& topic) {
  return {"log",
          name_of(topic, "name"),
          bytes(topic, "bytes"),
          with_commas(whole(topic, "records")),
          fixed(number(topic, "bytes_per_record")),
          "-",
          bytes(topic, "bytes_per_day")};
}

/// Raw tables, views, the book-keeping, the rest.
constexpr int kRankOfOthers = 2;
int rank_of(const json& table) {
  const std::string kind = name_of(table, "kind");
  return kind == "raw" ? 0 : kind == "view" ? 1 : kind == "book" ? kRankOfOthers : kRankOfOthers + 1;
}

std::vector<std::string> row_of_table(const json& table) {
  return {name_of(table, "kind"),
          rank_of(table) < kRankOfOthers ? name_of(table, "name")
                                         : fmt::format("{}.{}", name_of(table, "database"), name_of(table, "name")),
          bytes(table, "bytes"),
          with_commas(whole(table, "rows")),
          fixed(number(table, "bytes_per_row")),
          fixed(number(table, "compression"), "x"),
          bytes(table, "bytes_per_day")};
}

/// Topics and tables by kind; within a kind the largest first.
std::string use_table(const json& storage) {
  const auto larger = [](const json* a, const json* b) { return whole(*a, "bytes") > whole(*b, "bytes"); };
  std::vector<const json*> topics;
  for (const json& topic : storage["log"]["topics"]) topics.push_back(&topic);
  std::stable_sort(topics.begin(), topics.end(), larger);
  std::vector<const json*> tables;
  for (const json& table : storage["tables"]["list"]) tables.push_back(&table);
  std::stable_sort(tables.begin(), tables.end(), [&](const json* a, const json* b) {
    return rank_of(*a) != rank_of(*b) ? rank_of(*a) < rank_of(*b) : larger(a, b);
  });
  std::vector<std::vector<std::string>> rows = {
      {"kind", "name", "on disk", "records", "bytes each", "compression", "a day"}};
  for (const json* topic : topics) rows.push_back(row_of_topic(*topic));
  for (const json* one : tables) rows.push_back(row_of_table(*one));
  return rows.size() > 1 ? "\n" + table(rows) : "";
}

std::string savings_text(const json& storage) {
  const auto savings = storage.find("savings");
  if (savings == storage.end() || !savings->is_array() || savings->empty()) return "";
  std::string out = "\nWhat would save space, at this rate:\n";
  for (const json& saving : *savings) {
    const std::string what = name_of(saving, "what");
    const std::string with = bytes(saving, "bytes");
    const std::string instead = bytes(saving, "instead_of_bytes");
    const int64_t days = whole(saving, "days");
    out += what == "log"
               ? fmt::format("  log.retention of {} d: the log settles at {} instead of {}\n", days, with, instead)
               : fmt::format("  {} kept for {} d only: {} in a year instead of {}\n", what, days, with, instead);
  }
  return out;
}

}  // namespace

Result<std::string> render_storage(const std::string& body) {
  const json storage = json::parse(body, nullptr, false);
  const auto has = [](const json& object, const char* key, const char* list) {
    return object.contains(key) && object[key].is_object() &&
           (!*list || (object[key].contains(list) && object[key][list].is_array()));
  };
  if (!storage.is_object() || !has(storage, "disk", "") || !has(storage, "log", "topics") ||
      !has(storage, "tables", "list")) {
    return fail(ErrorCode::kCorrupt, "the answer has no disk, log and tables");
  }
  const json& log = storage["log"];
  const json& tables = storage["tables"];
  const std::string problem = name_of(storage, "problem");
  std::string out = fmt::format("On disk: log {}, tables {}; {} free of {}.\n", bytes(log, "bytes"),
                                problem.empty() ? bytes(tables, "bytes") : "not known",
                                bytes(storage["disk"], "free_bytes"), bytes(storage["disk"], "bytes"));
  if (!problem.empty())
    out += fmt::format("Nothing is known of tables, because ClickHouse does not answer: {}\n", problem);
  if (whole(tables, "outdated_bytes") > 0) {
    out += fmt::format("{} more are parts that were merged; ClickHouse removes them within minutes.\n",
                       bytes(tables, "outdated_bytes"));
  }
  return out + growth_text(storage) + use_table(storage) + savings_text(storage);
}

}  // namespace freshet::cli
