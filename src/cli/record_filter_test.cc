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

TEST(RecordFilter, NumbersOfAnyLengthAreCompared) {
  // 2^64, a uint256, more than a double can be; the fields beside them are found as well.
  constexpr std::string_view kWide =
      R"({"a":18446744073709551616, "b" : -115792089237316195423570985008687907853269984665640564039457584007913129639935,)"
      R"("c":1e999,"d":0.1234567890123456789012345,"e":1.50,"z":[ 18446744073709551616 , 1.0],"name":"x"})";
  EXPECT_TRUE(matches({"name=x"}, kWide));
  EXPECT_TRUE(matches({"a=18446744073709551616"}, kWide));
  EXPECT_FALSE(matches({"a=18446744073709551617"}, kWide));
  EXPECT_TRUE(matches({"a>18446744073709551615", "a<18446744073709551617", "a<1e20"}, kWide));
  EXPECT_TRUE(matches({"b<-1e77", "b>-1e78", "b~^-1157"}, kWide));
  EXPECT_TRUE(matches({"c>1e998", "c=10e998"}, kWide));
  EXPECT_TRUE(matches({"d=0.1234567890123456789012345", "d!=0.1234567890123456789012346"}, kWide));
  EXPECT_TRUE(matches({"e=1.5", "e=+1.5", "e=15e-1", "e<1.51"}, kWide));
  EXPECT_TRUE(matches({"z=[18446744073709551616,1.0]"}, kWide));
  EXPECT_TRUE(matches({"z.0=18446744073709551616", "z.1=1"}, kWide));
  for (const std::string zero : {"0", "-0", "0.00", "0e5"})
    EXPECT_TRUE(matches({"x=" + zero}, R"({"x":-0.0})")) << zero;
}

TEST(RecordFilter, TheLastOfTwoSameNamesCounts) {
  EXPECT_TRUE(matches({"a=2"}, R"({"a":1,"a":2})"));
  EXPECT_FALSE(matches({"a=1"}, R"({"a":1,"a":2})"));
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

TEST(RecordFilter, TwoEqualSignsAreOne) {
  EXPECT_TRUE(matches({"action==checkout", "count == 7"}));
  EXPECT_FALSE(matches({"action==view"}));
}

TEST(RecordFilter, OperatorsOfOtherLanguagesAreNamed) {
  const std::vector<std::pair<std::string, std::string>> cases = {{"a=~x", "did you mean '~'?"},
                                                                  {"a=<1", "did you mean '<='?"},
                                                                  {"a =>1", "did you mean '>='?"},
                                                                  {"a<>1", "did you mean '!='?"},
                                                                  {"a===1", "did you mean '='?"}};
  for (const auto& [condition, hint] : cases) {
    const auto filter = RecordFilter::parse({condition});
    ASSERT_FALSE(filter) << condition;
    EXPECT_THAT(filter.error().message, testing::HasSubstr(hint));
  }
  EXPECT_TRUE(matches({"a= ~x"}, R"({"a":"~x"})"));  // a value may begin with such a character, behind a space
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
