#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/hash.h"

/// A project folder as plain data, read and checked. Nothing here talks to ClickHouse or a broker.
namespace freshet::project {

/// Of one topic: what an intent of 64 ranges and the group protocol carry well.
inline constexpr int32_t kMaxPartitions = 1000;

/// "127.0.0.1:9092"; port 0: any free one.
struct Address {
  std::string host;
  uint16_t port = 0;
  std::string to_string() const;  ///< IPv6 hosts in brackets
  bool is_loopback() const;
};

enum class Durability { kPower, kProcess };
enum class Overrun { kRefuse, kDrop };

struct KafkaSettings {
  Address listen{"127.0.0.1", 9092};
  Address advertise;  ///< same as listen unless named
  bool auto_create_topics = true;
  int32_t default_partitions = 4;
};
struct LogSettings {
  int64_t retention_ms = int64_t{7} * 24 * 3600 * 1000;  ///< -1: for ever
  int64_t max_bytes = int64_t{20} << 30;                 ///< of all topics together
  Overrun overrun = Overrun::kRefuse;
};
struct ClickHouseSettings {
  Address http{"127.0.0.1", 8123};
  Address tcp{"127.0.0.1", 9000};
};
struct EngineSettings {
  std::string program;           ///< a `clickhouse` program to start instead of libchdb; empty: libchdb, then PATH
  bool allow_untested = false;   ///< accept another version than the tested one
  bool kafka_tables = false;     ///< freshet_ingest may make tables of the engine Kafka
  int64_t max_memory_bytes = 0;  ///< 0: from the machine's memory
};

struct Column {
  std::string name;
  std::string type;  ///< as written; schema/ parses it
  int line = 0;      ///< of the type in the stream's file, for errors found later
  int column = 0;
};
struct IngestSettings {
  int32_t floor_ms = 20;  ///< least time between two inserts of the stream
  int64_t max_rows = 200'000;
  int64_t max_bytes = int64_t{64} << 20;
};
/// streams/NAME.yaml
struct Stream {
  std::string name;  ///< the file's name; the raw table's
  std::string file;  ///< "streams/events.yaml", for messages
  std::string topic;
  int32_t partitions = 4;
  std::string format = "json";
  std::vector<Column> columns;
  std::string time;                   ///< a Date or DateTime column; may be empty
  std::vector<std::string> order_by;  ///< expressions
  std::string partition_by;           ///< expression; may be empty
  IngestSettings ingest;
};
/// views/NAME.sql
struct View {
  std::string name;
  std::string file;
  std::string sql;  ///< the statement, verbatim
};

struct Project {
  std::string folder;
  std::string name;
  Uuid id;
  KafkaSettings kafka;
  Address web{"127.0.0.1", 8080};
  ClickHouseSettings clickhouse;
  EngineSettings engine;
  Durability durability = Durability::kPower;
  LogSettings log;
  bool unauthenticated_accepted = false;  ///< security: {unauthenticated: i-accept}
  std::vector<Stream> streams;            ///< by name
  std::vector<View> views;                ///< by name

  std::string data_folder() const { return folder + "/data"; }
  std::string book_database() const { return name + "__freshet"; }
};

/// Reads and checks every file of the folder; all errors found, each with file, line and column. Types and expressions
/// are ClickHouse's: schema/ checks the one, ClickHouse itself the other.
std::expected<Project, std::vector<Error>> load(const std::string& folder);

/// "7d", "20ms", "1h30m" in milliseconds; "20GiB", "64MB" in bytes.
Result<int64_t> parse_duration_ms(const std::string& text);
Result<int64_t> parse_size_bytes(const std::string& text);

}  // namespace freshet::project
