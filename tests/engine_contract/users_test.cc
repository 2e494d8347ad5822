#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "fixture.h"

namespace freshet::engine {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// What each user may do, and above all what not.
class UserRights : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    must("CREATE DATABASE p");
    must("CREATE TABLE p.t (x UInt64) ENGINE = MergeTree ORDER BY x");
    must("INSERT INTO p.t VALUES (1), (2)");
  }
  static std::string as(const clickhouse::Endpoint& endpoint, const std::string& sql) {
    const auto answer = clickhouse::Client(endpoint).run({.sql = sql});
    return answer ? *answer : fmt::format("{} {}", answer.error().exception_code, answer.error().message);
  }
  std::string query(const std::string& sql) const { return as(engine_->query_endpoint(), sql); }
  std::string scratch(const std::string& sql) const { return as(engine_->scratch_endpoint(), sql); }
};

TEST_F(UserRights, QueryUserReadsAndNothingElse) {
  EXPECT_EQ(query("SELECT sum(x) FROM p.t"), "3\n");
  for (const char* sql :
       {"INSERT INTO p.t VALUES (3)", "CREATE TABLE p.z (x Int8) ENGINE = Memory", "DROP TABLE p.t",
        "ALTER TABLE p.t DELETE WHERE 1", "SELECT * FROM file('/etc/passwd', 'LineAsString')",
        "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')", "SELECT * FROM remote('127.0.0.1', 'p', 't')",
        "SELECT * FROM system.users", "SYSTEM STOP MERGES p.t", "SYSTEM STOP LISTEN HTTP", "KILL QUERY WHERE 1"}) {
    EXPECT_THAT(query(sql), StartsWith("497 ")) << sql;
  }
}

TEST_F(UserRights, QueryUserCannotRaiseItsLimits) {
  EXPECT_THAT(query("SELECT 1 SETTINGS max_execution_time = 0"), StartsWith("452 "));
  EXPECT_THAT(query("SELECT 1 SETTINGS max_memory_usage = 1000000000000"), StartsWith("452 "));
  EXPECT_EQ(query("SELECT 1 SETTINGS max_execution_time = 5"), "1\n");
  EXPECT_THAT(query("SELECT number FROM numbers(2000000)"), StartsWith("396 ")) << "found behind a status of 200";
}

TEST_F(UserRights, ScratchUserParsesViewsAndReachesNothingReal) {
  EXPECT_EQ(scratch("CREATE DATABASE fr_scratch_a1 ENGINE = Atomic"), "");
  EXPECT_EQ(scratch("CREATE TABLE fr_scratch_a1.events (x UInt64) ENGINE = MergeTree ORDER BY tuple()"), "");
  EXPECT_EQ(scratch("CREATE MATERIALIZED VIEW fr_scratch_a1.v ENGINE = SummingMergeTree ORDER BY x AS SELECT x, "
                    "count() AS n FROM "
                    "fr_scratch_a1.events GROUP BY x"),
            "");
  EXPECT_THAT(scratch("SELECT as_select FROM system.tables WHERE database = 'fr_scratch_a1' AND name = 'v'"),
              HasSubstr("SELECT"));
  EXPECT_EQ(scratch("INSERT INTO fr_scratch_a1.events VALUES (1)"), "");
  for (const char* sql : {"SELECT * FROM p.t", "DROP DATABASE p", "DROP TABLE p.t", "INSERT INTO p.t VALUES (1)",
                          "SELECT * FROM file('/etc/passwd', 'LineAsString')",
                          "CREATE TABLE fr_scratch_a1.f (l String) ENGINE = File('LineAsString', '/etc/passwd')",
                          "CREATE TABLE fr_scratch_a1.u (l String) ENGINE = URL('http://127.0.0.1:1/', 'LineAsString')",
                          "CREATE TABLE fr_scratch_a1.m (x UInt64) ENGINE = Merge('p', 't')",
                          "CREATE MATERIALIZED VIEW fr_scratch_a1.w TO p.t AS SELECT x FROM fr_scratch_a1.events",
                          "CREATE DATABASE other", "SYSTEM STOP LISTEN HTTP", "SELECT * FROM system.users"}) {
    EXPECT_THAT(scratch(sql), StartsWith("497 ")) << sql;
  }
  EXPECT_EQ(scratch("DROP DATABASE fr_scratch_a1"), "");
}

