/// Records as a whole: which fields fill which columns, what makes a record a dead letter, and that nothing of it
/// stays.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "columns/fixed_column.h"
#include "columns/string_column.h"
#include "decode/json_decoder.h"

namespace freshet::decode {
namespace {

using columns::as;
using columns::FixedColumn;
using columns::StringColumn;
using ::testing::HasSubstr;

struct Table {
  explicit Table(std::initializer_list<std::pair<const char*, const char*>> names_and_types) {
    std::vector<DeclaredColumn> declared;
    for (const auto& [name, type] : names_and_types) {
      declared.push_back({name, *schema::parse_type(type)});
      block.add(name, declared.back().type);
    }
    decoder = make_json_decoder(declared);
  }
  std::string feed(std::string_view json) {
    const auto failure = decoder->decode(json, block);
    return failure ? failure->field + ": " + failure->message : "";
  }
  std::string text(size_t column, size_t row) { return std::string(as<StringColumn>(block.column(column)).at(row)); }
  int64_t number(size_t column, size_t row) { return as<FixedColumn<int64_t>>(block.column(column)).at(row); }
  std::string native() const {
    std::string out;
    block.write_native(out);
    return out;
  }
  columns::Block block;
  std::unique_ptr<Decoder> decoder;
};

TEST(Fields, AnyOrderMissingAndUnknown) {
  Table table({{"a", "String"}, {"b", "Int64"}, {"c", "Nullable(Int64)"}});
  EXPECT_EQ(table.feed(R"({"b": 2, "x": {"deep": [1, {"y": null}]}, "a": "one", "z": 1.5e3})"), "");
  EXPECT_EQ(table.feed(R"({})"), "");
  EXPECT_EQ(table.feed(R"( { "a" : "t\u0077o" , "\u0062" : 3 } )"), "");
  EXPECT_EQ(table.text(0, 0) + table.text(0, 1) + table.text(0, 2), "onetwo");
  EXPECT_EQ(table.number(1, 0), 2);
  EXPECT_EQ(table.number(1, 1), 0);
  EXPECT_EQ(table.number(1, 2), 3);
  EXPECT_EQ(table.decoder->unknown_fields(), 2U);
}

TEST(Fields, UnknownOnesAreNamedWhenAskedFor) {
  Table table({{"a", "String"}, {"user.id", "Int64"}});
  EXPECT_EQ(table.feed(R"({"before": 1})"), "");
  table.decoder->name_unknown_fields();
  EXPECT_EQ(table.feed(R"({"x": 1, "user": {"id": 1, "na\u006de": "n"}, "y": {"deep": 1}})"), "");
  EXPECT_EQ(table.feed(R"({"x": 2, "user": {"id": "no number"}})"),
            "user.id: expected a whole number from "
            "-9223372036854775808 to 9223372036854775807 for "
            "Int64, got \"no number\"");
  EXPECT_EQ(table.feed(R"({"x": 3})"), "");
  EXPECT_THAT(
      table.decoder->unknown_field_names(),
      ::testing::ElementsAre(::testing::Pair("user.name", 1U), ::testing::Pair("x", 2U), ::testing::Pair("y", 1U)));
  EXPECT_EQ(table.decoder->unknown_fields(), 5U);
}

TEST(Fields, SameKeyAgain_LastOneCounts) {
  Table table({{"a", "String"}, {"l", "Array(Int64)"}, {"n", "Int64"}});
  EXPECT_EQ(table.feed(R"({"a": "first", "l": [1, 2], "a": "second", "l": [3], "n": 1, "n": null})"), "");
  Table plain({{"a", "String"}, {"l", "Array(Int64)"}, {"n", "Int64"}});
  EXPECT_EQ(plain.feed(R"({"a": "second", "l": [3], "n": 0})"), "");
  EXPECT_EQ(table.native(), plain.native());
}

TEST(Fields, DottedNames_LeadIntoObjects) {
  Table table({{"user.name", "String"}, {"user.address.city", "String"}, {"user.address.zip", "Int64"}});
  EXPECT_EQ(table.feed(R"({"user": {"name": "n", "address": {"city": "c", "zip": 7, "x": 1}, "age": 3}})"), "");
  EXPECT_EQ(table.feed(R"({"user.name": "n", "user.address": {"city": "c", "zip": 7}})"), "");
  EXPECT_EQ(table.feed(R"({"user": {"address.city": "c", "name": "n"}, "user.address.zip": 7})"), "");
  for (size_t row = 0; row < 3; ++row) {
    EXPECT_EQ(table.text(0, row), "n");
    EXPECT_EQ(table.text(1, row), "c");
    EXPECT_EQ(table.number(2, row), 7);
  }
  EXPECT_EQ(table.decoder->unknown_fields(), 2U);
  EXPECT_EQ(table.feed(R"({"user": null})"), "");
  EXPECT_EQ(table.feed(R"({"user": "x"})"), "user: expected an object, got \"x\"");
  EXPECT_EQ(table.feed(R"({"user": {"address": [1, 2]}})"), "address: expected an object, got [1, 2]}}");
}

TEST(Fields, AColumnMayKeepWhatOthersTakeApart) {
  Table table({{"user", "String"}, {"user.id", "Int64"}});
  EXPECT_EQ(table.feed(R"({"user": {"id": 5, "name": "n"}})"), "");
  EXPECT_EQ(table.text(0, 0), R"({"id": 5, "name": "n"})");
  EXPECT_EQ(table.number(1, 0), 5);
  EXPECT_EQ(table.feed(R"({"user": "plain"})"), "");
  EXPECT_EQ(table.text(0, 1), "plain");
}

TEST(Fields, OddNames_AreFound) {
  const std::string long_name(300, 'n');
  Table table({{"a\"b", "Int64"},
               {"a\nb\\", "Int64"},
               {"fifteen_letters", "Int64"},
               {"sixteen_letters_", "Int64"},
               {long_name.c_str(), "Int64"}});
  EXPECT_EQ(
      table.feed(R"({"a\"b": 1, "a\nb\\": 2, "fifteen_letters": 3, "sixteen_letters_": 4, ")" + long_name + "\": 5}"),
      "");
  EXPECT_EQ(
      table.feed(R"({"sixteen_letters_x": 9, "sixteen_letters": 9, "fifteen_letters_": 9, ")" + long_name + "n\": 5}"),
      "");
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(table.number(i, 0), static_cast<int64_t>(i + 1));
    EXPECT_EQ(table.number(i, 1), 0);
  }
  EXPECT_EQ(table.decoder->unknown_fields(), 4U);
}

