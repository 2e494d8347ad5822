#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "columns/column.h"
#include "columns/wide_int.h"
#include "decode/json_text.h"
#include "schema/type.h"

namespace freshet::decode {

/// What all values of a decoder share.
struct WriterState {
  std::string scratch;         ///< of unescaped strings
  uint64_t null_defaults = 0;  ///< nulls that became a default
};

/// Writes JSON values to a column of one type. Resolved once per column: which column object, limits, names of an Enum.
class ValueWriter {
 public:
  explicit ValueWriter(const schema::Type& type);

  /// To whom the values go from now on; a column that make_column has made for the type.
  void bind(columns::Column& column);
  columns::Column& column() { return *column_; }
  /// Appends the value at `cursor` and steps over it. False when it does not fit: the column may then hold part of it,
  /// and `cursor` is somewhere within.
  bool write(Cursor& cursor, WriterState& state);
  /// "a whole number from 0 to 255 for UInt8"
  std::string expected() const;

 private:
  bool write_null();
  bool write_text(std::string_view text);
  bool write_string(Cursor& cursor, WriterState& state);
  bool write_array(Cursor& cursor, WriterState& state);
  bool write_map(Cursor& cursor, WriterState& state);
  bool write_scalar(Cursor& cursor, WriterState& state);
  /// `text`: of a number, true or false; or what stands in a string.
  bool append_scalar(std::string_view text, bool quoted);
  bool append_key(std::string_view text);
  bool append_float(std::string_view text, bool quoted);
  bool append_bool(std::string_view text);
  bool append_time(std::string_view text, bool quoted);
  bool append_decimal(std::string_view text);
  bool append_enum(std::string_view text, bool quoted);
  template <class T>
  bool append_integer(std::string_view text);
  template <int Words>
  bool append_wide(std::string_view text);
  template <class T>
  void append(T value);

  schema::Type type_;  ///< never changed; moved, not copied, with its writer: enum_numbers_ looks into it
  columns::Column* column_ = nullptr;
  std::unique_ptr<ValueWriter> inner_;                          ///< of Nullable, Array; a Map's values
  std::unique_ptr<ValueWriter> key_;                            ///< a Map's keys
  columns::Int256 limit_;                                       ///< Decimal: 10^precision
  int64_t ticks_per_second_ = 1;                                ///< DateTime64
  std::unordered_map<std::string_view, int16_t> enum_numbers_;  ///< looks into type_
};

}  // namespace freshet::decode
