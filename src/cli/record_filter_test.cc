#include "cli/record_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet::cli {
namespace {

constexpr std::string_view kEvent =
    R"({"action":"checkout","amount":29.99,"count":7,"big":9007199254740993,"ok":true,"none":null,"empty":"",)"
    R"("user":{"id":"u-1","tags":["a","b"],"age":41},"user.name":"Zoë","items":[{"price":5},{"price":12}],)"
    R"("ts":"2026-01-18T12:34:56.000Z","text":"a = b"})";

bool matches(std::vector<std::string> conditions, std::string_view value = kEvent) {
  auto filter = RecordFilter::parse(conditions);
  EXPECT_TRUE(filter) << filter.error().to_string();
  return filter && filter->matches(value);
}

TEST(RecordFilter, ComparesNumbersAsNumbersAndTextAsText) {
  EXPECT_TRUE(matches({"amount=29.99"}));
  EXPECT_TRUE(matches({"amount=29.990"}));
  EXPECT_TRUE(matches({"count=7.0"}));
  EXPECT_FALSE(matches({"count=8"}));
  EXPECT_TRUE(matches({"action=checkout"}));
  EXPECT_FALSE(matches({"action=Checkout"}));
  EXPECT_TRUE(matches({"ok=true"}));
  EXPECT_TRUE(matches({"none=null"}));
  EXPECT_TRUE(matches({"empty="}));
  EXPECT_FALSE(matches({"action="}));
}

TEST(RecordFilter, WholeNumbersBeyondDoublesAreExact) {
  EXPECT_TRUE(matches({"big=9007199254740993"}));
  EXPECT_FALSE(matches({"big=9007199254740992"}));
}

TEST(RecordFilter, OrdersNumbersAndTexts) {
  EXPECT_TRUE(matches({"amount>29"}));
  EXPECT_TRUE(matches({"amount<100"}));  // as text "29.99" < "100" is false
  EXPECT_FALSE(matches({"amount<29.99"}));
  EXPECT_TRUE(matches({"amount<=29.99"}));
  EXPECT_TRUE(matches({"count>=7"}));
  EXPECT_FALSE(matches({"count>7"}));
  EXPECT_TRUE(matches({"ts>=2026-01-18T12:00"}));
  EXPECT_FALSE(matches({"ts>2026-01-19"}));
  EXPECT_FALSE(matches({"amount>abc"}));
  EXPECT_FALSE(matches({"ok>0"}));
}

TEST(RecordFilter, PathsGoIntoObjectsAndArrays) {
  EXPECT_TRUE(matches({"user.id=u-1"}));
  EXPECT_TRUE(matches({"user.tags.1=b"}));
  EXPECT_TRUE(matches({"items.1.price>10"}));
  EXPECT_TRUE(matches({"user.name=Zoë"}));
  EXPECT_TRUE(matches({R"(user.tags=["a","b"])"}));
  EXPECT_FALSE(matches({"items.2.price>0"}));
}

TEST(RecordFilter, MatchesRegularExpressions) {
  EXPECT_TRUE(matches({"action~^check"}));
  EXPECT_TRUE(matches({"user.id~^u-[0-9]+$"}));
  EXPECT_FALSE(matches({"action~^out"}));
  EXPECT_TRUE(matches({"amount~^29"}));
  EXPECT_TRUE(matches({"text~a = b"}));  // what follows the first operator is the value
  EXPECT_TRUE(matches({"text=a = b"}));
}

TEST(RecordFilter, WhatIsMissingEqualsNothing) {
  for (const std::string condition : {"x=", "x=null", "x<1", "x>1", "x~.*", "user.x=1", "action.x=1"})
    EXPECT_FALSE(matches({condition})) << condition;
  EXPECT_TRUE(matches({"x!=1"}));
  EXPECT_FALSE(matches({"action!=checkout"}));
  EXPECT_TRUE(matches({"action!=view"}));
  for (const std::string_view value : {"", "no json", "[1", "7"}) {
    EXPECT_FALSE(matches({"x=1"}, value)) << value;
    EXPECT_TRUE(matches({"x!=1"}, value)) << value;
  }
}

TEST(RecordFilter, AllConditionsMustHold) {
  EXPECT_TRUE(matches({}));
  EXPECT_TRUE(matches({}, "no json"));
  EXPECT_TRUE(matches({"action=checkout", "amount > 20"}));
  EXPECT_FALSE(matches({"action=checkout", "amount>30"}));
}

TEST(RecordFilter, RefusesWhatIsNoCondition) {
  for (const std::string condition : {"", "action", "=x", "  =x", "a!b"}) {
    const auto filter = RecordFilter::parse({condition});
    ASSERT_FALSE(filter) << condition;
    EXPECT_EQ(filter.error().code, ErrorCode::kUsage);
  }
  EXPECT_THAT(RecordFilter::parse({"a~[x"}).error().message, testing::HasSubstr("--where 'a~[x'"));
}

}  // namespace
}  // namespace freshet::cli
