/// Which type a column gets for which values.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "infer/infer_test_helpers.h"

namespace freshet::infer {
namespace {

/// The type of a field with these values, as JSON, one a record.
std::string type_of(const std::string& name, const std::vector<std::string>& values) {
  std::vector<std::string> records;
  for (const std::string& value : values) records.push_back(fmt::format(R"({{"{}": {}, "n": "x"}})", name, value));
  const Inferred inferred(records);
  EXPECT_EQ(inferred.lost(), 0U) << inferred.text;
  return inferred.type(name);
}

TEST(Types, WholeNumbersAreWideUnlessTheirNameBoundsThem) {
  EXPECT_EQ(type_of("v", {"1", "2", "3"}), "Int64");
  EXPECT_EQ(type_of("v", {"-9223372036854775808", "9223372036854775807"}), "Int64");
  EXPECT_EQ(type_of("v", {"1", "18446744073709551615"}), "UInt64");
  EXPECT_EQ(type_of("v", {"-1", "18446744073709551615"}), "Int128");
  EXPECT_EQ(type_of("v", {"1", "340282366920938463463374607431768211455"}), "UInt128");
  EXPECT_EQ(type_of("v", {"1" + std::string(70, '0')}), "Int256");
  EXPECT_EQ(type_of("v", {"1" + std::string(100, '0'), "1"}), "String");
  EXPECT_EQ(type_of("status", {"200", "404", "500"}), "UInt16");
  EXPECT_EQ(type_of("http_status", {"200", "42"}), "Int64");
  EXPECT_EQ(type_of("port", {"80", "65535"}), "UInt16");
  EXPECT_EQ(type_of("port", {"80", "65536"}), "Int64");
}

TEST(Types, FloatsAreNeverDecimals) {
  EXPECT_EQ(type_of("price", {"1.25", "29.99"}), "Float64");
  EXPECT_EQ(type_of("price", {"1", "2.5", "1e300"}), "Float64");
  EXPECT_EQ(type_of("price", {"1.0", "2.0"}), "Float64");
  EXPECT_EQ(type_of("price", {"1", "1e400"}), "String");
}

TEST(Types, NumbersAsTextStayTextUnlessTheyAreQuantities) {
  EXPECT_EQ(type_of("zip", {R"("10115")", R"("20095")"}), "String");
  EXPECT_EQ(type_of("price", {R"("1.25")", R"("29.90")"}), "Decimal(18, 2)");
  EXPECT_EQ(type_of("price", {R"("1.25")", R"("29.9")"}), "String");
  EXPECT_EQ(type_of("quantity", {R"("3")", R"("4")"}), "Int64");
  EXPECT_EQ(type_of("v", {R"("3")", "4"}), "Int64");
  EXPECT_EQ(type_of("v", {R"("3.5")", "4"}), "Float64");
  EXPECT_EQ(type_of("v", {R"("three")", "4"}), "String");
}

TEST(Types, Flags) {
  EXPECT_EQ(type_of("v", {"true", "false"}), "Bool");
  EXPECT_EQ(type_of("v", {"true", "0", R"("false")"}), "Bool");
  EXPECT_EQ(type_of("v", {R"("true")", R"("false")"}), "Bool");
  EXPECT_EQ(type_of("is_new", {"0", "1"}), "Bool");
  EXPECT_EQ(type_of("clicks", {"0", "1"}), "Int64");
  EXPECT_EQ(type_of("v", {"true", R"("yes")"}), "String");
}

TEST(Types, TimesAsText) {
  EXPECT_EQ(type_of("v", {R"("2026-01-18T12:34:56Z")", R"("2026-01-18 12:34:56.5+02:00")"}), "DateTime64(3, 'UTC')");
  EXPECT_EQ(type_of("v", {R"("2026-01-18T12:34:56.123456Z")"}), "DateTime64(6, 'UTC')");
  EXPECT_EQ(type_of("v", {R"("2026-01-18T12:34:56.123456789Z")"}), "DateTime64(9, 'UTC')");
  EXPECT_EQ(type_of("v", {R"("2290-01-18T12:34:56.123456789Z")"}), "DateTime64(6, 'UTC')");
  EXPECT_EQ(type_of("v", {R"("2026-01-18")", R"("2026-02-18")"}), "Date");
  EXPECT_EQ(type_of("v", {R"("1931-01-18")"}), "Date32");
  EXPECT_EQ(type_of("v", {R"("2026-01-18")", R"("2026-01-18T12:34:56Z")"}), "DateTime64(3, 'UTC')");
  EXPECT_EQ(type_of("v", {R"("0001-01-01T00:00:00Z")"}), "String");
  EXPECT_EQ(type_of("v", {R"("18/Jan/2026:12:34:56 +0000")"}), "String");
  EXPECT_EQ(type_of("v", {R"("2026-01-18T12:34:56Z")", R"("")"}), "String");
}

TEST(Types, TimesAsNumbers_NeedAHint) {
  EXPECT_EQ(type_of("ts", {"1768739696", "1768739697"}), "DateTime64(3, 'UTC')");
  EXPECT_EQ(type_of("ts", {"1768739696789"}), "DateTime64(3, 'UTC')");
  EXPECT_EQ(type_of("ts", {"1768739696789123"}), "DateTime64(6, 'UTC')");
  EXPECT_EQ(type_of("ts", {"1768739696789123456"}), "DateTime64(9, 'UTC')");
  EXPECT_EQ(type_of("ts", {"1768739696.789"}), "DateTime64(3, 'UTC')");
  EXPECT_EQ(type_of("ts", {"1768739696", "1768739696789"}), "DateTime64(3, 'UTC')") << "the decoder tells them apart";
  EXPECT_EQ(type_of("since", {"1768739696", "1768739696789"}), "Int64") << "no clear name, two units";
  EXPECT_EQ(type_of("ts", {"1768739696", R"("2026-01-18T12:34:56Z")"}), "DateTime64(3, 'UTC')");
  EXPECT_EQ(type_of("ts", {"12", "13"}), "Int64");
  EXPECT_EQ(type_of("sensor", {"1768739696"}), "Int64") << "a number alone may be anything";

  Inferred inferred;
  const std::vector<std::string> records = {R"({"sensor": 1768739696})", R"({"sensor": 1768739697})"};
  for (const std::string& record : records)
    inferred.observer.add({.value = record, .key = {}, .timestamp_ms = 1'768'739'700'000});
  inferred.finish(records, {"clicks", "clicks", 4, "a test"});
  EXPECT_EQ(inferred.type("sensor"), "DateTime64(3, 'UTC')") << "it goes with the records' own timestamps";
}

TEST(Types, IdentifiersAndAddresses) {
  EXPECT_EQ(type_of("v", {R"("00112233-4455-6677-8899-aabbccddeeff")"}), "UUID");
  EXPECT_EQ(type_of("v", {R"("192.0.2.1")", R"("10.0.0.1")"}), "IPv4");
  EXPECT_EQ(type_of("v", {R"("192.0.2.1")", R"("2001:db8::1")"}), "IPv6");
  EXPECT_EQ(type_of("v", {R"("192.0.2.1")", R"("unknown")"}), "String");
}

TEST(Types, LowCardinality_WhereValuesRepeat) {
  const auto cycle = [](size_t records, size_t values) {
    std::vector<std::string> out;
    for (size_t i = 0; i < records; ++i) out.push_back(fmt::format(R"("value {}")", i % values));
    return out;
  };
  EXPECT_EQ(type_of("v", cycle(100, 5)), "LowCardinality(String)");
  EXPECT_EQ(type_of("v", cycle(100, 60)), "String");
  EXPECT_EQ(type_of("v", cycle(10, 2)), "String") << "too few to tell";
  EXPECT_EQ(type_of("user_id", cycle(100, 20)), "String") << "there will be other users";
  EXPECT_EQ(type_of("store_id", cycle(200, 4)), "LowCardinality(String)") << "no new one for long";
}

TEST(Types, ArraysAndMaps) {
  EXPECT_EQ(type_of("v", {"[1, 2]", "[]", "[3]"}), "Array(Int64)");
  EXPECT_EQ(type_of("v", {"[1.5, null]"}), "Array(Nullable(Float64))");
  EXPECT_EQ(type_of("v", {R"([1, "a"])"}), "Array(String)");
  EXPECT_EQ(type_of("v", {R"([{"a": 1}, {"b": 2}])"}), "Array(String)");
  EXPECT_EQ(type_of("v", {"[[1], [2, 3]]"}), "Array(Array(Int64))");
  EXPECT_EQ(type_of("v", {"[[1], null]"}), "Array(String)");
  EXPECT_EQ(type_of("v", {"[]"}), "Array(String)");
  EXPECT_EQ(type_of("v", {"{}"}), "Map(String, String)");
  EXPECT_EQ(type_of("v", {R"({"user-agent": "x", "accept": "y", "x-id": "z"})"}), "Map(String, String)");
  EXPECT_EQ(type_of("v", {R"({"2026-01-18": 1, "2026-01-19": 2})"}), "Map(String, Int64)");
  EXPECT_EQ(type_of("v", {R"({"2026-01-18": 1, "2026-01-19": null})"}), "Map(String, Nullable(Int64))");
  EXPECT_EQ(type_of("v", {R"({"a-b": [1]})"}), "Map(String, String)");
}

TEST(Types, MapOfManyNames_FieldsOfFew) {
  std::vector<std::string> scores;
  for (int i = 0; i < 60; ++i) scores.push_back(fmt::format(R"({{"player{}": {}, "player{}": 2}})", i, i, i + 1));
  EXPECT_EQ(type_of("v", scores), "Map(String, Int64)");
  const Inferred fields({R"({"u": {"id": 1, "name": "a", "address": {"city": "c"}}})", R"({"u": {"id": 2}})"});
  EXPECT_EQ(fields.type("u.id") + " " + fields.type("u.name") + " " + fields.type("u.address.city"),
            "Int64 String String");
  EXPECT_EQ(fields.lost(), 0U);
}

TEST(Types, Nullable_WhereTheDefaultCouldBeAValue) {
  const Inferred inferred(
      {R"({"a": 1, "b": "x", "c": "", "d": true, "e": [1], "f": "2026-01-18T12:34:56Z", "g": null})",
       R"({"a": null, "c": null})", R"({})"});
  EXPECT_EQ(inferred.type("a"), "Nullable(Int64)");
  EXPECT_EQ(inferred.type("b"), "String") << "'' does not occur, so it says \"not there\"";
  EXPECT_EQ(inferred.type("c"), "Nullable(String)") << "'' occurs";
  EXPECT_EQ(inferred.type("d"), "Nullable(Bool)");
  EXPECT_EQ(inferred.type("e"), "Array(Int64)");
  EXPECT_EQ(inferred.type("f"), "Nullable(DateTime64(3, 'UTC'))");
  EXPECT_EQ(inferred.type("g"), "String");
  EXPECT_EQ(inferred.lost(), 0U);
}

TEST(Types, OneMistakeInTwoHundredIsADeadLetter_TwoAreAnotherType) {
  std::vector<std::string> records;
  for (int i = 0; i < 400; ++i) records.push_back(fmt::format(R"({{"amount": {}.5, "n": "{}"}})", i, i));
  records[17] = R"({"amount": "N/A", "n": "17"})";
  const Inferred once(records);
  EXPECT_EQ(once.type("amount"), "Float64");
  EXPECT_EQ(once.lost(), 1U);
  EXPECT_NE(once.text.find("# 1 of 400 records of the sample would become dead letters"), std::string::npos)
      << once.text;
  EXPECT_NE(once.text.find("N/A"), std::string::npos);
  for (int i = 20; i < 23; ++i) records[static_cast<size_t>(i)] = R"({"amount": "N/A", "n": "17"})";
  const Inferred often(records);
  EXPECT_EQ(often.type("amount"), "String");
  EXPECT_EQ(often.lost(), 0U);
}

}  // namespace
}  // namespace freshet::infer
