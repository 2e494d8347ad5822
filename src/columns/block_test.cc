#include "columns/block.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "columns/fixed_column.h"
#include "columns/low_cardinality_column.h"
#include "columns/nested_columns.h"
#include "columns/string_column.h"

namespace freshet::columns {
namespace {

schema::Type type_of(std::string_view text) { return *schema::parse_type(text); }

/// One column of each kind, and what appends row `i` to it: values that repeat, so that dictionaries matter.
struct Sample {
  const char* type;
  std::function<void(Column&, size_t)> append;
};

std::string word(size_t i) { return std::string(i % 5 * 40, 'x') + std::to_string(i % 7); }

std::vector<Sample> samples() {
  return {
      {"UInt32", [](Column& c, size_t i) { as<FixedColumn<uint32_t>>(c).append(static_cast<uint32_t>(i * 3)); }},
      {"Float64", [](Column& c, size_t i) { as<FixedColumn<double>>(c).append(static_cast<double>(i) / 4); }},
      {"Int256", [](Column& c, size_t i) { as<FixedColumn<Int256>>(c).append(Int256{{i, 1, 2, 3}}); }},
      {"UUID", [](Column& c, size_t i) { as<FixedColumn<Bytes16>>(c).append(Bytes16{static_cast<unsigned char>(i)}); }},
      {"String", [](Column& c, size_t i) { as<StringColumn>(c).append(word(i)); }},
      {"FixedString(3)", [](Column& c, size_t i) { as<FixedStringColumn>(c).append(std::to_string(i % 9)); }},
      {"LowCardinality(String)", [](Column& c, size_t i) { as<LowCardinalityColumn>(c).append(word(i / 3)); }},
      {"LowCardinality(FixedString(4))",
       [](Column& c, size_t i) { as<LowCardinalityColumn>(c).append(std::to_string(i)); }},
      {"LowCardinality(Nullable(String))",
       [](Column& c, size_t i) {
         auto& column = as<LowCardinalityColumn>(c);
         i % 3 == 0 ? column.append_null() : column.append(word(i));
       }},
      {"Nullable(Int64)",
       [](Column& c, size_t i) {
         auto& column = as<NullableColumn>(c);
         if (i % 2 == 0) return column.append_null();
         as<FixedColumn<int64_t>>(column.values()).append(static_cast<int64_t>(i));
         column.appended_value();
       }},
      {"Array(LowCardinality(String))",
       [](Column& c, size_t i) {
         auto& column = as<ArrayColumn>(c);
         for (size_t k = 0; k < i % 4; ++k) as<LowCardinalityColumn>(column.elements()).append(word(i + k));
         column.close_row();
       }},
      {"Map(String, UInt8)",
       [](Column& c, size_t i) {
         auto& column = as<MapColumn>(c);
         for (size_t k = 0; k < i % 3; ++k) {
           as<StringColumn>(column.keys()).append(word(k));
           as<FixedColumn<uint8_t>>(column.values()).append(static_cast<uint8_t>(i));
         }
         column.close_row();
       }},
  };
}

Block block_with(const std::vector<size_t>& rows) {
  Block block;
  for (const Sample& sample : samples()) block.add(sample.type, type_of(sample.type));
  for (const size_t row : rows) {
    for (size_t i = 0; i < samples().size(); ++i) samples()[i].append(block.column(i), row);
  }
  return block;
}

std::vector<size_t> range(size_t begin, size_t end) {
  std::vector<size_t> rows;
  for (size_t i = begin; i < end; ++i) rows.push_back(i);
  return rows;
}

std::string native(const Block& block) {
  std::string out;
  block.write_native(out);
  return out;
}

TEST(Block, NoRows_WritesNamesAndTypesOnly) {
  Block block;
  block.add("a", type_of("UInt8"));
  block.add("l", type_of("LowCardinality(String)"));
  EXPECT_EQ(native(block), std::string("\2\0\1a\5UInt8\1l\26LowCardinality(String)", 35));
}

TEST(Block, OneColumn_IsWrittenAsClickHouseWritesIt) {
  Block block;
  block.add("v", type_of("LowCardinality(String)"));
  for (const char* value : {"b", "a", "b", ""}) as<LowCardinalityColumn>(block.column(0)).append(value);
  // SELECT toLowCardinality(v) v FROM values('v String', 'b', 'a', 'b', '') FORMAT Native
  EXPECT_EQ(native(block),
            std::string("\1\4\1v\26LowCardinality(String)"
                        "\1\0\0\0\0\0\0\0\0\6\0\0\0\0\0\0\3\0\0\0\0\0\0\0\0\1b\1a\4\0\0\0\0\0\0\0\1\2\1\0",
                        68));
}

TEST(Block, Truncate_LeavesNoTrace) {
  for (const size_t kept : {size_t{0}, size_t{1}, size_t{6}, size_t{50}, size_t{299}}) {
    Block block = block_with(range(0, 300));
    block.truncate(kept);
    EXPECT_EQ(block.rows(), kept);
    EXPECT_EQ(native(block), native(block_with(range(0, kept)))) << kept;
    for (size_t row = 300; row < 330; ++row) {
      for (size_t i = 0; i < samples().size(); ++i) samples()[i].append(block.column(i), row);
    }
    std::vector<size_t> rows = range(0, kept);
    for (const size_t row : range(300, 330)) rows.push_back(row);
    EXPECT_EQ(native(block), native(block_with(rows))) << kept;
  }
}

TEST(Block, Truncate_TakesBackHalfAnArray) {
  Block block = block_with(range(0, 10));
  const std::string before = native(block);
  for (size_t i = 0; i < block.column_count(); ++i) {
    if (block.name(i) == "Array(LowCardinality(String))")
      as<LowCardinalityColumn>(as<ArrayColumn>(block.column(i)).elements()).append("half");
    if (block.name(i) == "Map(String, UInt8)") as<StringColumn>(as<MapColumn>(block.column(i)).keys()).append("half");
    if (block.name(i) == "Nullable(Int64)")
      as<FixedColumn<int64_t>>(as<NullableColumn>(block.column(i)).values()).append(1);
  }
  block.truncate(10);
  EXPECT_EQ(native(block), before);
}

TEST(Block, Exclude_EqualsABlockThatNeverHadTheRows) {
  Block block = block_with(range(0, 100));
  const uint64_t layout = block.layout_id();
  const std::vector<uint32_t> out = {0, 1, 17, 50, 51, 99};
  block.exclude(out);
  std::vector<size_t> kept;
  for (const size_t row : range(0, 100)) {
    if (std::ranges::find(out, static_cast<uint32_t>(row)) == out.end()) kept.push_back(row);
  }
  EXPECT_EQ(native(block), native(block_with(kept)));
  EXPECT_NE(block.layout_id(), layout);
}

TEST(Block, AppendRange_EqualsAppendingTheRows) {
  const Block from = block_with(range(0, 80));
  Block to = block_with(range(70, 75));
  to.append_range(from, 20, 20);
  to.append_range(from, 33, 60);
  std::vector<size_t> rows = range(70, 75);
  for (const size_t row : range(33, 60)) rows.push_back(row);
  EXPECT_EQ(native(to), native(block_with(rows)));

  Block half = from.empty_like();
  half.append_range(from, 40, 80);
  EXPECT_EQ(native(half), native(block_with(range(40, 80))));
}

TEST(Block, ServiceColumns_AreFilledInBulk) {
  Block block;
  block.add("_epoch", type_of("UInt32"));
  block.add("_offset", type_of("UInt64"));
  block.add("_batch", type_of("String"));
  as<FixedColumn<uint32_t>>(block.column(0)).append_repeated(7, 3);
  as<FixedColumn<uint64_t>>(block.column(1)).append_sequence(100, 3);
  as<StringColumn>(block.column(2)).append_repeated("token", 3);
  EXPECT_EQ(block.rows(), 3U);
  EXPECT_THAT(as<FixedColumn<uint64_t>>(block.column(1)).values(), ::testing::ElementsAre(100, 101, 102));
  EXPECT_EQ(as<StringColumn>(block.column(2)).at(2), "token");
}

TEST(Block, SizeBytes_IsCloseToTheWire) {
  const Block block = block_with(range(0, 5000));
  const size_t wire = native(block).size();
  EXPECT_LT(block.size_bytes(), wire);
  EXPECT_GT(block.size_bytes() + 1000, wire);
}

TEST(LowCardinality, ManyValues_SurviveRemovalInAnyOrder) {
  LowCardinalityColumn column(0, false);
  for (size_t i = 0; i < 100'000; ++i) column.append(std::to_string(i));
  EXPECT_EQ(column.dictionary_size(), 100'001U);
  column.truncate(40'000);
  EXPECT_EQ(column.dictionary_size(), 40'001U);
  for (size_t i = 0; i < 40'000; ++i) column.append(std::to_string(i));
  EXPECT_EQ(column.dictionary_size(), 40'001U);
  EXPECT_EQ(column.at(79'999), "39999");
}

TEST(ValueBytes, EqualOnlyForEqualValues) {
  for (const Sample& sample : samples()) {
    const auto column = make_column(type_of(sample.type));
    for (size_t i = 0; i < 40; ++i) sample.append(*column, i % 20);
    const auto bytes = [&](size_t row) {
      std::string out;
      column->append_value_bytes(row, out);
      return out;
    };
    for (size_t i = 0; i < 20; ++i) EXPECT_EQ(bytes(i), bytes(i + 20)) << sample.type;
  }
}

}  // namespace
}  // namespace freshet::columns
