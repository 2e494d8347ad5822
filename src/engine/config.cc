#include "engine/config.h"

#include <sys/sysinfo.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/strings.h"
#include "engine/files.h"

namespace freshet::engine {
namespace {

constexpr int64_t kGiB = int64_t{1} << 30;

std::string xml_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string grants(const std::vector<std::string>& statements) {
  std::string out = "<grants>";
  for (const std::string& statement : statements) out += "\n        <query>GRANT " + xml_escape(statement) + "</query>";
  return out + "\n      </grants>";
}

std::string user(const std::string& name, const std::string& password, const std::string& profile,
                 const std::vector<std::string>& statements, const std::string& quota = "default") {
  const std::string secret = password.empty()
                                 ? "<password></password>"
                                 : fmt::format("<password_sha256_hex>{}</password_sha256_hex>", sha256_hex(password));
  return fmt::format(R"(
    <{0}>
      {1}
      <networks><ip>127.0.0.1</ip><ip>::1</ip></networks>
      <profile>{2}</profile>
      <quota>{4}</quota>
      <access_management>0</access_management>
      {3}
    </{0}>)",
                     name, secret, profile, grants(statements), quota);
}

/// Engines that keep to the data folder: none that reads files, other servers or queues.
const std::vector<std::string> kEngineGrants = {"TABLE ENGINE ON Atomic",
                                                "TABLE ENGINE ON MergeTree",
                                                "TABLE ENGINE ON SummingMergeTree",
                                                "TABLE ENGINE ON AggregatingMergeTree",
                                                "TABLE ENGINE ON ReplacingMergeTree",
                                                "TABLE ENGINE ON CollapsingMergeTree",
                                                "TABLE ENGINE ON VersionedCollapsingMergeTree",
                                                "TABLE ENGINE ON CoalescingMergeTree",
                                                "TABLE ENGINE ON Null",
                                                "TABLE ENGINE ON Memory"};

std::vector<std::string> ingest_grants(const std::string& project, bool kafka_tables) {
  std::vector<std::string> out;
  for (const std::string& database :
       {quote_identifier(project), quote_identifier(project + "__freshet"), std::string("fr_scratch_*")}) {
    out.push_back("ALL ON " + database + ".*");
  }
  out.insert(out.end(), {"SELECT ON system.*", "SELECT ON INFORMATION_SCHEMA.*", "KILL QUERY ON *.*",
                         "CREATE TEMPORARY TABLE ON *.*"});
  out.insert(out.end(), kEngineGrants.begin(), kEngineGrants.end());
  if (kafka_tables) out.push_back("TABLE ENGINE ON Kafka");
  return out;
}

std::vector<std::string> query_grants(const std::string& project) {
  std::vector<std::string> out;
  for (const std::string& database : {project, project + "__freshet"}) {
    out.push_back("SELECT ON " + quote_identifier(database) + ".*");
    out.push_back("SHOW ON " + quote_identifier(database) + ".*");
  }
  for (const char* table : {"tables",
                            "columns",
                            "databases",
                            "parts",
                            "parts_columns",
                            "projections",
                            "projection_parts",
                            "data_skipping_indices",
                            "merges",
                            "mutations",
                            "kafka_consumers",
                            "metrics",
                            "events",
                            "asynchronous_metrics",
                            "disks",
                            "storage_policies",
                            "settings",
                            "merge_tree_settings",
                            "functions",
                            "formats",
                            "data_type_families",
                            "table_engines",
                            "table_functions",
                            "one",
                            "numbers",
                            "numbers_mt",
                            "zeros",
                            "build_options",
                            "time_zones",
                            "keywords",
                            "completions",
                            "errors"}) {
    out.push_back(fmt::format("SELECT ON system.{}", table));
  }
  out.push_back("SELECT ON INFORMATION_SCHEMA.*");
  return out;
}

std::vector<std::string> scratch_grants() {
  std::vector<std::string> out = {
      "CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP DATABASE, DROP TABLE, DROP VIEW, INSERT, SELECT, SHOW ON "
      "fr_scratch_*.*",
      "SELECT ON system.tables", "SELECT ON system.columns", "SELECT ON system.databases"};
  out.insert(out.end(), kEngineGrants.begin(), kEngineGrants.end());
  return out;
}

/// ClickHouse does not leave its consumer group when a Kafka table is dropped or the engine ends
/// (https://github.com/ClickHouse/ClickHouse/issues/104305), so the next one waits for partitions until the old
/// member's session has ended: 45 s by default, 6 s here, the least that Kafka's brokers accept.
constexpr const char* kKafkaSection = "\n  <kafka><session_timeout_ms>6000</session_timeout_ms></kafka>";

/// The user of the start-up query, which opens the listeners and waits for the end of its input. clickhouse-local
/// insists on a user `default` without a password, and on these rights. So that nobody else on the machine can use
/// them, its profile allows one session: that is the start-up query's own, which begins before the listeners and ends
/// with the process. Its quota, exactly the three statements of the start, is the second bolt (it does not count
/// SELECTs from system.one).
constexpr int kStartStatements = 3;
const std::vector<std::string> kStartGrants = {"SYSTEM LISTEN ON *.*", "READ ON FILE", "CREATE TEMPORARY TABLE ON *.*"};

int64_t number_in_file(const std::string& path) {
  const auto text = read_whole_file(path);
  int64_t value = 0;
  if (!text) return 0;
  std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

/// The lowest limit on the way from our control group to the root, both versions; 0 without one.
int64_t control_group_limit_bytes() {
  int64_t limit = number_in_file("/sys/fs/cgroup/memory/memory.limit_in_bytes");
  const auto groups = read_whole_file("/proc/self/cgroup");
  if (!groups) return limit;
  for (const std::string_view line : split(*groups, '\n')) {
    if (!line.starts_with("0::/")) continue;
    for (std::string path(line.substr(3));; path.resize(path.rfind('/'))) {
      const int64_t here = number_in_file("/sys/fs/cgroup" + path + "/memory.max");
      if (here > 0 && (limit == 0 || here < limit)) limit = here;
      if (path.find('/') == std::string::npos) break;
    }
  }
  return limit;
}

}  // namespace

std::string server_config(const ConfigInputs& inputs) {
  const int sync = inputs.power_durable ? 1 : 0;
  return fmt::format(R"(<clickhouse>
  <!-- Made by freshet at each start; changes are lost. There is no logger section: with one, everything is logged. -->
  <users_config>{users}</users_config>
  <max_server_memory_usage>{memory}</max_server_memory_usage>
  <max_connections>256</max_connections>
  <max_concurrent_queries>128</max_concurrent_queries>
  <keep_alive_timeout>30</keep_alive_timeout>
  <mark_cache_size>134217728</mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <compiled_expression_cache_size>16777216</compiled_expression_cache_size>
  <query_cache><max_size_in_bytes>0</max_size_in_bytes></query_cache>
  <max_thread_pool_size>512</max_thread_pool_size>
  <max_thread_pool_free_size>16</max_thread_pool_free_size>
  <background_pool_size>2</background_pool_size>
  <background_merges_mutations_concurrency_ratio>2</background_merges_mutations_concurrency_ratio>
  <os_threads_nice_value_merge_mutate>10</os_threads_nice_value_merge_mutate>
  <background_schedule_pool_size>2</background_schedule_pool_size>
  <background_common_pool_size>2</background_common_pool_size>
  <background_move_pool_size>1</background_move_pool_size>
  <background_fetches_pool_size>1</background_fetches_pool_size>
  <asynchronous_metrics_update_period_s>10</asynchronous_metrics_update_period_s>
  <asynchronous_heavy_metrics_update_period_s>600</asynchronous_heavy_metrics_update_period_s>
  <access_control_improvements>
    <users_without_row_policies_can_read_rows>true</users_without_row_policies_can_read_rows>
    <on_cluster_queries_require_cluster_grant>true</on_cluster_queries_require_cluster_grant>
    <select_from_system_db_requires_grant>true</select_from_system_db_requires_grant>
    <select_from_information_schema_requires_grant>true</select_from_information_schema_requires_grant>
    <table_engines_require_grant>true</table_engines_require_grant>
  </access_control_improvements>
  <merge_tree>
    <non_replicated_deduplication_window>{window}</non_replicated_deduplication_window>
    <fsync_after_insert>{sync}</fsync_after_insert>
    <fsync_part_directory>{sync}</fsync_part_directory>
    <min_parts_to_merge_at_once>8</min_parts_to_merge_at_once>
  </merge_tree>
  <storage_configuration>
    <policies><default><volumes><default><disk>default</disk></default></volumes></default></policies>
  </storage_configuration>
  <!-- Nothing calls out: no crash reports, no remote tables in user queries (they have no right to them). -->
  <send_crash_reports><enabled>false</enabled></send_crash_reports>{kafka}
</clickhouse>
)",
                     fmt::arg("users", xml_escape(inputs.users_config_path)),
                     fmt::arg("memory", inputs.max_memory_bytes), fmt::arg("window", kDeduplicationWindow),
                     fmt::arg("sync", sync), fmt::arg("kafka", inputs.kafka_tables ? kKafkaSection : ""));
}