TEST(BadRecords, AreNamedAndLeaveNothing) {
  Table table({{"a", "String"}, {"m", "Map(String, Array(Int64))"}, {"b", "Int64"}, {"low", "LowCardinality(String)"}});
  EXPECT_EQ(table.feed(R"({"a": "ok", "m": {"k": [1]}, "b": 1, "low": "x"})"), "");
  const std::string before = table.native();
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"", "the value is empty"},
      {"   \n", "the value is empty"},
      {"[1]", "expected a JSON object, got [1]"},
      {"5", "expected a JSON object, got 5"},
      {"\"text\"", "expected a JSON object, got \"text\""},
      {"null", "expected a JSON object, got null"},
      {"{", "expected the name of a field, but it ends there"},
      {R"({"a")", "expected ':' behind the name of a field, but it ends there"},
      {R"({"a":)", "expected a value for String, got nothing"},
      {R"({"a": "x")", "expected ',' or '}', but it ends there"},
      {R"({"a": "x",})", "expected the name of a field at byte 10, got }"},
      {R"({"a": "x"} garbage)", "expected nothing behind the object at byte 11, got garbage"},
      {R"({"a": "x"}{})", "expected nothing behind the object at byte 10"},
      {R"({"a": "x"}})", "expected nothing behind the object at byte 10, got }"},
      {R"({"a" "x"})", "expected ':'"},
      {R"({a: 1})", "expected the name of a field at byte 1, got a"},
      {R"({"a": 'x'})", "expected a value for String"},
      {R"({"a": "unclosed})", "a string is not closed"},
      {"{\"a\": \"tab\there\"}", "control character"},
      {"{\"a\": \"\xff\"}", "not valid UTF-8"},
      {"{\"a\": \"\xed\xa0\x80\"}", "not valid UTF-8"},
      {R"({"unknown": tru})", "expected a value at byte 12, got tru"},
      {R"({"unknown": [1, 2,]})", "expected a value"},
      {R"({"unknown": "\q"})", "expected a value"},
      {R"({"\q": 1})", "expected the name of a field"},
      {R"({"unknown": -})", "expected a value"},
      {R"({"a": "x", "low": "new", "m": {"k": [1, 2, "x"]}})",
       "expected an object for Map(String, Array(Int64)), got {\"k\": [1, 2, \"x\"]}}"},
      {R"({"low": "new", "b": 99999999999999999999})", "for Int64, got 99999999999999999999"},
  };
  for (const auto& [json, message] : bad) EXPECT_THAT(table.feed(json), HasSubstr(message)) << json;
  const auto tombstone = table.decoder->decode(std::nullopt, table.block);
  ASSERT_TRUE(tombstone);
  EXPECT_THAT(tombstone->message, HasSubstr("tombstone"));
  EXPECT_EQ(table.native(), before);
  EXPECT_EQ(table.decoder->unknown_fields(), 0U);
}

