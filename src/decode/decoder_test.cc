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

TEST(Decoder, OtherFormat_IsRefused) {
  project::Stream stream = article_stream();
  stream.format = "avro";
  EXPECT_EQ(make_decoder(stream).error().code, ErrorCode::kProjectUnsupported);
}

}  // namespace
}  // namespace freshet::decode
