#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// The arithmetic of `freshet status --storage`: what is on the disk, how fast it grows, when it is full. No I/O.
namespace freshet::app {

inline constexpr int64_t kDayMs = int64_t{24} * 3600 * 1000;
/// Younger data says nothing about a day: rates are unknown then.
inline constexpr int64_t kLeastWindowMs = 60'000;

/// What came within a window that ends now, and what the whole holds: bytes a day are the share of the window,
/// stretched to 24 hours.
struct Arrivals {
  int64_t window_ms = 0;  ///< at most kDayMs; less when the data is younger
  int64_t came = 0;       ///< records or rows within the window
  int64_t held = 0;       ///< records or rows that the bytes below hold
  int64_t bytes = 0;      ///< on the disk
};
/// Empty when the window is shorter than kLeastWindowMs, or nothing is held.
std::optional<double> bytes_per_day(const Arrivals& arrivals);

/// A topic of the log.
struct TopicUse {
  std::string name;
  bool internal = false;
  bool compacted = false;  ///< nothing goes there by time
  int32_t partitions = 0;
  int64_t retention_ms = -1;  ///< -1: for ever
  Arrivals arrivals;
};

/// A table of ClickHouse, all its active parts.
struct TableUse {
  std::string database;
  std::string name;
  std::string kind;    ///< "raw", "view", "book" (book-keeping and dead letters), "other"
  std::string stream;  ///< of raw and view
  int64_t rows = 0;
  int64_t uncompressed_bytes = 0;
  int64_t compressed_bytes = 0;  ///< of the columns; marks and indexes come on top on the disk
  Arrivals arrivals;             ///< a view's `held` and `came` count rows of its stream
};
/// Uncompressed by compressed bytes; empty without rows.
std::optional<double> compression_ratio(const TableUse& table);

struct StorageUse {
  int64_t disk_bytes = 0;  ///< the file system's size
  int64_t free_bytes = 0;  ///< what a user may still write
  int64_t log_max_bytes = -1;
  int64_t log_retention_ms = -1;  ///< of topics without one of their own
  std::vector<TopicUse> topics;
  std::vector<TableUse> tables;
  int64_t outdated_bytes = 0;      ///< parts that were merged; ClickHouse removes them within minutes
  std::string clickhouse_problem;  ///< why nothing is known of tables; empty: they are known
};

/// What an other setting would do.
struct Saving {
  std::string what;    ///< "log" or a raw table's name
  int64_t days = 0;    ///< retention or TTL
  double bytes = 0;    ///< with it: the log once it is in balance, a table in a year
  double instead = 0;  ///< of so much as things are
};

struct Forecast {
  int64_t log_bytes = 0;
  int64_t table_bytes = 0;
  std::optional<double> log_per_day;     ///< without internal and compacted topics
  std::optional<double> tables_per_day;  ///< raw tables and views
  int64_t window_ms = 0;                 ///< the shortest that a rate comes from; 0: there is no rate
  /// What the log comes to when as much goes as comes: by retention or log.max_bytes, whichever is less.
  std::optional<double> log_settles_at_bytes;
  std::optional<double> log_full_in_days;   ///< log.max_bytes, if retention does not keep it below
  std::optional<double> disk_full_in_days;  ///< empty: not at this rate, or no rate is known
  std::vector<Saving> savings;
};
Forecast forecast(const StorageUse& use);

/// Days until `free_bytes` are used by a log that grows to `log_room` more bytes at the most, and by tables that grow
/// on. Empty: never.
std::optional<double> days_until_full(double free_bytes, double log_per_day, double log_room, double tables_per_day);

}  // namespace freshet::app