TEST(BadRecords, LongValues_AreShortened) {
  Table table({{"b", "Int64"}});
  const std::string failure =
      table.feed("{\"b\": \"" + std::string(98, 'x') + "\u00e4" + std::string(5000, 'y') + "\"}");
  EXPECT_THAT(failure, ::testing::EndsWith("got \"" + std::string(98, 'x') + "…"));
}

TEST(BadRecords, DepthBombs_AreRefused) {
  Table table({{"a", "String"}, {"x.y", "Int64"}});
  EXPECT_EQ(table.feed("{\"z\": " + std::string(128, '[') + std::string(128, ']') + "}"), "");
  EXPECT_NE(table.feed("{\"z\": " + std::string(129, '[') + std::string(129, ']') + "}"), "");
  EXPECT_NE(table.feed("{\"a\": " + std::string(1'000'000, '[')), "");
  std::string objects = "{\"z\":";
  for (int i = 0; i < 100'000; ++i) objects += "{\"x\":";
  EXPECT_NE(table.feed(objects), "");
  EXPECT_EQ(table.block.rows(), 1U);
}

TEST(Batch, EqualsOneByOne_WhateverIsBroken) {
  std::vector<std::string> texts;
  for (int i = 0; i < 5000; ++i) {
    if (i % 97 == 3) {
      texts.push_back("{\"a\": \"\xff\"}");
    } else if (i % 89 == 5) {
      texts.push_back("{\"a\": \"open");
    } else if (i % 83 == 7) {
      texts.push_back("{\"b\": [");
    } else if (i % 101 == 9) {
      texts.emplace_back();
    } else if (i % 71 == 11) {
      texts.push_back("\\");
    } else {
      texts.push_back(
          fmt::format("{{\"a\": \"text {}\", \"b\": {}}}", std::string(static_cast<size_t>(i % 200), 'x'), i));
    }
  }
  std::vector<std::optional<std::string_view>> values(texts.begin(), texts.end());
  values[40] = std::nullopt;
  Table batch({{"a", "String"}, {"b", "Int64"}});
  Table single({{"a", "String"}, {"b", "Int64"}});
  std::vector<BatchFailure> failures;
  batch.decoder->decode_batch(values, batch.block, failures);
  size_t next = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto failure = single.decoder->decode(values[i], single.block);
    if (!failure) continue;
    ASSERT_LT(next, failures.size());
    EXPECT_EQ(failures[next].index, i);
    EXPECT_EQ(failures[next].failure.message, failure->message);
    ++next;
  }
  EXPECT_EQ(next, failures.size());
  EXPECT_EQ(batch.native(), single.native());
}

TEST(Batch, HalvesOfARecord_NeverJoin) {
  Table table({{"a", "String"}});
  const std::vector<std::optional<std::string_view>> values = {"{\"a\": \"x", "y\"}", "{\"a\":",        "\"z\"}",
                                                               "{\"a\": 1",   "2}",   "{\"a\": \"ok\"}"};
  std::vector<BatchFailure> failures;
  table.decoder->decode_batch(values, table.block, failures);
  EXPECT_EQ(failures.size(), 6U);
  EXPECT_EQ(table.block.rows(), 1U);
}

TEST(Batch, AnotherBlock_IsBoundAnew) {
  Table table({{"a", "String"}});
  EXPECT_EQ(table.feed(R"({"a": "1"})"), "");
  columns::Block moved = std::move(table.block);
  EXPECT_FALSE(table.decoder->decode(R"({"a": "2"})", moved));
  EXPECT_EQ(moved.rows(), 2U);
  columns::Block fresh = moved.empty_like();
  EXPECT_FALSE(table.decoder->decode(R"({"a": "3"})", fresh));
  EXPECT_EQ(fresh.rows(), 1U);
  EXPECT_EQ(moved.rows(), 2U);
}

}  // namespace
}  // namespace freshet::decode
