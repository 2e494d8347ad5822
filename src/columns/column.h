#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "schema/type.h"

namespace freshet::columns {

/// Values of one type in ClickHouse's memory layout. Appends are not here: each kind has its own, typed and inline;
/// find the kind once with `as<StringColumn>(column)` and keep the reference. What is virtual works on many rows at a
/// time. Belongs to one thread.
///
/// - (U)Int8…64, Float32/64, Bool (uint8_t), Date (uint16_t), Date32 (int32_t), DateTime (uint32_t), DateTime64
/// (int64_t
///   ticks), Enum8/16 (int8_t, int16_t), IPv4 (uint32_t, host order): FixedColumn of that.
/// - Decimal: FixedColumn of int32_t up to 9 digits, int64_t up to 18, Int128 up to 38, else Int256. (U)Int128/256
/// likewise.
/// - UUID, IPv6: FixedColumn<Bytes16>, see uuid_in_memory.
/// - String: StringColumn. FixedString(n): FixedStringColumn. LowCardinality(…): LowCardinalityColumn.
/// - Nullable: NullableColumn. Array: ArrayColumn. Map: MapColumn.
class Column {
 public:
  Column() = default;
  Column(const Column&) = delete;
  Column& operator=(const Column&) = delete;
  virtual ~Column() = default;

  virtual size_t rows() const = 0;
  /// Close to what write_values would append.
  virtual size_t size_bytes() const = 0;
  /// ClickHouse's default for the type: 0, '', NULL, [], the Enum's smallest number.
  virtual void append_default() = 0;
  /// Rows `begin` to `end` of a column of the same type.
  virtual void append_range(const Column& from, size_t begin, size_t end) = 0;
  /// Exactly as it was when it had `rows` rows, also where an append was broken off half-way through an array.
  virtual void truncate(size_t rows) = 0;
  virtual void reserve(size_t rows) = 0;
  virtual std::unique_ptr<Column> empty_like() const = 0;

  /// What stands before all values of a column and of the columns within it: LowCardinality's version.
  virtual void write_prefix(std::string&) const {}
  /// The values, in the Native format. Nothing for no rows.
  virtual void write_values(std::string& out) const = 0;
  /// The row's value as bytes that are equal if and only if the values are, for hashing.
  virtual void append_value_bytes(size_t row, std::string& out) const = 0;
};

/// An empty column for `type`, which parse_type has accepted.
std::unique_ptr<Column> make_column(const schema::Type& type);

/// The column as the kind that its type has; an assertion, not a question.
template <class Kind>
Kind& as(Column& column) {
  return static_cast<Kind&>(column);
}
template <class Kind>
const Kind& as(const Column& column) {
  return static_cast<const Kind&>(column);
}

/// The rows of `column` without those in `rows`, which are ascending and distinct.
std::unique_ptr<Column> without_rows(const Column& column, std::span<const uint32_t> rows);

}  // namespace freshet::columns
