#include "cli/record_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet::cli {
namespace {

ShownRecord example() {
  ShownRecord record;
  record.topic = "events";
  record.partition = 3;
  record.offset = 42;
  record.timestamp_ms = 1768739696789;
  record.key = "u-1";
  record.value = R"({"a":1})";
  record.headers = {{"trace", "abc"}, {"none", std::nullopt}};
  return record;
}

std::string printed(const std::string& format, const ShownRecord& record = example()) {
  const auto parsed = RecordFormat::parse(format);
  EXPECT_TRUE(parsed) << parsed.error().to_string();
  return parsed ? parsed->print(record) : "";
}

TEST(RecordFormat, NamedOnes) {
  EXPECT_EQ(printed("value"), "{\"a\":1}\n");
  EXPECT_EQ(printed("raw"), "{\"a\":1}");
  EXPECT_EQ(printed("kv"), "u-1\t{\"a\":1}\n");
  EXPECT_EQ(printed("json"),
            R"({"topic":"events","partition":3,"offset":42,"timestamp_ms":1768739696789,"key":"u-1",)"
            R"("value":"{\"a\":1}","headers":[{"name":"trace","value":"abc"},{"name":"none","value":null}]})"
            "\n");
}

TEST(RecordFormat, HexShowsEveryByte) {
  ShownRecord record = example();
  record.headers.clear();
  const std::string value("0123456789\x00\xff\n|yz~!", 18);
  record.value = value;
  EXPECT_EQ(printed("hex", record),
            "events-3 offset 42, 2026-01-18T12:34:56.789Z, key 3 bytes, value 18 bytes, 0 headers\n"
            "key\n"
            "00000000  75 2d 31                                          |u-1|\n"
            "value\n"
            "00000000  30 31 32 33 34 35 36 37  38 39 00 ff 0a 7c 79 7a  |0123456789...|yz|\n"
            "00000010  7e 21                                             |~!|\n");
}

TEST(RecordFormat, TemplatesAreThoseOfKcat) {
  EXPECT_EQ(printed("%t %p %o %T %k %K %v %S %h%n"),
            "events 3 42 1768739696789 u-1 3 {\"a\":1} 7 trace=abc,none=NULL\n");
  EXPECT_EQ(printed("%D%%\\t\\x41\\\\%s"), "2026-01-18T12:34:56.789Z%\tA\\{\"a\":1}");
}

TEST(RecordFormat, NullIsNothingButInJson) {
  ShownRecord record;
  record.topic = "events";
  EXPECT_EQ(printed("value", record), "\n");
  EXPECT_EQ(printed("kv", record), "\t\n");
  EXPECT_EQ(printed("%k|%v|%K|%S|%h|%T|%D", record), "||-1|-1||-1|no time");
  EXPECT_THAT(printed("json", record), testing::HasSubstr(R"("key":null,"value":null,"headers":[])"));
  EXPECT_THAT(printed("hex", record), testing::HasSubstr("key null, value null"));
}

TEST(RecordFormat, BytesThatAreNoTextDoNotBreakJson) {
  ShownRecord record = example();
  record.value = std::string_view("a\xff\x00z", 4);
  EXPECT_THAT(printed("json", record), testing::HasSubstr("\"value\":\"a\xef\xbf\xbd\\u0000z\""));
  EXPECT_EQ(printed("raw", record), std::string("a\xff\x00z", 4));
}

TEST(RecordFormat, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(RecordFormat::parse("jsn").error().message, testing::HasSubstr("did you mean 'json'?"));
  EXPECT_THAT(RecordFormat::parse("%q").error().message, testing::HasSubstr("'%q' is not known"));
  for (const std::string format : {"%", "%k\\", "%k\\q", "%k\\x4"})
    EXPECT_EQ(RecordFormat::parse(format).error().code, ErrorCode::kUsage) << format;
}

}  // namespace
}  // namespace freshet::cli
