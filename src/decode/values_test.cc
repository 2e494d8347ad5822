/// Which JSON values each type takes, what becomes of them, and which it refuses: docs/types.md as tests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "columns/fixed_column.h"
#include "columns/low_cardinality_column.h"
#include "columns/nested_columns.h"
#include "columns/string_column.h"
#include "decode/json_decoder.h"
#include "decode/parse_time.h"

namespace freshet::decode {
namespace {

using columns::as;
using columns::FixedColumn;
using ::testing::HasSubstr;

/// One column `v` of a type.
struct One {
  explicit One(std::string_view text) : type(*schema::parse_type(text)), decoder(make_json_decoder({{"v", type}})) {
    block.add("v", type);
  }

  /// The message of the failure, or empty.
  std::string feed(std::string_view json) {
    const auto failure = decoder->decode(fmt::format("{{\"v\": {}}}", json), block);
    return failure ? failure->field + ": " + failure->message : "";
  }
  schema::Type type;
  std::unique_ptr<Decoder> decoder;
  columns::Block block;
};

template <class T>
std::optional<T> value_of(std::string_view type, std::string_view json) {
  One one(type);
  const std::string failure = one.feed(json);
  EXPECT_EQ(one.block.rows(), failure.empty() ? 1U : 0U) << type << " " << json;
  if (!failure.empty()) return std::nullopt;
  return as<FixedColumn<T>>(one.block.column(0)).at(0);
}

std::string text_of(std::string_view type, std::string_view json) {
  One one(type);
  const std::string failure = one.feed(json);
  if (!failure.empty()) return failure;
  if (type.starts_with("Low")) return std::string(as<columns::LowCardinalityColumn>(one.block.column(0)).at(0));
  if (type.starts_with("Fixed")) return std::string(as<columns::FixedStringColumn>(one.block.column(0)).at(0));
  return std::string(as<columns::StringColumn>(one.block.column(0)).at(0));
}

void expect_refused(std::string_view type, const std::vector<const char*>& values) {
  for (const char* json : values) {
    One one(type);
    EXPECT_THAT(one.feed(json), HasSubstr("v: expected ")) << type << " " << json;
    EXPECT_EQ(one.block.rows(), 0U);
  }
}

TEST(Integers, WholeNumbersInAnySpelling_AreTaken) {
  EXPECT_EQ(value_of<uint8_t>("UInt8", "255"), 255);
  EXPECT_EQ(value_of<uint8_t>("UInt8", "\"255\""), 255);
  EXPECT_EQ(value_of<uint8_t>("UInt8", "1.0"), 1);
  EXPECT_EQ(value_of<uint8_t>("UInt8", "2.5e1"), 25);
  EXPECT_EQ(value_of<uint8_t>("UInt8", "100e-2"), 1);
  EXPECT_EQ(value_of<int8_t>("Int8", "-0"), 0);
  EXPECT_EQ(value_of<uint8_t>("UInt8", "-0"), 0);
  EXPECT_EQ(value_of<int8_t>("Int8", "-128.000"), -128);
  EXPECT_EQ(value_of<int64_t>("Int64", "-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(value_of<uint64_t>("UInt64", "18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(value_of<uint64_t>("UInt64", "1e19"), 10'000'000'000'000'000'000U);
  EXPECT_EQ(value_of<int64_t>("Int64", "0e999999999999"), 0);
}

TEST(Integers, OutOfRangeOrBroken_FailAndNeverWrap) {
  expect_refused("UInt8", {"256", "-1", "1.5", "\"256\"", "\"1x\"", "\"\"", "\" 1\"", "true", "[1]", "{}", "1e400",
                           "1e-1", "01", "\"01\"", "\"nan\""});
  expect_refused("Int8", {"128", "-129"});
  expect_refused("Int64", {"9223372036854775808", "-9223372036854775809", "1e19", "99999999999999999999999999999999"});
  expect_refused("UInt64", {"18446744073709551616", "-1", "1e20"});
  expect_refused("Int128",
                 {"170141183460469231731687303715884105728", "-170141183460469231731687303715884105729", "1.5"});
  expect_refused("UInt128", {"340282366920938463463374607431768211456", "-1"});
  expect_refused("Int256", {"57896044618658097711785492504343953926634992332820282019728792003956564819968"});
  expect_refused("UInt256", {"115792089237316195423570985008687907853269984665640564039457584007913129639936", "1e78",
                             "1e1000000000000000000000"});
  EXPECT_EQ(One("UInt8").feed("256"), "v: expected a whole number from 0 to 255 for UInt8, got 256");
}

TEST(Floats, AreTheNearest) {
  EXPECT_EQ(value_of<double>("Float64", "29.99"), 29.99);
  EXPECT_EQ(value_of<double>("Float64", "0.1"), 0.1);
  EXPECT_EQ(value_of<double>("Float64", "9007199254740993"), 9007199254740992.0);
  EXPECT_EQ(value_of<double>("Float64", "2.2250738585072011e-308"), 2.2250738585072011e-308);
  EXPECT_EQ(value_of<double>("Float64", "1e-400"), 0.0);
  EXPECT_EQ(value_of<double>("Float64", "0e999"), 0.0);
  EXPECT_EQ(value_of<double>("Float64", "\"-1.5\""), -1.5);
  EXPECT_EQ(value_of<double>("Float64", "\"-Inf\""), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(value_of<float>("Float32", "0.1"), 0.1F);
  EXPECT_EQ(value_of<float>("Float32", "16777217"), 16777216.0F);
  EXPECT_TRUE(std::signbit(*value_of<double>("Float64", "-0.0")));
}

TEST(Floats, OutOfRangeOrBroken_Fail) {
  expect_refused("Float64", {"1e309", "-1e309", "\"abc\"", "true", "NaN", "1.", ".5", "+1", "0x10", "\"0x10\"", "1e",
                             "--1", "[]", "\"\""});
  expect_refused("Float32", {"1e39"});
  EXPECT_EQ(One("Float64").feed("\"abc\""), "v: expected a number within the range for Float64, got \"abc\"");
}

TEST(Bool, TrueFalseZeroOne) {
  for (const char* json : {"true", "1", "\"true\"", "\"1\""}) EXPECT_EQ(value_of<uint8_t>("Bool", json), 1) << json;
  for (const char* json : {"false", "0", "\"false\"", "\"0\""}) EXPECT_EQ(value_of<uint8_t>("Bool", json), 0) << json;
  expect_refused("Bool", {"2", "\"yes\"", "1.0", "{}", "truth"});
}

TEST(Strings, TakeEverything) {
  EXPECT_EQ(text_of("String", "\"a\\u00e4\\n\\ud83d\\ude00\""), "a\u00e4\n\U0001F600");
  EXPECT_EQ(text_of("String", "\"nul \\u0000\""), std::string("nul \0", 5));
  EXPECT_EQ(text_of("String", "12.50"), "12.50");
  EXPECT_EQ(text_of("String", "true"), "true");
  EXPECT_EQ(text_of("String", "{\"a\": [1, 2 ]}  "), "{\"a\": [1, 2 ]}");
  EXPECT_EQ(text_of("LowCardinality(String)", "7"), "7");
  EXPECT_EQ(text_of("FixedString(4)", "\"ab\""), std::string("ab\0\0", 4));
  expect_refused("FixedString(2)", {"\"abc\"", "123"});
  expect_refused("LowCardinality(FixedString(2))", {"\"abc\""});
  expect_refused("String", {"\"\\ud83d\"", "\"\\ud83dx\"", "\"\\ude00\"", "\"\\x41\"", "\"\\u00g0\"", "tru", "{\"a\":}",
                            "[1,]", "01"});
}

TEST(Decimals, AreExact) {
  EXPECT_EQ(value_of<int32_t>("Decimal(9, 2)", "29.99"), 2999);
  EXPECT_EQ(value_of<int32_t>("Decimal(9, 2)", "\"29.99\""), 2999);
  EXPECT_EQ(value_of<int32_t>("Decimal(9, 2)", "-0.050"), -5);
  EXPECT_EQ(value_of<int64_t>("Decimal(18, 4)", "1.5e3"), 15'000'000);
  EXPECT_EQ(value_of<int64_t>("Decimal(18, 0)", "999999999999999999"), 999'999'999'999'999'999);
  EXPECT_EQ(value_of<columns::Int128>("Decimal(38, 0)", "18446744073709551616"), (columns::Int128{{0, 1}}));
  EXPECT_EQ(value_of<columns::Int128>("Decimal(38, 1)", "-0.1"), (columns::Int128{{UINT64_MAX, UINT64_MAX}}));
  expect_refused("Decimal(9, 2)", {"10000000", "29.999", "1e-3", "\"\"", "\"1,5\"", "true", "1e100"});
}

TEST(Times, Rfc3339AndVariants) {
  const int64_t noon = 1768739696000;
  for (const char* json :
       {"\"2026-01-18T12:34:56Z\"", "\"2026-01-18 12:34:56\"", "\"2026-01-18t12:34:56z\"",
        "\"2026-01-18T12:34:56+00:00\"", "\"2026-01-18T14:34:56+02:00\"", "\"2026-01-18T14:34:56+0200\"",
        "\"2026-01-18T14:34:56+02\"", "\"2026-01-18 07:04:56 -05:30\"", "\"2026-01-18T12:34:56.000000000000Z\"",
        "\"1768739696\"", "1768739696", "1768739696000", "1768739696000000", "1768739696000000000", "1768739696.0",
        "1.768739696e9"}) {
    EXPECT_EQ(value_of<int64_t>("DateTime64(3, 'UTC')", json), noon) << json;
    EXPECT_EQ(value_of<uint32_t>("DateTime('UTC')", json), 1768739696U) << json;
  }
  EXPECT_EQ(value_of<int64_t>("DateTime64(3)", "\"2026-01-18T12:34:56.7899Z\""), noon + 789);
  EXPECT_EQ(value_of<int64_t>("DateTime64(3)", "1768739696.7899"), noon + 789);
  EXPECT_EQ(value_of<int64_t>("DateTime64(9)", "\"1969-12-31T23:59:59.9Z\""), -100'000'000);
  EXPECT_EQ(value_of<int64_t>("DateTime64(3)", "-0.1"), -100);
  EXPECT_EQ(value_of<int64_t>("DateTime64(3)", "\"2026-01-18\""), 1768694400000);
  EXPECT_EQ(value_of<uint16_t>("Date", "\"2026-01-18T23:30:00-01:00\""), 20472);
  EXPECT_EQ(value_of<int32_t>("Date32", "\"1969-12-31\""), -1);
  EXPECT_EQ(value_of<int32_t>("Date32", "-1"), -1);
  EXPECT_EQ(value_of<uint32_t>("DateTime", "\"2024-02-29T23:59:60Z\""), 1709251200U);
}

TEST(Times, ImpossibleOrOutOfRange_Fail) {
  expect_refused("DateTime64(3)", {"\"2026-02-29T00:00:00Z\"", "\"2026-13-01\"", "\"2026-01-18T24:00:00Z\"",
                                   "\"2026-01-18T12:60:00Z\"", "\"yesterday\"", "\"\"", "\"2026-01-18T12:34:56.Z\"",
                                   "\"2026-01-18T12:34:56+25:00\"", "\"2026-01-18T12:34:56Zx\"", "\"20260118T123456Z\"",
                                   "\"1899-12-31\"", "\"2300-01-01\"", "true", "{}", "99999999999999999999"});
  expect_refused("DateTime", {"\"1969-12-31T23:59:59Z\"", "\"2106-02-07T06:28:16Z\"", "-1"});
  expect_refused("DateTime64(9)", {"\"2262-04-11T23:47:17Z\""});
  expect_refused("Date", {"\"1969-12-31\"", "\"2149-06-07\""});
  expect_refused("Date32", {"\"1899-12-31\"", "\"2300-01-01\""});
}

TEST(Times, EpochUnit_IsToldByMagnitude) {
  EXPECT_EQ(instant_from_number("99999999999")->seconds, 99'999'999'999);
  EXPECT_EQ(instant_from_number("100000000000")->seconds, 100'000'000);
  EXPECT_EQ(instant_from_number("99999999999999")->seconds, 99'999'999'999);
  EXPECT_EQ(instant_from_number("100000000000000")->seconds, 100'000'000);
  EXPECT_EQ(instant_from_number("100000000000000000")->seconds, 100'000'000);
  EXPECT_EQ(instant_from_number("18446744073709551615")->seconds, 18'446'744'073);
  EXPECT_FALSE(instant_from_number("18446744073709551616"));
}

TEST(Words, UuidIpEnum) {
  const columns::Bytes16 uuid{0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0x00,
                              0xFF, 0xEE, 0xDD, 0xCC, 0xBB, 0xAA, 0x99, 0x88};
  for (const char* json :
       {"\"00112233-4455-6677-8899-aabbccddeeff\"", "\"00112233445566778899AABBCCDDEEFF\"",
        "\"{00112233-4455-6677-8899-aabbccddeeff}\"", "\"urn:uuid:00112233-4455-6677-8899-aabbccddeeff\""}) {
    EXPECT_EQ(value_of<columns::Bytes16>("UUID", json), uuid) << json;
  }
  expect_refused("UUID", {"\"00112233-4455-6677-8899-aabbccddeef\"", "\"0011223344-55-6677-8899-aabbccddeeff\"", "5",
                          "\"\"", "\"g0112233-4455-6677-8899-aabbccddeeff\""});
  EXPECT_EQ(value_of<uint32_t>("IPv4", "\"192.0.2.1\""), 0xC0000201U);
  expect_refused("IPv4", {"\"192.0.2\"", "\"192.0.2.256\"", "\"::1\"", "1", "\"1.2.3.4\\u0000\""});
  expect_refused("IPv6", {"\"::g\"", "\"1:2\"", "1"});
  EXPECT_EQ(value_of<int8_t>("Enum8('a' = -5, 'b' = 3)", "\"a\""), -5);
  EXPECT_EQ(value_of<int8_t>("Enum8('a' = -5, 'b' = 3)", "3"), 3);
  EXPECT_EQ(value_of<int16_t>("Enum16('a' = 1000)", "null"), 1000);
  expect_refused("Enum8('a' = -5, 'b' = 3)", {"\"c\"", "4", "\"\"", "260", "1.5"});
}

TEST(Nested, ArraysAndMaps) {
  One array("Array(Array(UInt8))");
  EXPECT_EQ(array.feed("[[1, 2], [], [3]]"), "");
  EXPECT_EQ(array.feed("[[1, 256]]"), "v: expected an array for Array(Array(UInt8)), got [[1, 256]]}");
  for (const char* broken : {"[1]", "[[1]", "[[1],]", "[,]", "{}", "1", "[[1 2]]"})
    EXPECT_NE(array.feed(broken), "") << broken;
  EXPECT_EQ(array.block.rows(), 1U);
  EXPECT_EQ(as<columns::ArrayColumn>(array.block.column(0)).elements().rows(), 3U);

  One map("Map(UInt16, Nullable(String))");
  EXPECT_EQ(map.feed("{\"1\": \"x\", \"2\": null}"), "");
  for (const char* broken :
       {"{\"a\": \"x\"}", "[]", "{1: 2}", "{\"1\" \"x\"}", "{\"1\": \"x\",}", "{\"65536\": \"x\"}"})
    EXPECT_NE(map.feed(broken), "") << broken;
  EXPECT_EQ(map.block.rows(), 1U);
}

TEST(Nulls, BecomeNullOrACountedDefault) {
  One nullable("Nullable(Int8)");
  EXPECT_EQ(nullable.feed("null"), "");
  EXPECT_TRUE(as<columns::NullableColumn>(nullable.block.column(0)).is_null(0));
  EXPECT_EQ(nullable.decoder->null_defaults(), 0U);

  One low("LowCardinality(Nullable(String))");
  EXPECT_EQ(low.feed("null"), "");
  EXPECT_TRUE(as<columns::LowCardinalityColumn>(low.block.column(0)).is_null(0));

  One plain("Array(Int8)");
  EXPECT_EQ(plain.feed("[1, null]"), "");
  EXPECT_EQ(plain.feed("null"), "");
  EXPECT_EQ(plain.feed("nul"), "v: expected an array for Array(Int8), got nul");
  EXPECT_EQ(plain.decoder->null_defaults(), 2U);
  EXPECT_EQ(plain.block.rows(), 2U);
}

}  // namespace
}  // namespace freshet::decode
