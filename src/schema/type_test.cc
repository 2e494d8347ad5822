#include "schema/type.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet::schema {
namespace {

using ::testing::HasSubstr;

std::string canonical(std::string_view text) {
  const auto type = parse_type(text);
  return type ? type->to_string() : "error: " + type.error().message;
}

std::string refusal(std::string_view text) {
  const auto type = parse_type(text);
  if (type) return "accepted as " + type->to_string();
  EXPECT_EQ(type.error().code, ErrorCode::kUnknownColumnType);
  return type.error().message;
}

TEST(ParseType, EveryType_IsWrittenAsItWasRead) {
  for (const char* text : {"Int8",
                           "Int16",
                           "Int32",
                           "Int64",
                           "Int128",
                           "Int256",
                           "UInt8",
                           "UInt16",
                           "UInt32",
                           "UInt64",
                           "UInt128",
                           "UInt256",
                           "Float32",
                           "Float64",
                           "Bool",
                           "String",
                           "FixedString(16)",
                           "UUID",
                           "IPv4",
                           "IPv6",
                           "Decimal(18, 4)",
                           "Date",
                           "Date32",
                           "DateTime",
                           "DateTime('UTC')",
                           "DateTime64(3)",
                           "DateTime64(3, 'Europe/Berlin')",
                           "Enum8('a' = -1, 'b' = 2)",
                           "Enum16('x' = 1000)",
                           "Nullable(Int64)",
                           "LowCardinality(String)",
                           "LowCardinality(Nullable(FixedString(3)))",
                           "Array(Array(Nullable(UUID)))",
                           "Map(String, Array(LowCardinality(String)))",
                           "Map(LowCardinality(String), Map(UInt64, Float64))"}) {
    EXPECT_EQ(canonical(text), text);
    EXPECT_EQ(*parse_type(canonical(text)), *parse_type(text));
  }
}

TEST(ParseType, Aliases_BecomeClickHousesNames) {
  EXPECT_EQ(canonical("INT"), "Int32");
  EXPECT_EQ(canonical("int(11)"), "Int32");
  EXPECT_EQ(canonical("bigint unsigned"), "UInt64");
  EXPECT_EQ(canonical("Double  Precision"), "Float64");
  EXPECT_EQ(canonical("varchar(255)"), "String");
  EXPECT_EQ(canonical("text"), "String");
  EXPECT_EQ(canonical("boolean"), "Bool");
  EXPECT_EQ(canonical("TIMESTAMP"), "DateTime");
  EXPECT_EQ(canonical("INET4"), "IPv4");
  EXPECT_EQ(canonical("Decimal32(2)"), "Decimal(9, 2)");
  EXPECT_EQ(canonical("decimal256(20)"), "Decimal(76, 20)");
  EXPECT_EQ(canonical("NUMERIC(12,3)"), "Decimal(12, 3)");
  EXPECT_EQ(canonical("Decimal"), "Decimal(10, 0)");
  EXPECT_EQ(canonical("Decimal(5)"), "Decimal(5, 0)");
  EXPECT_EQ(canonical("DateTime64"), "DateTime64(3)");
}

TEST(ParseType, Spaces_DoNotMatter) {
  EXPECT_EQ(canonical("  Map ( String ,\n Nullable( UInt8 ) ) "), "Map(String, Nullable(UInt8))");
}

TEST(ParseType, Enum_IsSortedNumberedAndSized) {
  EXPECT_EQ(canonical("Enum8('b' = 2, 'a' = 1)"), "Enum8('a' = 1, 'b' = 2)");
  EXPECT_EQ(canonical("Enum('a', 'b', 'c' = 10, 'd')"), "Enum8('a' = 1, 'b' = 2, 'c' = 10, 'd' = 11)");
  EXPECT_EQ(canonical("Enum('a' = 200)"), "Enum16('a' = 200)");
  EXPECT_EQ(canonical(R"(Enum8('it''s' = 1, 'tab\t' = 2, 'q\'' = 3))"),
            R"(Enum8('it\'s' = 1, 'tab\t' = 2, 'q\'' = 3))");
}

TEST(ParseType, Unknown_NamesWhatWasMeant) {
  EXPECT_EQ(refusal("Strng"), "unknown type 'Strng'; did you mean String?");
  EXPECT_EQ(refusal("string"), "unknown type 'string'; did you mean String?");
  EXPECT_EQ(refusal("UINT64"), "unknown type 'UINT64'; did you mean UInt64?");
  EXPECT_EQ(refusal("Array(Flot64)"), "unknown type 'Flot64'; did you mean Float64?");
  EXPECT_EQ(refusal("Quaternion"), "unknown type 'Quaternion'");
  EXPECT_THAT(refusal("Tuple(a Int8)"), HasSubstr("dotted names"));
  EXPECT_THAT(refusal("JSON"), HasSubstr("declare a String column"));
}

TEST(ParseType, Syntax_IsExplained) {
  EXPECT_EQ(refusal(""), "expected a type, got ''");
  EXPECT_EQ(refusal("Array"), "Array needs a type: Array(String)");
  EXPECT_EQ(refusal("Array(String"), "expected ')' to close Array, got ''");
  EXPECT_EQ(refusal("String x"), "'x' is left over after the type String");
  EXPECT_EQ(refusal("Map(String)"), "Map needs two types, of its keys and of its values: Map(String, UInt64)");
  EXPECT_EQ(refusal("String(3"), "String takes no parameters");
  EXPECT_EQ(refusal("FixedString"), "FixedString needs its length: FixedString(16)");
  EXPECT_EQ(refusal("FixedString(0)"), "the length of FixedString is 0, but must lie between 1 and 16777215");
  EXPECT_EQ(refusal("Decimal(77, 2)"), "the precision of Decimal is 77, but must lie between 1 and 76");
  EXPECT_EQ(refusal("Decimal(5, 6)"), "the scale of Decimal is 6, but must lie between 0 and 5");
  EXPECT_EQ(refusal("DateTime64(10)"), "the precision of DateTime64 is 10, but must lie between 0 and 9");
  EXPECT_EQ(refusal("DateTime(UTC)"), "expected a time zone such as 'UTC', got 'UTC)'");
  EXPECT_EQ(refusal("Enum8('a' = 128)"), "the number in an Enum is 128, but must lie between -128 and 127");
  EXPECT_EQ(refusal("Enum8('a' = 1, 'a' = 2)"), "the name 'a' stands twice in an Enum");
  EXPECT_EQ(refusal("Enum8('a' = 1, 'b' = 1)"), "the number 1 stands twice in an Enum");
  EXPECT_EQ(refusal("Enum8('a = 1)"), "a quote (') is not closed");
  EXPECT_EQ(refusal("Enum8('a' = 99999999999999999999)"),
            "the number in an Enum is 99999999999999999999, but must lie between -128 and 127");
}

TEST(ParseType, Nesting_FollowsClickHouse) {
  EXPECT_THAT(refusal("Nullable(Array(String))"), HasSubstr("cannot be Nullable"));
  EXPECT_THAT(refusal("Nullable(Map(String, Int8))"), HasSubstr("cannot be Nullable"));
  EXPECT_THAT(refusal("Nullable(Nullable(Int8))"), HasSubstr("once is enough"));
  EXPECT_THAT(refusal("Nullable(LowCardinality(String))"), HasSubstr("LowCardinality(Nullable(String))"));
  EXPECT_THAT(refusal("LowCardinality(UInt64)"), HasSubstr("allow_suspicious_low_cardinality_types"));
  EXPECT_THAT(refusal("LowCardinality(Nullable(Date))"), HasSubstr("slower than Date"));
  EXPECT_THAT(refusal("LowCardinality(Array(String))"), HasSubstr("is refused"));
  EXPECT_THAT(refusal("Map(Nullable(String), Int8)"), HasSubstr("keys cannot be null"));
  EXPECT_THAT(refusal("Map(LowCardinality(Nullable(String)), Int8)"), HasSubstr("keys cannot be null"));
  EXPECT_THAT(refusal("Map(Array(String), Int8)"), HasSubstr("use String"));
}

TEST(ParseType, DeepNesting_IsRefusedNotFollowed) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "Array(";
  EXPECT_THAT(refusal(text), HasSubstr("nested more than 16 deep"));
  EXPECT_THAT(refusal(std::string(kMaxTypeLength + 1, ' ')), HasSubstr("longer than"));
}

}  // namespace
}  // namespace freshet::schema
