#include "views/views.h"

#include <gmock/gmock.h>

#include "views/registry.h"
#include "views/views_fixture.h"

namespace freshet::views {
namespace {

using testing::HasSubstr;

TEST_F(ViewsTest, NewViewsAreFilledFromRawAndFedByInserts) {
  prepare_streams_well();
  insert_events(0, 5000);
  for (const char* name : {"events_minute", "events_10s", "events_1s"}) template_view(name);

  const auto views = prepare_well(700);  // many chunks

  ASSERT_EQ(views.size(), 3u);
  EXPECT_EQ(views[2].name, "events_minute");
  EXPECT_EQ(views[2].storage, "events_minute__v1");
  EXPECT_EQ(views[2].trigger, "events_minute__v1_mv");
  EXPECT_EQ(views[2].definition.stream, "events");
  EXPECT_EQ(views[0].definition.bucket_width_s, 10u);
  EXPECT_EQ(views[1].definition.bucket_width_s, 1u);
  EXPECT_EQ(views[2].definition.bucket_width_s, 60u);
  EXPECT_EQ(views[2].definition.bucket_column, "agg_minute");
  EXPECT_EQ(differences(), "0/0");
  insert_events(5000, 3000);
  insert_events(8000, 10, 2);
  EXPECT_EQ(differences(), "0/0");
  EXPECT_EQ(value("SELECT sum(total_count) FROM {db}.events_1s"), "8010");
  run("OPTIMIZE TABLE {db}.events_minute__v1 FINAL");
  EXPECT_EQ(differences(), "0/0");
  clickhouse::Client reader(engine()->query());
  EXPECT_TRUE(reader.execute(with_database("SELECT * FROM {db}.events_minute LIMIT 1")));
}

TEST_F(ViewsTest, ASecondStartChangesNothing) {
  prepare_streams_well();
  template_view("events_minute");
  prepare_well();
  insert_events(0, 1000);
  const std::string uuids = value(
      "SELECT groupArray(uuid) FROM (SELECT uuid FROM system.tables WHERE database = '{db}' AND name != "
      "'events_minute' ORDER BY name)");
  prepare_streams_well();
  project_.views[0].sql = "-- other words\n" + project_.views[0].sql + " ;\n";
  const auto again = prepare_well();
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].version, 1u);
  EXPECT_EQ(value("SELECT groupArray(uuid) FROM (SELECT uuid FROM system.tables WHERE database = '{db}' AND name != "
                  "'events_minute' ORDER BY name)"),
            uuids);
  EXPECT_EQ(differences(), "0/0");
  EXPECT_EQ(value("SELECT count() FROM system.databases WHERE name LIKE 'fr_scratch_%'"), "0");
}

TEST_F(ViewsTest, AViewThatACrashLeftHalfMadeIsMadeAnew) {
  prepare_streams_well();
  insert_events(0, 1000);
  template_view("events_minute");
  prepare_well();
  // As a crash in the backfill leaves it: registered as creating, part of the rows twice, no trigger.
  run("INSERT INTO {db}.events_minute__v1 SELECT * FROM {db}.events_minute__v1");
  run("DROP TABLE {db}.events_minute__v1_mv SYNC");
  run("INSERT INTO {db}__freshet.views SELECT * REPLACE(100 AS revision, 'creating' AS state) FROM {db}__freshet.views "
      "FINAL");
  const auto views = prepare_well();
  ASSERT_EQ(views.size(), 1u);
  EXPECT_EQ(views[0].version, 1u);
  insert_events(1000, 1000);
  EXPECT_EQ(differences(), "0/0");
}

