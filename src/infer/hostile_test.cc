/// Records of all kinds of nonsense: the proposal stays usable and memory bounded.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "infer/infer_test_helpers.h"

namespace freshet::infer {
namespace {

using ::testing::HasSubstr;

std::string nested(int depth) {
  std::string out;
  for (int i = 0; i < depth; ++i) out += R"({"a":)";
  return out + "1" + std::string(static_cast<size_t>(depth), '}');
}

TEST(Hostile, DeepNesting_BecomesJsonText) {
  const Inferred inferred({nested(20), nested(100)});
  EXPECT_EQ(inferred.lost(), 0U);
  ASSERT_EQ(inferred.proposal.columns.size(), 1U);
  EXPECT_EQ(inferred.proposal.columns.front().name, "a.a.a.a.a.a");
  EXPECT_EQ(inferred.proposal.columns.front().type(), "String");
  const Inferred too_deep({R"({"b": 1})", nested(200)});
  EXPECT_EQ(too_deep.proposal.objects, 1U) << "the decoder refuses it too";
  EXPECT_EQ(too_deep.proposal.check.rows, 1U);
}

TEST(Hostile, HugeKeys) {
  const std::string key(100'000, 'k');
  const Inferred inferred({"{\"" + key + "\": 1, \"a\": 2}", "{\"a\": 3, \"o\": {\"" + key + "\": 1}}"});
  EXPECT_EQ(inferred.type("a"), "Int64");
  EXPECT_EQ(inferred.type("o"), "Map(String, Int64)");
  EXPECT_LT(inferred.text.size(), 5'000U);
}

TEST(Hostile, ThousandsOfTopLevelNames_KeepTheFrequentOnes) {
  std::vector<std::string> records;
  for (int i = 0; i < 20'000; ++i)
    records.push_back(fmt::format(R"({{"always": {}, "rare{}": 1, "rarer{}": "x"}})", i, i, i));
  const Inferred inferred(records);
  EXPECT_EQ(inferred.type("always"), "Int64");
  EXPECT_LT(inferred.observer.root().children().size(), 2'100U);
  EXPECT_EQ(inferred.proposal.columns.size(), 1U);
  EXPECT_GT(inferred.proposal.forgotten, 10'000U);
  EXPECT_EQ(inferred.lost(), 0U);
  EXPECT_LT(inferred.text.size(), 10'000U);
}

TEST(Hostile, ThousandsOfNestedNames_AreAMap) {
  std::vector<std::string> records;
  for (int i = 0; i < 5'000; ++i)
    records.push_back(fmt::format(R"({{"m": {{"k{}": {}}}, "p": {{"q": {{"k{}": true}}}}}})", i, i, i));
  const Inferred inferred(records);
  EXPECT_EQ(inferred.type("m"), "Map(String, Int64)");
  EXPECT_EQ(inferred.type("p.q"), "Map(String, Bool)");
  EXPECT_EQ(inferred.lost(), 0U);
}

TEST(Hostile, ManyObjectsOfManyNames_ShareOneBudget) {
  Observer observer;
  for (int i = 0; i < 3'000; ++i) {
    std::string record = "{\"id\": 1";
    for (int object = 0; object < 60; ++object)
      record += fmt::format(R"(, "o{}": {{"k{}": {{"v": {}}}}})", object, i % 250, i);
    observer.add({.value = record + "}", .key = {}, .timestamp_ms = 0});
  }
  size_t fields = 0;
  for (const auto& [name, child] : observer.root().children()) fields += 1 + child->children().size();
  EXPECT_LT(fields, 8'192U);
  const auto proposal = propose(observer, {"clicks", "clicks", 4, "a test"});
  ASSERT_TRUE(proposal) << proposal.error().message;
  EXPECT_NE(proposal->column("id"), nullptr);
  EXPECT_TRUE(project::parse_stream("clicks", "streams/clicks.yaml", stream_text(*proposal)));
}

TEST(Hostile, WideRecords_EndAtTheProjectsLimit) {
  std::string record = "{";
  for (int i = 0; i < 1'500; ++i) record += fmt::format("{}\"c{}\": {}", i == 0 ? "" : ",", i, i);
  const Inferred inferred(repeated(record + "}", 3));
  EXPECT_EQ(inferred.proposal.columns.size(), 1'000U);
  EXPECT_EQ(inferred.proposal.left_out.size(), 500U);
  EXPECT_EQ(inferred.lost(), 0U);
}

TEST(Hostile, DuplicateKeys_CountOnce) {
  const Inferred inferred({R"({"a": 1, "a": 2, "b": "x", "b": 7})", R"({"a": 3})"});
  EXPECT_EQ(inferred.type("a"), "Int64");
  EXPECT_EQ(inferred.type("b"), "String") << "each of them is decoded";
  EXPECT_EQ(inferred.proposal.column("a")->absent, 0U);
  EXPECT_EQ(inferred.proposal.column("b")->absent, 1U);
  EXPECT_EQ(inferred.lost(), 0U);
}

TEST(Hostile, WhatIsNoJsonObject_IsCountedAndLeavesNoTrace) {
  const std::vector<std::string> records = {R"({"a": 1})",
                                            "",
                                            "not json",
                                            "[1, 2]",
                                            "7",
                                            "{\"a\": \"\xff\"}",
                                            R"({"b": 1,})",
                                            R"({"b": 01})",
                                            R"({"b": "\ud800"})",
                                            "{\"b\": 1} x",
                                            "null"};
  const Inferred inferred(records);
  EXPECT_EQ(inferred.proposal.objects, 1U);
  EXPECT_EQ(inferred.proposal.records, records.size());
  EXPECT_EQ(inferred.type("b"), "-");
  EXPECT_EQ(inferred.proposal.check.rows, 1U);
  EXPECT_THAT(inferred.text, HasSubstr("# 10 of the records are no JSON objects"));
}

TEST(Hostile, NoObjectAtAll_SaysWhatToDo) {
  EXPECT_THAT(Inferred({"[{\"a\": 1}]"}).error, HasSubstr("jq -c '.[]'"));
  EXPECT_THAT(Inferred({"a,b", "1,2"}).error, HasSubstr("JSON object"));
  EXPECT_THAT(Inferred(std::vector<std::string>{}).error,
              testing::StartsWith("there are no records to look at: a test"));
  EXPECT_THAT(Inferred({"[{\"a\": 1}]"}).error, HasSubstr("there are arrays in the a test"));
  EXPECT_THAT(Inferred({"{}"}).error, HasSubstr("can be a column"));
  EXPECT_THAT(Inferred({R"({"@a": 1, "_b": 2})"}).error, HasSubstr("can be a column"));
}

TEST(Hostile, CarriageReturnsAreWhiteSpace) {
  EXPECT_EQ(Inferred({"{\"a\": 1}\r", "\t{\"a\": 2}\r\n"}).type("a"), "Int64");
}

TEST(Hostile, ObjectsAndScalarsMixed_AreText) {
  const Inferred inferred({R"({"a": {"b": 1}})", R"({"a": 7})", R"({"a": [1]})"});
  EXPECT_EQ(inferred.type("a"), "String");
  EXPECT_EQ(inferred.type("a.b"), "-");
  EXPECT_EQ(inferred.lost(), 0U);
}

TEST(Hostile, LiteralDotsFillTheSameColumn) {
  const Inferred inferred(
      {R"({"user.id": 1})", R"({"user": {"id": "x"}})", R"({"a": 1, "a.b": 2, "c..d": 3, ".e": 4})"});
  EXPECT_EQ(inferred.type("user.id"), "String");
  EXPECT_EQ(inferred.type("a"), "Nullable(Int64)");
  EXPECT_EQ(inferred.type("a.b"), "Nullable(Int64)");
  EXPECT_EQ(inferred.lost(), 0U);
}

TEST(Hostile, TwoArraysInOneObject_AreNotNested) {
  const Inferred inferred({R"({"a": {"x": [1], "y": [1, 2], "z": {"w": ["q"]}}})"});
  EXPECT_EQ(inferred.type("a.x"), "Array(Int64)");
  EXPECT_EQ(inferred.type("a.y"), "String");
  EXPECT_EQ(inferred.type("a.z.w"), "String");
  EXPECT_EQ(inferred.lost(), 0U);
}

/// Random JSON: few names, so that they meet often, and values that are nearly something.
class RandomJson {
 public:
  explicit RandomJson(uint32_t seed) : random_(seed) {}

  std::string object(int depth) {
    static const char* kNames[] = {"a", "b", "ts", "id", "x-y", "a.b", "_c", "status", "price", "n", "is_x", "7"};
    std::string out = "{";
    for (int i = below(6); i > 0; --i)
      out += fmt::format("\"{}\": {}{}", kNames[below(12)], value(depth + 1), i > 1 ? ", " : "");
    return out + "}";
  }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }
  std::string value(int depth) {
    static const char* kScalars[] = {"null",
                                     "true",
                                     "false",
                                     "0",
                                     "1",
                                     "-1",
                                     "7.5",
                                     "1e5",
                                     "1768739696",
                                     "1768739696789",
                                     "18446744073709551616",
                                     "1e999",
                                     "404",
                                     "\"\"",
                                     "\"7\"",
                                     "\"-7.50\"",
                                     "\"12.34\"",
                                     "\"true\"",
                                     "\"2026-01-18\"",
                                     "\"2026-01-18T12:34:56.7Z\"",
                                     "\"1850-01-18\"",
                                     "\"192.0.2.1\"",
                                     "\"::1\"",
                                     "\"00112233-4455-6677-8899-aabbccddeeff\"",
                                     "\"x\"",
                                     "\"\\u00e4\\n\"",
                                     "-9223372036854775808",
                                     "9223372036854775808",
                                     "\"inf\""};
    const int kind = depth > 8 ? 0 : below(12);
    if (kind == 10) return object(depth);
    if (kind != 11)
      return kScalars[preferred_ >= 0 && below(3) > 0 ? preferred_
                                                      : preferred_ = below(static_cast<int>(std::size(kScalars)))];
    std::string out = "[";
    for (int i = below(4); i > 0; --i) out += value(depth + 1) + (i > 1 ? "," : "");
    return out + "]";
  }

  std::mt19937 random_;
  int preferred_ = -1;  ///< values come in runs, so that columns of one type happen
};

TEST(Hostile, RandomRecords_AllBecomeRowsOfTheirOwnProposal) {
  const uint32_t first = 1;
  for (uint32_t seed = first; seed < first + 400; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    RandomJson json(seed);
    std::vector<std::string> records;
    for (uint32_t i = 0; i < seed % 60 + 1; ++i) records.push_back(json.object(0));
    const Inferred inferred(records);
    if (!inferred.error.empty()) continue;  // nothing in it can be a column
    ASSERT_EQ(inferred.lost(), 0U) << inferred.text << "\n" << fmt::format("{}", fmt::join(records, "\n"));
  }
}

}  // namespace
}  // namespace freshet::infer
