#include "app/storage_figures.h"

#include <algorithm>
#include <limits>

namespace freshet::app {
namespace {

constexpr double kNoLimit = std::numeric_limits<double>::infinity();
constexpr double kYearDays = 365;

double days_of(int64_t duration_ms) {
  return duration_ms < 0 ? kNoLimit : static_cast<double>(duration_ms) / static_cast<double>(kDayMs);
}

double limit_of(int64_t max_bytes) { return max_bytes < 0 ? kNoLimit : static_cast<double>(max_bytes); }

/// 0 times no limit is nothing, not "not a number".
double in_balance(double per_day, double days) { return per_day > 0 ? per_day * days : 0; }

std::optional<double> sum(std::optional<double> a, std::optional<double> b) {
  if (!a) return b;
  return b ? *a + *b : a;
}

/// Topics that retention cuts.
bool is_cut(const TopicUse& topic) { return !topic.internal && !topic.compacted; }

void note_window(Forecast& out, const Arrivals& arrivals) {
  if (!bytes_per_day(arrivals)) return;
  out.window_ms = out.window_ms == 0 ? arrivals.window_ms : std::min(out.window_ms, arrivals.window_ms);
}

/// What retention leaves of the log; `at_most_days`: as if no topic were kept longer.
double kept_by_time(const StorageUse& use, double at_most_days) {
  double bytes = 0;
  for (const TopicUse& topic : use.topics) {
    if (!is_cut(topic)) continue;
    bytes += in_balance(bytes_per_day(topic.arrivals).value_or(0), std::min(days_of(topic.retention_ms), at_most_days));
  }
  return bytes;
}

void forecast_log(const StorageUse& use, Forecast& out) {
  for (const TopicUse& topic : use.topics) {
    out.log_bytes += topic.arrivals.bytes;
    if (!is_cut(topic)) continue;
    out.log_per_day = sum(out.log_per_day, bytes_per_day(topic.arrivals));
    note_window(out, topic.arrivals);
  }
  if (!out.log_per_day) return;
  const double limit = limit_of(use.log_max_bytes);
  const double by_time = kept_by_time(use, kNoLimit);
  const double settles = std::min(limit, by_time);
  if (settles < kNoLimit) out.log_settles_at_bytes = settles;
  if (limit < by_time) {
    out.log_full_in_days = std::max(0.0, limit - static_cast<double>(out.log_bytes)) / *out.log_per_day;
  }
  for (const int64_t days : {1, 3}) {
    const double with = std::min(limit, kept_by_time(use, static_cast<double>(days)));
    if (with < settles && settles < kNoLimit) out.savings.push_back({"log", days, with, settles});
  }
}

void forecast_tables(const StorageUse& use, Forecast& out) {
  for (const TableUse& table : use.tables) {
    out.table_bytes += table.arrivals.bytes;
    if (table.kind != "raw" && table.kind != "view") continue;
    const std::optional<double> per_day = bytes_per_day(table.arrivals);
    out.tables_per_day = sum(out.tables_per_day, per_day);
    note_window(out, table.arrivals);
    if (table.kind != "raw" || per_day.value_or(0) <= 0) continue;
    const double in_a_year = static_cast<double>(table.arrivals.bytes) + *per_day * kYearDays;
    for (const int64_t days : {30, 90}) {
      out.savings.push_back({table.name, days, *per_day * static_cast<double>(days), in_a_year});
    }
  }
}

}  // namespace

std::optional<double> bytes_per_day(const Arrivals& arrivals) {
  if (arrivals.window_ms < kLeastWindowMs || arrivals.held <= 0) return std::nullopt;
  const double bytes_each = static_cast<double>(arrivals.bytes) / static_cast<double>(arrivals.held);
  return bytes_each * static_cast<double>(arrivals.came) / days_of(arrivals.window_ms);
}

std::optional<double> compression_ratio(const TableUse& table) {
  if (table.compressed_bytes <= 0) return std::nullopt;
  return static_cast<double>(table.uncompressed_bytes) / static_cast<double>(table.compressed_bytes);
}

std::optional<double> days_until_full(double free_bytes, double log_per_day, double log_room, double tables_per_day) {
  const double both = log_per_day + tables_per_day;
  if (both <= 0) return std::nullopt;
  const double log_days = log_per_day > 0 ? log_room / log_per_day : 0;
  if (free_bytes <= both * log_days) return free_bytes / both;
  if (tables_per_day <= 0) return std::nullopt;
  return log_days + (free_bytes - both * log_days) / tables_per_day;
}

Forecast forecast(const StorageUse& use) {
  Forecast out;
  forecast_log(use, out);
  forecast_tables(use, out);
  if (out.window_ms == 0) return out;
  const double room = std::max(0.0, out.log_settles_at_bytes.value_or(kNoLimit) - static_cast<double>(out.log_bytes));
  out.disk_full_in_days = days_until_full(static_cast<double>(use.free_bytes), out.log_per_day.value_or(0), room,
                                          out.tables_per_day.value_or(0));
  return out;
}

}  // namespace freshet::app
