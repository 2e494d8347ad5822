#include "decode/decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "columns/fixed_column.h"
#include "columns/low_cardinality_column.h"
#include "columns/string_column.h"

namespace freshet::decode {
namespace {

project::Stream article_stream() {
  project::Stream stream;
  stream.name = "events";
  stream.file = "streams/events.yaml";
  const auto add = [&](std::string name, std::string type) {
    stream.columns.push_back({std::move(name), std::move(type), 3, 5});
  };
  add("event_id", "String");
  add("ts", "DateTime64(3, 'UTC')");
  add("user_id", "String");
  add("project", "LowCardinality(String)");
  add("action", "LowCardinality(String)");
  add("amount", "Float64");
  return stream;
}

TEST(Decoder, ArticleEvent_BecomesARow) {
  const project::Stream stream = article_stream();
  columns::Block block;
  ASSERT_TRUE(add_declared_columns(stream, block));
  auto decoder = make_decoder(stream);
  ASSERT_TRUE(decoder);

  const auto failure = (*decoder)->decode(
      R"({"event_id": "uuid-123", "ts": "2026-01-18T12:34:56Z", "user_id": "u-1000", "project": "billing", "action": "checkout", "amount": 29.99})",
      block);

  EXPECT_FALSE(failure) << failure->message;
  ASSERT_EQ(block.rows(), 1U);
  EXPECT_EQ(columns::as<columns::StringColumn>(block.column(0)).at(0), "uuid-123");
  EXPECT_EQ(columns::as<columns::FixedColumn<int64_t>>(block.column(1)).at(0), 1768739696000);
  EXPECT_EQ(columns::as<columns::LowCardinalityColumn>(block.column(3)).at(0), "billing");
  EXPECT_EQ(columns::as<columns::FixedColumn<double>>(block.column(5)).at(0), 29.99);
}

TEST(Decoder, UnknownType_NamesColumnAndPlace) {
  project::Stream stream = article_stream();
  stream.columns[3].type = "LowCardinality(Strin)";
  const auto decoder = make_decoder(stream);
  ASSERT_FALSE(decoder);
  EXPECT_EQ(decoder.error().to_string(),
            "FR0701 streams/events.yaml:3:5: column project: unknown type 'Strin'; did you mean String?");
}

TEST(Decoder, UnknownTypes_AreAllTold) {
  project::Stream stream = article_stream();
  stream.columns[1].type = "DateTime65";
  stream.columns[5].type = "Flaot64";
  const std::vector<Error> errors = check_declared_columns(stream);
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_THAT(errors[0].message, testing::HasSubstr("DateTime65"));
  EXPECT_THAT(errors[1].message, testing::HasSubstr("did you mean Float64?"));
  EXPECT_TRUE(check_declared_columns(article_stream()).empty());
}

/// Short names lie within their strings: a decoder of several columns must find them where they are.
TEST(Decoder, EnumsAmongOtherColumns_AreFoundByName) {
  project::Stream stream;
  for (const char* name : {"a", "b", "c", "d", "e"}) stream.columns.push_back({name, "Enum8('red' = 1, 'blue' = 2)"});
  columns::Block block;
  ASSERT_TRUE(add_declared_columns(stream, block));
  auto decoder = make_decoder(stream);
  ASSERT_TRUE(decoder);
  const auto failure = (*decoder)->decode(R"({"a": "blue", "b": "red", "c": "blue", "d": "red", "e": "blue"})", block);
  EXPECT_FALSE(failure) << failure->field << ": " << failure->message;
  EXPECT_EQ(columns::as<columns::FixedColumn<int8_t>>(block.column(0)).at(0), 2);
  EXPECT_EQ(columns::as<columns::FixedColumn<int8_t>>(block.column(4)).at(0), 2);
}

TEST(Decoder, OtherFormat_IsRefused) {
  project::Stream stream = article_stream();
  stream.format = "avro";
  EXPECT_EQ(make_decoder(stream).error().code, ErrorCode::kProjectUnsupported);
}

}  // namespace
}  // namespace freshet::decode