/// A SELECT from a Kafka table takes its messages away from its views: reading must not lose what is to be stored.
constexpr const char* kNoQueues = R"(
        <stream_like_engine_allow_direct_select><const/></stream_like_engine_allow_direct_select>)";

std::string users_config(const ConfigInputs& inputs, const Users& users) {
  const int64_t query_memory = std::max<int64_t>(inputs.max_memory_bytes / 2, kGiB / 4);
  const auto limited = [&](const char* seconds, const char* rows, const char* more) {
    return fmt::format(R"(<max_memory_usage>{0}</max_memory_usage>
      <max_execution_time>{1}</max_execution_time>
      <max_result_rows>{2}</max_result_rows>
      <max_result_bytes>268435456</max_result_bytes>
      <result_overflow_mode>throw</result_overflow_mode>
      <constraints>
        <max_memory_usage><max>{0}</max></max_memory_usage>
        <max_execution_time><min>1</min><max>{1}</max></max_execution_time>
        <max_result_rows><min>1</min><max>{2}</max></max_result_rows>
        <max_result_bytes><min>1</min><max>268435456</max></max_result_bytes>{3}
      </constraints>)",
                       query_memory, seconds, rows, more);
  };
  const std::string& project = inputs.project_name;
  return fmt::format(
      R"(<clickhouse>
  <!-- Made by freshet at each start; changes are lost. -->
  <profiles>
    <default></default>
    <freshet_start>
      <max_sessions_for_user>1</max_sessions_for_user>
      <constraints><max_sessions_for_user><const/></max_sessions_for_user></constraints>
    </freshet_start>
    <freshet_query>
      <readonly>2</readonly>
      <allow_ddl>0</allow_ddl>
      {query_limits}
    </freshet_query>
    <freshet_scratch>
      {scratch_limits}
    </freshet_scratch>
  </profiles>
  <quotas>
    <default></default>
    <freshet_start><interval><duration>31536000</duration><queries>{start_statements}</queries></interval></freshet_start>
  </quotas>
  <users>{users}
  </users>
</clickhouse>
)",
      fmt::arg("query_limits", limited("60", "1000000", kNoQueues)),
      fmt::arg("scratch_limits", limited("60", "1000000", "")), fmt::arg("start_statements", kStartStatements),
      fmt::arg("users", user("default", "", "freshet_start", kStartGrants, "freshet_start") +
                            user(kIngestUser, users.password(kIngestUser), "default",
                                 ingest_grants(project, inputs.kafka_tables)) +
                            user(kQueryUser, users.password(kQueryUser), "freshet_query", query_grants(project)) +
                            user(kScratchUser, users.password(kScratchUser), "freshet_scratch", scratch_grants())));
}

int64_t machine_memory_bytes() {
  struct sysinfo info{};
  int64_t memory = 0;
  if (::sysinfo(&info) == 0) memory = static_cast<int64_t>(info.totalram) * info.mem_unit;
  const int64_t limit = control_group_limit_bytes();
  return limit > 0 && (memory == 0 || limit < memory) ? limit : memory;
}

int64_t default_engine_memory_bytes(int64_t machine_bytes) {
  return std::min(std::max(machine_bytes / 2, kGiB), std::max(machine_bytes * 9 / 10, kGiB / 2));
}

}  // namespace freshet::engine