TEST_F(ViewsTest, AnOldVersionBesideItsSuccessorIsDropped) {
  prepare_streams_well();
  insert_events(0, 1000);
  template_view("events_minute");
  const auto first = prepare_well();
  ASSERT_EQ(first.size(), 1u);
  ASSERT_TRUE(rebuild_view(*client_, databases(), first[0]));
  run("CREATE TABLE {db}.events_minute__v1 AS {db}.events_minute__v2");
  run("INSERT INTO {db}__freshet.views SELECT * REPLACE(100 AS revision, 'live' AS state) FROM {db}__freshet.views "
      "FINAL WHERE version = 1");
  const auto views = prepare_well();
  ASSERT_EQ(views.size(), 1u);
  EXPECT_EQ(views[0].version, 2u);
  EXPECT_EQ(value("EXISTS TABLE {db}.events_minute__v1"), "0");
  EXPECT_EQ(differences(), "0/0");
}

TEST_F(ViewsTest, RebuildMakesAViewEqualToARecount) {
  prepare_streams_well();
  template_view("events_minute");
  const auto views = prepare_well();
  ASSERT_EQ(views.size(), 1u);
  insert_events(0, 2000);
  run("TRUNCATE TABLE {db}.events_minute__v1");
  EXPECT_NE(differences(), "0/0");
  const auto rebuilt = rebuild_view(*client_, databases(), views[0]);
  ASSERT_TRUE(rebuilt) << rebuilt.error().to_string();
  EXPECT_EQ(rebuilt->storage, "events_minute__v2");
  EXPECT_EQ(differences(), "0/0");
  EXPECT_EQ(value("EXISTS TABLE {db}.events_minute__v1"), "0");
  EXPECT_EQ(value("EXISTS TABLE {db}.events_minute__v1_mv"), "0");
  insert_events(2000, 2000);
  EXPECT_EQ(differences(), "0/0");
  ASSERT_TRUE(rebuild_view(*client_, databases(), *rebuilt));
  EXPECT_EQ(differences(), "0/0");
  EXPECT_FALSE(rebuild_view(*client_, databases(), *rebuilt)) << "version 2 is not in use any more";
}

TEST_F(ViewsTest, AFrozenViewStaysReadableAndIsHealedAtTheNextStart) {
  prepare_streams_well();
  template_view("events_minute");
  const auto views = prepare_well();
  ASSERT_EQ(views.size(), 1u);
  insert_events(0, 1000);
  ASSERT_TRUE(freeze_view(*client_, databases(), views[0], "it failed"));
  ASSERT_TRUE(freeze_view(*client_, databases(), views[0], "it failed"));
  insert_events(1000, 1000);
  EXPECT_EQ(value("SELECT sum(total_count) FROM {db}.events_minute"), "1000");
  EXPECT_EQ(value("SELECT state, reason FROM {db}__freshet.views FINAL"), "frozen\tit failed");
  const auto healed = prepare_well();
  ASSERT_EQ(healed.size(), 1u);
  EXPECT_EQ(healed[0].version, 2u);
  EXPECT_EQ(differences(), "0/0");
}

TEST_F(ViewsTest, AViewWithoutItsTriggerIsBuiltAgain) {
  prepare_streams_well();
  template_view("events_minute");
  prepare_well();
  run("DROP TABLE {db}.events_minute__v1_mv SYNC");
  insert_events(0, 1000);
  ASSERT_EQ(prepare_well().size(), 1u);
  EXPECT_EQ(differences(), "0/0");
}

TEST_F(ViewsTest, ViewsOfAStoppedStreamAreNeitherMadeNorBuiltAgain) {
  prepare_streams_well();
  template_view("events_minute");
  prepare_well();
  run("DROP TABLE {db}.events_minute__v1_mv SYNC");
  template_view("events_1s");
  PrepareInputs stopped = inputs();
  stopped.stopped_streams = {"events"};
  const auto kept = prepare_views(stopped);
  ASSERT_TRUE(kept) << errors(kept);
  ASSERT_EQ(kept->size(), 1u);
  EXPECT_THAT(kept->front().frozen, HasSubstr("stream events has stopped"));
  EXPECT_EQ(value("SELECT count() FROM system.tables WHERE database = '{db}' AND name LIKE 'events_1s%'"), "0");
  insert_events(0, 1000);
  EXPECT_EQ(prepare_well().size(), 2u);
  EXPECT_EQ(differences(), "0/0");
}