TEST_F(UserRights, IngestUserKeepsToTheProjectsDatabases) {
  EXPECT_EQ(as(engine_->ingest_endpoint(), "CREATE DATABASE p__freshet"), "");
  EXPECT_EQ(as(engine_->ingest_endpoint(), "CREATE DATABASE fr_scratch_b2"), "");
  EXPECT_EQ(as(engine_->ingest_endpoint(), "KILL QUERY WHERE query_id = 'none' SYNC"), "");
  for (const char* sql :
       {"CREATE DATABASE other", "SELECT * FROM file('/etc/passwd', 'LineAsString')", "SYSTEM STOP LISTEN HTTP"}) {
    EXPECT_THAT(as(engine_->ingest_endpoint(), sql), StartsWith("497 ")) << sql;
  }
}

TEST_F(UserRights, DefaultUserIsForTheStartOnly) {
  clickhouse::Endpoint endpoint = engine_->ingest_endpoint();
  endpoint.user = "default";
  endpoint.password.clear();
  for (const char* sql : {"SELECT 1", "SELECT * FROM file('/etc/passwd', 'LineAsString')", "SYSTEM STOP LISTEN HTTP"}) {
    EXPECT_THAT(as(endpoint, sql), StartsWith("700 ")) << sql;
  }
}

/// clickhouse-local knows no user_files folder, and the scalar file() asks for no right: the kernel refuses.
class FilesOfTheUser : public UserRights {
 protected:
  void SetUp() override {
    UserRights::SetUp();
    std::ofstream(outside_.path() + "/secret") << "hidden\n";
    ASSERT_TRUE(std::filesystem::exists(folder_.path() + "/users.json"));
    paths_ = {folder_.path() + "/users.json",
              folder_.path() + "/clickhouse/../users.json",
              folder_.path() + "/clickhouse/user_files/../../users.json",
              "/etc/shadow",
              "/etc/hostname",
              outside_.path() + "/secret",
              "/proc/self/root" + outside_.path() + "/secret"};
  }
  clickhouse::Endpoint stranger() const {
    clickhouse::Endpoint endpoint = engine_->ingest_endpoint();
    endpoint.user = "default";
    endpoint.password.clear();
    return endpoint;
  }

  TemporaryFolder outside_;
  std::vector<std::string> paths_;
};

/// An exception's code comes first in what as() answers; content of a file would be there instead.
constexpr const char* kRefusal = "^[1-9][0-9]* ";

TEST_F(FilesOfTheUser, AreNotReadWithoutAPassword) {
  for (const std::string& path : paths_) {
    for (const char* sql : {"SELECT file('{}')", "SELECT length(file('{}')) FROM system.one",
                            "WITH (SELECT groupArray(l) FROM file('{}', 'LineAsString', 'l String')) AS x SELECT x",
                            "SELECT * FROM file('{}', 'LineAsString', 'l String')"}) {
      const std::string statement = fmt::format(fmt::runtime(sql), path);
      EXPECT_THAT(as(stranger(), statement), ContainsRegex(kRefusal)) << statement;
    }
  }
}

TEST_F(FilesOfTheUser, AreNotReadByAnyOtherUserEither) {
  for (const auto& endpoint : {engine_->query_endpoint(), engine_->scratch_endpoint(), engine_->ingest_endpoint()}) {
    for (const std::string& path : paths_) {
      const std::string statement = fmt::format("SELECT file('{}')", path);
      EXPECT_THAT(as(endpoint, statement), ContainsRegex(kRefusal)) << endpoint.user << ": " << statement;
    }
  }
}

TEST_F(FilesOfTheUser, AreClosedButTheDataFolderIsNot) {
  must("INSERT INTO p.t VALUES (3)");
  must("OPTIMIZE TABLE p.t FINAL");
  must("ALTER TABLE p.t DETACH PARTITION tuple()");
  must("ALTER TABLE p.t ATTACH PARTITION tuple()");
  must("CREATE TABLE p.u AS p.t");
  must("RENAME TABLE p.u TO p.w");
  must("ALTER TABLE p.w ATTACH PARTITION tuple() FROM p.t");  // links parts into another folder
  must("DROP TABLE p.t SYNC");
  EXPECT_EQ(ask("SELECT sum(x) FROM p.w"), "6");
  engine_->restart_with_repair("test");
  EXPECT_EQ(ask("SELECT sum(x) FROM p.w"), "6");
}

TEST_F(UserRights, WrongPasswordIsItsOwnError) {
  clickhouse::Endpoint endpoint = engine_->ingest_endpoint();
  endpoint.password = "wrong";
  const auto answer = clickhouse::Client(endpoint).execute("SELECT 1");
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::kClickHouseAuth);
}

}  // namespace
}  // namespace freshet::engine
