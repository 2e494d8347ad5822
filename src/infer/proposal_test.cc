/// What the columns are for: id, time, sorting key, partition, views; and the text that comes of it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "infer/infer_test_helpers.h"
#include "infer/names.h"

namespace freshet::infer {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> shop_events(int count) {
  const char* actions[] = {"view", "view", "cart", "checkout"};
  const char* countries[] = {"DE", "FR", "US", "DE", "DE", "IT", "US"};
  std::vector<std::string> records;
  for (int i = 0; i < count; ++i) {
    records.push_back(fmt::format(
        R"({{"event_id": "e-{0}", "created_at": "2026-01-18T12:{1:02}:{2:02}Z", "user": {{"id": "u-{3}", "country": "{4}"}},)"
        R"( "action": "{5}", "amount": {6}.25, "page": "/p/{7}", "@type": "x"}})",
        i, i / 60 % 60, i % 60, i % 90, countries[i % 7], actions[i % 4], i % 50, i % 30));
  }
  return records;
}

TEST(Roles, OfAnOrdinaryTopic) {
  const Inferred inferred(shop_events(600));
  const Proposal& proposal = inferred.proposal;
  EXPECT_EQ(proposal.id, "event_id");
  EXPECT_EQ(proposal.time, "created_at");
  EXPECT_THAT(proposal.order_by, ElementsAre("action", "user.country", "created_at"));
  EXPECT_EQ(proposal.partition_by, "toYYYYMM(created_at)");
  EXPECT_EQ(inferred.lost(), 0U);
  ASSERT_EQ(proposal.left_out.size(), 1U);
  EXPECT_EQ(proposal.left_out.front().name, "@type");
  EXPECT_THAT(inferred.text, HasSubstr("@type: its name cannot be a column's"));
  EXPECT_THAT(inferred.text, Not(HasSubstr("dedup:"))) << "not there yet";
}

TEST(Roles, KeyIsTheColumnThatEqualsTheRecordsKey) {
  Inferred inferred;
  const std::vector<std::string> records = shop_events(50);
  for (size_t i = 0; i < records.size(); ++i) {
    const std::string key = fmt::format("u-{}", i % 90);
    inferred.observer.add({.value = records[i], .key = key, .timestamp_ms = 0});
  }
  inferred.finish(records, {"clicks", "web.clicks", 4, "a test"});
  EXPECT_EQ(inferred.proposal.key, "user.id");
  EXPECT_THAT(inferred.text, HasSubstr("keyed by user.id"));
}

TEST(Roles, IdMayComeAgainNowAndThen) {
  std::vector<std::string> records = shop_events(300);
  records.push_back(records[7]);
  const Inferred inferred(records);
  EXPECT_EQ(inferred.proposal.id, "event_id");
  EXPECT_EQ(inferred.proposal.id_repeats, 1U);
  EXPECT_EQ(Inferred(repeated(records[0], 50)).proposal.id, "");
}

TEST(Roles, WithoutATime_TheRecordsOwnIsTaken) {
  const Inferred inferred({R"({"a": 1})", R"({"a": 2})"});
  EXPECT_EQ(inferred.proposal.time, "");
  EXPECT_THAT(inferred.proposal.order_by, ElementsAre("_timestamp"));
  EXPECT_EQ(inferred.proposal.partition_by, "toYYYYMM(_timestamp)");
}

TEST(Roles, TimesFarApart_MakeLargerPartitions) {
  const Inferred years({R"({"ts": "2001-01-18T12:34:56Z"})", R"({"ts": "2026-01-18T12:34:56Z"})"});
  EXPECT_EQ(years.proposal.partition_by, "toYear(ts)");
  const Inferred centuries({R"({"ts": "1901-01-18T12:34:56Z"})", R"({"ts": "2026-01-18T12:34:56Z"})"});
  EXPECT_EQ(centuries.proposal.partition_by, "");
}

TEST(Roles, TheEventsTimeIsNotItsExpiry) {
  const Inferred inferred({R"({"expires_at": "2026-02-18T12:34:56Z", "sent": "2026-01-18T12:34:56Z"})"});
  EXPECT_EQ(inferred.proposal.time, "sent");
}

TEST(Views, ThreeThatDiffer) {
  const Inferred inferred(shop_events(600));
  ASSERT_EQ(inferred.proposal.views.size(), 3U);
  const auto& views = inferred.proposal.views;
  EXPECT_EQ(views[0].name, "clicks_minute");
  EXPECT_THAT(views[0].sql, HasSubstr("CREATE MATERIALIZED VIEW clicks_minute\nENGINE = SummingMergeTree\n"
                                      "ORDER BY (action, minute)\nAS SELECT\n"
                                      "  toStartOfMinute(created_at) AS minute,\n  action,\n  count() AS total_count,\n"
                                      "  sum(amount) AS total_amount\nFROM clicks\nGROUP BY minute, action\n"));
  EXPECT_THAT(views[1].sql, HasSubstr("  `user.country` AS user_country,\n"));
  EXPECT_THAT(views[1].sql, HasSubstr("ORDER BY (action, user_country, bucket)"));
  EXPECT_THAT(views[2].sql, HasSubstr("ORDER BY (page, hour)"));
}

TEST(Views, NamesThatAreTakenGetANumber) {
  std::vector<std::string> records;
  for (int i = 0; i < 100; ++i) {
    records.push_back(fmt::format(R"({{"ts": {}, "minute": "{}", "total_count": 5.5{}, "u": {{"k": "{}"}}, "u_k": 1}})",
                                  1768739696 + i, i % 3, i, i % 4));
  }
  const Inferred inferred(records);
  ASSERT_FALSE(inferred.proposal.views.empty());
  EXPECT_THAT(inferred.proposal.views[0].sql, HasSubstr("toStartOfMinute(ts) AS minute_2"));
  EXPECT_THAT(inferred.proposal.views[0].sql, HasSubstr("count() AS total_count_2"));
}

TEST(Views, KeywordsAreQuoted) {
  std::vector<std::string> records;
  for (int i = 0; i < 100; ++i)
    records.push_back(fmt::format(R"({{"ts": {}, "Group": "{}", "from": "{}"}})", 1768739696 + i, i % 3, i % 4));
  const Inferred inferred(records, {"order", "order", 4, "a test"});
  ASSERT_EQ(inferred.proposal.views.size(), 3U);
  EXPECT_THAT(inferred.proposal.views[1].sql, HasSubstr("  `Group`,\n  `from`,\n"));
  EXPECT_THAT(inferred.proposal.views[1].sql, HasSubstr("ORDER BY (`Group`, `from`, bucket)"));
  EXPECT_THAT(inferred.proposal.views[1].sql, HasSubstr("FROM `order`\nGROUP BY bucket, `Group`, `from`\n"));
}

TEST(Views, OfDatesAndOfNoTime) {
  std::vector<std::string> dates;
  std::vector<std::string> none;
  for (int i = 0; i < 60; ++i) {
    dates.push_back(fmt::format(R"({{"day": "2026-01-{:02}", "kind": "k{}"}})", i % 28 + 1, i % 3));
    none.push_back(fmt::format(R"({{"kind": "k{}", "level": "l{}"}})", i % 3, i % 2));
  }
  const Inferred by_date(dates);
  ASSERT_FALSE(by_date.proposal.views.empty());
  EXPECT_THAT(by_date.proposal.views[0].sql, HasSubstr("toDate(day) AS day_2"));
  const Inferred totals(none);
  ASSERT_FALSE(totals.proposal.views.empty());
  EXPECT_EQ(totals.proposal.views[0].name, "clicks_by_kind");
}

TEST(Views, TimesBeyondADateTime_AreNotCut) {
  for (const std::string odd : {"1969-12-31T23:59:59Z", "2106-02-07T06:28:16Z", "1901-01-18T12:34:56Z"}) {
    std::vector<std::string> records = shop_events(60);
    records.push_back(fmt::format(R"({{"created_at": "{}", "action": "view"}})", odd));
    const Inferred inferred(records);
    EXPECT_EQ(inferred.proposal.time, "created_at");
    ASSERT_FALSE(inferred.proposal.views.empty());
    EXPECT_EQ(inferred.proposal.views[0].name, "clicks_by_action") << odd;
    for (const SuggestedView& view : inferred.proposal.views) EXPECT_THAT(view.sql, Not(HasSubstr("toStartOf")));
  }
  std::vector<std::string> last = shop_events(60);
  last.push_back(R"({"created_at": "2106-02-07T06:28:15Z", "action": "view"})");
  last.push_back(R"({"created_at": "1970-01-01T00:00:00Z", "action": "view"})");
  EXPECT_EQ(Inferred(last).proposal.views[0].name, "clicks_minute");
  std::vector<std::string> dates = {R"({"day": "1950-03-01", "kind": "a"})"};
  for (int i = 0; i < 60; ++i) dates.push_back(R"({"day": "2026-01-18", "kind": "b"})");
  EXPECT_EQ(Inferred(dates).proposal.views[0].name, "clicks_by_kind");
}

TEST(Views, NullableMeasuresAreAddedAsZero) {
  std::vector<std::string> records = shop_events(100);
  records.push_back(R"({"created_at": "2026-01-18T12:00:00Z", "action": "view"})");
  EXPECT_THAT(Inferred(records).proposal.views[0].sql, HasSubstr("sum(ifNull(amount, 0)) AS total_amount"));
}

TEST(Text, FewRecordsAreSaidToBeFew) {
  EXPECT_THAT(Inferred(shop_events(99)).text, HasSubstr("# These are few records"));
  EXPECT_THAT(Inferred(shop_events(100)).text, Not(HasSubstr("few records")));
}

TEST(Text, WordsThatYamlReadsOtherwiseAreQuoted) {
  const Inferred inferred({R"({"null": 1, "yes": "a", "On": 2, "from": 3, "n": 4, "ts": "2026-01-18T12:34:56Z"})"},
                          {"clicks", "123", 4, "a test"});
  EXPECT_EQ(inferred.type("null") + " " + inferred.type("On"), "Int64 Int64") << inferred.text;
  EXPECT_THAT(inferred.text, HasSubstr("topic: \"123\""));
}

TEST(Text, WordsThatClickHouseCannotReadBackAreLeftOut) {
  const Inferred inferred(
      {R"({"not": "a", "True": 1, "inf": 2, "n": 4, "ts": "2026-01-18T12:34:56Z", "o": {"nan": 1}})"});
  EXPECT_EQ(inferred.error, "");
  EXPECT_EQ(inferred.type("not") + inferred.type("True") + inferred.type("inf"), "---");
  EXPECT_EQ(inferred.type("o.nan"), "Int64");
  EXPECT_THAT(inferred.text, HasSubstr("not: its name cannot be a column's"));
}

TEST(Text, AlwaysTheSameIsSaidOfOneValueOnly) {
  const Inferred one({R"({"n": 7, "s": "x", "f": 1.5})", R"({"n": 7, "s": "x", "f": 1.5})"});
  EXPECT_THAT(one.text, HasSubstr("whole numbers, always 7"));
  EXPECT_THAT(one.text, HasSubstr("numbers, always 1.5"));
  // Different, and the same double.
  const Inferred two({R"({"n": 9007199254740992})", R"({"n": 9007199254740993})"});
  EXPECT_THAT(two.text, HasSubstr("whole numbers, about 9.007199255e+15"));
  EXPECT_THAT(two.text, Not(HasSubstr("always")));
}

TEST(Text, NothingFromARecordBreaksALine) {
  const Inferred inferred(
      repeated("{\"a\": \"x\\ny: [\\u2028z\\u0007\\ufeff #\", \"b\\nc: d\": 1, \"t\": \"\\u0085\"}", 40));
  EXPECT_EQ(inferred.type("a"), "LowCardinality(String)") << inferred.text;
  EXPECT_EQ(inferred.text.find("\ny: ["), std::string::npos);
}

TEST(Distinct, ExactUpToItsLimit_AndGivesBackItsMemory) {
  Budget budget;
  const size_t before = budget.hashes;
  {
    Distinct distinct(budget);
    for (uint64_t i = 0; i < Distinct::kMost; ++i) EXPECT_TRUE(distinct.add(i * 0x9E3779B97F4A7C15));
    EXPECT_FALSE(distinct.add(0));
    EXPECT_TRUE(distinct.exact());
    EXPECT_EQ(distinct.count(), Distinct::kMost);
    EXPECT_TRUE(distinct.add(12345));
    EXPECT_FALSE(distinct.exact());
    EXPECT_FALSE(distinct.add(0));
    EXPECT_LT(budget.hashes, before);
  }
  EXPECT_EQ(budget.hashes, before);
  budget.hashes = 10;
  Distinct poor(budget);
  EXPECT_TRUE(poor.add(1));
  EXPECT_FALSE(poor.exact());
}

TEST(Names, Words) {
  EXPECT_THAT(words_of("user.homeAddressID"), ElementsAre("home", "address", "id"));
  EXPECT_THAT(words_of("HTTPStatus_code"), ElementsAre("http", "status", "code"));
  EXPECT_TRUE(words_of("__").empty());
  EXPECT_EQ(shown_text("abc", 2), "ab…");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_GT(time_score("eventTime"), time_score("birthday"));
  EXPECT_GT(id_score("event_id"), id_score("order_id"));
  EXPECT_LT(measure_score("latitude"), 0);
}

}  // namespace
}  // namespace freshet::infer