TEST_F(ViewsTest, ChangedAndRemovedViewsAreRefusedWithARemedy) {
  prepare_streams_well();
  template_view("events_minute");
  template_view("events_1s");
  prepare_well();
  std::string& sql = project_.views[0].sql;
  sql.replace(sql.find("sum(amount)"), 11, "sum(amount * 2)");
  project_.views.pop_back();
  const auto result = prepare_views(inputs());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().size(), 2u);
  EXPECT_THAT(
      errors(result),
      HasSubstr("FR0602 views/events_1s.sql: the view 'events_1s' is in use but its file is gone: put it back"));
  EXPECT_THAT(
      errors(result),
      HasSubstr(
          "FR0601 views/events_minute.sql: the SELECT of the view 'events_minute' is not the one that is in use"));
  EXPECT_THAT(errors(result), HasSubstr("views/events_minute_2.sql"));
}

TEST_F(ViewsTest, NothingIsMadeWhenOneFileIsWrong) {
  prepare_streams_well();
  template_view("events_minute");
  view("bad",
       "CREATE MATERIALIZED VIEW bad ENGINE = SummingMergeTree ORDER BY p AS SELECT projct AS p, count() AS c FROM "
       "events GROUP BY p");
  ASSERT_FALSE(prepare_views(inputs()));
  EXPECT_EQ(value("SELECT count() FROM system.tables WHERE database = '{db}'"), "1");
}

TEST_F(ViewsTest, ForeignTablesAreNeverReplaced) {
  prepare_streams_well();
  run("CREATE TABLE {db}.events_minute (a Int8) ENGINE = Memory");
  run("CREATE TABLE {db}.events_1s__v1 (a Int8) ENGINE = Memory");
  template_view("events_minute");
  template_view("events_1s");
  const auto result = prepare_views(inputs());
  EXPECT_THAT(errors(result), HasSubstr("events_minute is there already, and Freshet did not make it"));
  EXPECT_THAT(errors(result), HasSubstr("events_1s__v1 is there already"));
}

TEST_F(ViewsTest, StreamsWhoseTablesDoNotFitAreRefused) {
  prepare_streams_well();
  project_.streams[0].columns[5].type = "Float32";
  const auto other_type = prepare_streams(inputs());
  ASSERT_FALSE(other_type);
  EXPECT_EQ(other_type.error()[0].code, ErrorCode::kStreamChanged);
  EXPECT_EQ(other_type.error()[0].file, "streams/events.yaml");
  EXPECT_THAT(other_type.error()[0].message,
              HasSubstr("column 'amount' is Float64 in the table and Float32 in the file"));
  project_.streams[0].columns[5].type = "Float64";
  project_.streams[0].columns.push_back({"country", "String", 8, 1});
  EXPECT_THAT(prepare_streams(inputs()).error()[0].message, HasSubstr("column 'country' is new"));
  project_.streams[0].columns.pop_back();
  project_.streams[0].order_by = {"ts"};
  EXPECT_THAT(prepare_streams(inputs()).error()[0].message,
              HasSubstr("order_by is (project, ts) in the table and (ts) in the file"));
}

TEST_F(ViewsTest, OtherSpellingsOfAStreamFit) {
  prepare_streams_well();
  project_.streams[0].columns[1].type = "DateTime64( 3,'UTC' )";
  project_.streams[0].partition_by = "toYYYYMM( ts )";
  prepare_streams_well();
}

TEST_F(ViewsTest, PositionsComeFromTheProjection) {
  prepare_streams_well();
  insert_events(0, 1000);
  EXPECT_THAT(value("EXPLAIN projections = 1 SELECT _epoch, _partition, max(_offset), count() FROM {db}.events GROUP "
                    "BY _epoch, _partition"),
              HasSubstr("pos"));
}

}  // namespace
}  // namespace freshet::views
