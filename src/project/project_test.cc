#include "project/project.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "project/fields.h"
#include "project/names.h"

namespace freshet::project {
namespace {

using testing::HasSubstr;

constexpr const char* kSettings = "name: shop\nid: 0c5e0000-0000-4000-8000-00000000000a\n";
constexpr const char* kStream =
    "topic: events\ncolumns:\n  event_id: String\n  ts: DateTime64(3, 'UTC')\n  amount: Float64\ntime: ts\norder_by: "
    "[ts]\n";

class Folder {
 public:
  Folder() {
    std::string pattern = testing::TempDir() + "freshet_project_XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder& with(const std::string& file, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(path_ + "/" + file).parent_path());
    std::ofstream(path_ + "/" + file) << text;
    return *this;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string all(const std::expected<Project, std::vector<Error>>& result) {
  std::string text;
  if (!result) {
    for (const Error& error : result.error()) text += error.to_string() + "\n";
  }
  return text;
}

TEST(Project, ReadsEveryKey) {
  Folder folder;
  folder.with("freshet.yaml", std::string(kSettings) + R"(
kafka:      {listen: 127.0.0.1:19092, advertise: 127.0.0.1:19093, auto_create_topics: false, default_partitions: 8}
web:        {listen: "[::1]:18080"}
clickhouse: {http: 127.0.0.1:0, tcp: 127.0.0.1:0}
durability: process
log:        {retention: 1h30m, max_bytes: 2GiB, overrun: drop}
engine:     {program: /usr/bin/clickhouse, allow_untested: true, kafka_tables: true, max_memory: 1GiB}
)");
  folder.with("streams/events.yaml", std::string(kStream) +
                                         "partitions: 2\nformat: json\npartition_by: toYYYYMM(ts)\n"
                                         "ingest: {floor: 50ms, max_rows: 1000, max_bytes: 1MiB}\n");
  folder.with("views/per_minute.sql", "CREATE MATERIALIZED VIEW per_minute …").with("README.md", "hello");

  const auto result = load(folder.path());

  ASSERT_TRUE(result) << all(result);
  EXPECT_EQ(result->name, "shop");
  EXPECT_EQ(result->book_database(), "shop__freshet");
  EXPECT_EQ(result->kafka.listen.to_string(), "127.0.0.1:19092");
  EXPECT_EQ(result->kafka.advertise.port, 19093);
  EXPECT_FALSE(result->kafka.auto_create_topics);
  EXPECT_EQ(result->kafka.default_partitions, 8);
  EXPECT_EQ(result->web.to_string(), "[::1]:18080");
  EXPECT_EQ(result->durability, Durability::kProcess);
  EXPECT_EQ(result->log.retention_ms, 5'400'000);
  EXPECT_EQ(result->log.max_bytes, int64_t{2} << 30);
  EXPECT_EQ(result->log.overrun, Overrun::kDrop);
  EXPECT_EQ(result->engine.max_memory_bytes, int64_t{1} << 30);
  EXPECT_TRUE(result->engine.kafka_tables);
  ASSERT_EQ(result->streams.size(), 1u);
  const Stream& stream = result->streams[0];
  EXPECT_EQ(stream.partitions, 2);
  ASSERT_EQ(stream.columns.size(), 3u);
  EXPECT_EQ(stream.columns[1].type, "DateTime64(3, 'UTC')");
  EXPECT_EQ(stream.columns[1].line, 4);
  EXPECT_EQ(stream.columns[1].column, 7);
  EXPECT_EQ(stream.partition_by, "toYYYYMM(ts)");
  EXPECT_EQ(stream.ingest.floor_ms, 50);
  EXPECT_EQ(stream.ingest.max_bytes, 1 << 20);
  ASSERT_EQ(result->views.size(), 1u);
  EXPECT_EQ(result->views[0].file, "views/per_minute.sql");
}

TEST(Project, DefaultsAreTheDocumentedOnes) {
  Folder folder;
  folder.with("freshet.yaml", kSettings);
  const auto result = load(folder.path());
  ASSERT_TRUE(result) << all(result);
  EXPECT_EQ(result->kafka.advertise.to_string(), "127.0.0.1:9092");
  EXPECT_EQ(result->durability, Durability::kPower);
  EXPECT_FALSE(result->engine.kafka_tables);
  EXPECT_EQ(result->log.retention_ms, int64_t{7} * 86'400'000);
  EXPECT_TRUE(result->streams.empty());
}

struct Case {
  std::string name;
  std::string file;
  std::string text;      ///< appended to what is valid, or whole when it begins with '!'
  std::string expected;  ///< part of an error's text
};
std::string case_name(const testing::TestParamInfo<Case>& test) { return test.param.name; }
class ProjectErrors : public testing::TestWithParam<Case> {};

TEST_P(ProjectErrors, NameTheirPlaceAndTheRemedy) {
  Folder folder;
  folder.with("freshet.yaml", kSettings).with("streams/events.yaml", kStream);
  std::string text = GetParam().text;
  if (text.starts_with("!")) {
    text.erase(0, 1);
  } else if (GetParam().file == "freshet.yaml") {
    text = kSettings + text;
  } else if (GetParam().file.ends_with(".yaml")) {
    text = kStream + text;
  }
  folder.with(GetParam().file, text);

  const auto result = load(folder.path());

  ASSERT_FALSE(result);
  EXPECT_THAT(all(result), HasSubstr(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    Settings, ProjectErrors,
    testing::Values(
        Case{"Syntax", "freshet.yaml", "kafka: {listen\n", "FR0300 freshet.yaml:"},
        Case{"Alias", "freshet.yaml", "web: &a {listen: 127.0.0.1:1}\n", "anchors"},
        Case{"TwoDocuments", "freshet.yaml", "---\nname: b\n", "a second document"},
        Case{"Duplicate", "freshet.yaml", "name: other\n",
             "FR0304 freshet.yaml:3:1: 'name' stands here twice, first in line 1"},
        Case{"NotAMap", "freshet.yaml", "!- a\n- b\n",
             "FR0302 freshet.yaml:1:1: the file must be a map of keys, not a list"},
        Case{"Empty", "freshet.yaml", "!", "FR0302 freshet.yaml: the file must be a map of keys, not nothing"},
        Case{"UnknownKey", "freshet.yaml", "kafak: {}\n",
             "FR0301 freshet.yaml:3:1: unknown key 'kafak'; did you mean 'kafka'?"},
        Case{"UnknownInner", "freshet.yaml", "kafka: {listn: 127.0.0.1:1}\n",
             "FR0301 freshet.yaml:3:9: unknown key 'kafka.listn'; did you mean 'listen'?"},
        Case{"UnknownFar", "freshet.yaml", "web: {zzzzzzzzzz: 1}\n",
             "unknown key 'web.zzzzzzzzzz'; known here: listen"},
        Case{"NoName", "freshet.yaml", "!id: 0c5e0000-0000-4000-8000-00000000000a\n",
             "FR0303 freshet.yaml:1:1: 'name' is missing: add `name: telemetry`"},
        Case{"NoId", "freshet.yaml", "!name: a\n", "FR0303 freshet.yaml:1:1: 'id' is missing"},
        Case{"BadId", "freshet.yaml", "!name: a\nid: 12\n", "FR0304 freshet.yaml:2:5: 'id': '12' is not a UUID"},
        Case{"BadName", "freshet.yaml", "!name: my-shop\nid: 0c5e0000-0000-4000-8000-00000000000a\n",
             "'my-shop' is not an identifier (a letter, then letters, digits and '_'); write for example 'my_shop'"},
        Case{"ReservedName", "freshet.yaml", "!name: system\nid: 0c5e0000-0000-4000-8000-00000000000a\n",
             "is a database of ClickHouse's own"},
        Case{"DoubleUnderscore", "freshet.yaml", "!name: a__b\nid: 0c5e0000-0000-4000-8000-00000000000a\n",
             "contains '__'"},
        Case{"WrongType", "freshet.yaml", "kafka: {listen: [1]}\n",
             "FR0302 freshet.yaml:3:17: 'kafka.listen' must be an address like 127.0.0.1:9092, not a list"},
        Case{"Section", "freshet.yaml", "kafka: 9092\n",
             "FR0302 freshet.yaml:3:8: 'kafka' must be a map of keys, not a single value"},
        Case{"NoPort", "freshet.yaml", "web: {listen: localhost}\n", "has no port: write HOST:PORT"},
        Case{"BigPort", "freshet.yaml", "web: {listen: 'localhost:70000'}\n", "has no port from 0 to 65535"},
        Case{"Brackets", "freshet.yaml", "web: {listen: '::1:80'}\n", "IPv6 host without brackets"},
        Case{"Bool", "freshet.yaml", "kafka: {auto_create_topics: yes}\n",
             "must be true or false, without quotes, not 'yes'"},
        Case{"Number", "freshet.yaml", "kafka: {default_partitions: many}\n",
             "must be a whole number from 1 to 1000, not 'many'"},
        Case{"Range", "freshet.yaml", "kafka: {default_partitions: 0}\n", "must be from 1 to 1000, not 0"},
        Case{"HugeNumber", "freshet.yaml", "kafka: {default_partitions: 99999999999999999999}\n",
             "must be from 1 to 1000"},
        Case{"Choice", "freshet.yaml", "durability: powre\n",
             "must be one of power, process, not 'powre'; did you mean 'power'?"},
        Case{"Duration", "freshet.yaml", "log: {retention: 7 fortnights}\n",
             "write a number with ms, s, m, h, d or w, like 20ms or 1h30m, or forever"},
        Case{"Size", "freshet.yaml", "log: {max_bytes: 20GB!}\n", "is not a size"},
        Case{"SmallSize", "freshet.yaml", "log: {max_bytes: 1KB}\n", "must be from 64 MiB"},
        Case{"Registry", "freshet.yaml", "registry: {listen: 127.0.0.1:8081}\n",
             "FR0306 freshet.yaml:3:1: 'registry': the schema registry is not there yet"},
        Case{"Brokers", "freshet.yaml", "kafka: {brokers: kafka:9092}\n",
             "FR0306 freshet.yaml:3:9: 'kafka.brokers': an external Kafka is not there yet"},
        Case{"Url", "freshet.yaml", "clickhouse: {url: https://x}\n", "FR0306 freshet.yaml:3:14: 'clickhouse.url'"},
        Case{"Security", "freshet.yaml", "security: {tls: on}\n", "FR0306 freshet.yaml:3:11: 'security'"},
        Case{"Insecure", "freshet.yaml", "kafka: {listen: 0.0.0.0:9092}\n",
             "FR0307 freshet.yaml:3:17: 'kafka.listen': 0.0.0.0:9092 can be reached from other machines, and anyone "
             "there could read and "
             "write: listen on 127.0.0.1:9092, or add `security: {unauthenticated: i-accept}`"},
        Case{"SamePort", "freshet.yaml", "web: {listen: 127.0.0.1:9092}\n",
             "port 9092 is the port of 'kafka.listen' too"},
        Case{"Deep", "freshet.yaml", "web: [[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]\n",
             "nested deeper than 16"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Streams, ProjectErrors,
    testing::Values(
        Case{"UnknownKey", "streams/events.yaml", "colums: {}\n",
             "FR0301 streams/events.yaml:8:1: unknown key 'colums'; did you mean 'columns'?"},
        Case{"NoColumns", "streams/events.yaml", "!topic: a\norder_by: [a]\n",
             "FR0303 streams/events.yaml:1:1: 'columns' is missing"},
        Case{"NoOrder", "streams/events.yaml", "!columns: {a: String}\n",
             "'order_by' is missing: add `order_by: [ts]`"},
        Case{"EmptyColumns", "streams/events.yaml", "!columns: {}\norder_by: [a]\n",
             "must name 1 to 1000 columns, not 0"},
        Case{"ColumnsList", "streams/events.yaml", "!columns: [a]\norder_by: [a]\n",
             "'columns' must be a map of names to ClickHouse types"},
        Case{"ColumnType", "streams/events.yaml", "!columns: {a: [b]}\norder_by: [a]\n",
             "'columns.a' must be a ClickHouse type"},
        Case{"ColumnNoType", "streams/events.yaml", "!columns:\n  a:\n  b: String\norder_by: [b]\n",
             "FR0302 streams/events.yaml:2:3: 'columns.a' must be a ClickHouse type"},
        Case{"DuplicateColumn", "streams/events.yaml", "!columns:\n  a: String\n  a: Int8\norder_by: [a]\n",
             "FR0304 streams/events.yaml:3:3: 'a' stands here twice, first in line 2"},
        Case{"ReservedColumn", "streams/events.yaml", "!columns: {_offset: Int64}\norder_by: [_offset]\n",
             "begins with '_', which is kept for Freshet's own columns"},
        Case{"BadColumn", "streams/events.yaml", "!columns: {a b: Int64}\norder_by: [a]\n",
             "'a b' is not an identifier"},
        Case{"NestedArrays", "streams/events.yaml",
             "!columns:\n  n.a: Array(String)\n  n.b: Array(String)\norder_by: [n.a]\n", "for one Nested column"},
        Case{"TimeUnknown", "streams/events.yaml", "!columns: {tss: DateTime}\ntime: ts\norder_by: [tss]\n",
             "FR0304 streams/events.yaml:2:7: 'time': 'ts' is not a column of this stream; did you mean 'tss'?"},
        Case{"TimeType", "streams/events.yaml", "!columns: {ts: String}\ntime: ts\norder_by: [ts]\n",
             "'ts' is of type String"},
        Case{"OrderUnknown", "streams/events.yaml", "!columns: {ts: DateTime}\norder_by: [ts, projct]\n",
             "'order_by': 'projct' is not a column of this stream; its columns are ts"},
        Case{"OrderComma", "streams/events.yaml", "!columns: {ts: DateTime}\norder_by: [intDiv(ts, 5)]\n",
             "put an expression that holds a comma in double quotes"},
        Case{"OrderTwice", "streams/events.yaml", "!columns: {ts: DateTime}\norder_by: [ts, ts]\n",
             "stands here twice"},
        Case{"OrderEmpty", "streams/events.yaml", "!columns: {ts: DateTime}\norder_by: []\n", "'order_by' is empty"},
        Case{"Topic", "streams/events.yaml", "!topic: a/b\ncolumns: {ts: DateTime}\norder_by: [ts]\n",
             "letters, digits, '.', '_' and '-' only"},
        Case{"Partitions", "streams/events.yaml", "partitions: 5000\n", "'partitions' must be from 1 to 1000"},
        Case{"Format", "streams/events.yaml", "format: jsn\n", "must be one of json, not 'jsn'; did you mean 'json'?"},
        Case{"Avro", "streams/events.yaml", "format: avro\n",
             "FR0306 streams/events.yaml:8:9: 'format': avro is not there yet"},
        Case{"Ttl", "streams/events.yaml", "ttl: 90d\n", "FR0306 streams/events.yaml:8:1: 'ttl'"},
        Case{"Dedup", "streams/events.yaml", "dedup: {id: event_id}\n", "FR0306 streams/events.yaml:8:1: 'dedup'"},
        Case{"Late", "streams/events.yaml", "late: {after: 10m}\n", "FR0306 streams/events.yaml:8:1: 'late'"},
        Case{"Floor", "streams/events.yaml", "ingest: {floor: 20}\n", "'ingest.floor': '20' is not a duration"},
        Case{"FileName", "streams/my-events.yaml", "",
             "FR0304 streams/my-events.yaml: the name 'my-events' is not an identifier"},
        Case{"Extension", "streams/other.yml", "", "FR0304 streams/other.yml: only files NAME.yaml belong here"},
        Case{"SameTopic", "streams/again.yaml", "", "topic 'events' is read by streams/again.yaml already"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Views, ProjectErrors,
    testing::Values(Case{"Clash", "views/events.sql", "CREATE",
                         "FR0304 views/events.sql: 'events' is the name of streams/events.yaml too"},
                    Case{"Empty", "views/a.sql", " \n", "FR0304 views/a.sql: the file is empty"},
                    Case{"Reserved", "views/a__v1.sql", "CREATE",
                         "contains '__', which is kept for Freshet's own tables; write for example 'a_v1'"}),
    case_name);

TEST(Project, ReportsTheErrorsOfAllFilesTogether) {
  Folder folder;
  folder.with("freshet.yaml", "name: shop\nid: 1\nkafak: {}\ndurability: 3\n")
      .with("streams/events.yaml", "columns: {a: String}\norder_by: [b]\ntime: c\n")
      .with("streams/logs.yaml", "columns: {a: String\n")
      .with("views/events.sql", "x");
  const auto result = load(folder.path());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().size(), 7u) << all(result);
}

TEST(Project, SaysWhatToDoWithoutAFolderOrASettingsFile) {
  EXPECT_THAT(all(load("/nonexistent/x")), HasSubstr("freshet init"));
  Folder folder;
  folder.with("streams/bad.yaml", "]");
  const auto result = load(folder.path());
  ASSERT_FALSE(result);
  ASSERT_EQ(result.error().size(), 1u);
  EXPECT_THAT(all(result), HasSubstr("FR0303 freshet.yaml: there is no freshet.yaml"));
}

TEST(Project, AcceptsOpenListenersOnlyWithTheWrittenConsent) {
  Folder folder;
  folder.with("freshet.yaml",
              std::string(kSettings) + "kafka: {listen: 0.0.0.0:9092}\nsecurity: {unauthenticated: i-accept}\n");
  const auto result = load(folder.path());
  ASSERT_TRUE(result) << all(result);
  EXPECT_TRUE(result->unauthenticated_accepted);
}

TEST(Project, KeepsNestedColumnsAndExpressionsInOrderBy) {
  Folder folder;
  folder.with("freshet.yaml", kSettings)
      .with(
          "streams/s.yaml",
          "columns:\n  user.id: String\n  ts: Date\norder_by: [user.id, toYYYYMM(ts), \"intDiv(toUInt32(ts), 7)\"]\n");
  const auto result = load(folder.path());
  ASSERT_TRUE(result) << all(result);
  EXPECT_EQ(result->streams[0].topic, "s");
  EXPECT_THAT(result->streams[0].order_by, testing::ElementsAre("user.id", "toYYYYMM(ts)", "intDiv(toUInt32(ts), 7)"));
}

TEST(Units, DurationsAndSizes) {
  EXPECT_EQ(parse_duration_ms("20ms"), 20);
  EXPECT_EQ(parse_duration_ms("1h30m"), 5'400'000);
  EXPECT_EQ(parse_duration_ms("7d"), 604'800'000);
  EXPECT_EQ(parse_size_bytes("20GiB"), int64_t{20} << 30);
  EXPECT_EQ(parse_size_bytes("64MB"), 64'000'000);
  EXPECT_EQ(parse_size_bytes("512"), 512);
  for (const char* bad : {"", "7", "d", "-1s", "1.5h", "9999999999999w", "7dd", "1 h 3"})
    EXPECT_FALSE(parse_duration_ms(bad)) << bad;
  for (const char* bad : {"", "GiB", "-1", "1.5GiB", "9999999999TiB", "1 GiB x"})
    EXPECT_FALSE(parse_size_bytes(bad)) << bad;
}

TEST(AddressText, RoundTripsAndKnowsLoopback) {
  for (const char* text : {"127.0.0.1:9092", "[::1]:80", "localhost:0", "127.1.2.3:1"}) {
    const auto address = parse_address(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), text);
    EXPECT_TRUE(address->is_loopback()) << text;
  }
  for (const char* text : {"0.0.0.0:1", "[::]:1", "example.com:1", "127.0.0.1.example.com:1"}) {
    ASSERT_TRUE(parse_address(text)) << text;
    EXPECT_FALSE(parse_address(text)->is_loopback()) << text;
  }
}

TEST(Names, WordsThatClickHouseCannotReadBackAreRefused) {
  for (const char* word : {"not", "true", "false", "inf", "nan", "infinity", "Not", "TRUE", "iNf"}) {
    EXPECT_TRUE(name_fault(word)) << word;
    EXPECT_TRUE(column_name_fault(word)) << word;
    EXPECT_FALSE(column_name_fault(std::string("a.") + word)) << word;
    EXPECT_FALSE(name_fault(sanitized_name(word))) << word;
  }
  for (const char* word : {"nothing", "info", "null", "and", "truth"}) EXPECT_FALSE(column_name_fault(word)) << word;
}

TEST(Names, AreSanitized) {
  EXPECT_EQ(sanitized_name("my-shop"), "my_shop");
  EXPECT_EQ(sanitized_name("2nd__try!"), "p_2nd_try");
  EXPECT_EQ(sanitized_name("___"), "project");
  for (const char* name : {"my-shop", "2nd", "ü", "a__b", "__"}) EXPECT_FALSE(name_fault(sanitized_name(name))) << name;
}

}  // namespace
}  // namespace freshet::project
