#include "decode/value_writer.h"

#include <emmintrin.h>

#include "columns/fixed_column.h"
#include "columns/low_cardinality_column.h"
#include "columns/nested_columns.h"
#include "columns/string_column.h"

namespace freshet::decode {
namespace {

using schema::TypeKind;

/// Whether a string token holds an escape. Reads up to 15 bytes behind it, which Cursor allows.
bool has_escape(std::string_view token) {
  const __m128i backslash = _mm_set1_epi8('\\');
  for (size_t at = 0; at < token.size(); at += 16) {
    const __m128i chunk = _mm_loadu_si128(reinterpret_cast<const __m128i*>(token.data() + at));
    auto found = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(chunk, backslash)));
    if (token.size() - at < 16) found &= (1U << (token.size() - at)) - 1;
    if (found != 0) return true;
  }
  return false;
}

}  // namespace

ValueWriter::ValueWriter(const schema::Type& type) : type_(type) {
  if (type_.kind == TypeKind::kNullable || type_.kind == TypeKind::kArray)
    inner_ = std::make_unique<ValueWriter>(type_.arguments[0]);
  if (type_.kind == TypeKind::kMap) {
    key_ = std::make_unique<ValueWriter>(type_.arguments[0]);
    inner_ = std::make_unique<ValueWriter>(type_.arguments[1]);
  }
  if (type_.kind == TypeKind::kDecimal) {
    limit_.words[0] = 1;
    for (int i = 0; i < type_.precision; ++i) columns::multiply_add(limit_, 10, 0);
  }
  if (type_.kind == TypeKind::kDateTime64) {
    for (int i = 0; i < type_.precision; ++i) ticks_per_second_ *= 10;
  }
  for (const auto& [name, number] : type_.enum_values) enum_numbers_.emplace(name, number);
}

void ValueWriter::bind(columns::Column& column) {
  column_ = &column;
  if (type_.kind == TypeKind::kNullable) inner_->bind(columns::as<columns::NullableColumn>(column).values());
  if (type_.kind == TypeKind::kArray) inner_->bind(columns::as<columns::ArrayColumn>(column).elements());
  if (type_.kind == TypeKind::kMap) {
    key_->bind(columns::as<columns::MapColumn>(column).keys());
    inner_->bind(columns::as<columns::MapColumn>(column).values());
  }
}

bool ValueWriter::write(Cursor& cursor, WriterState& state) {
  if (cursor.peek() == 'n') {
    if (cursor.token() != "null") return false;
    ++cursor.at;
    if (!write_null()) ++state.null_defaults;
    return true;
  }
  switch (type_.kind) {
    case TypeKind::kString:
    case TypeKind::kFixedString:
    case TypeKind::kLowCardinality:
      return write_string(cursor, state);
    case TypeKind::kNullable:
      if (!inner_->write(cursor, state)) return false;
      columns::as<columns::NullableColumn>(*column_).appended_value();
      return true;
    case TypeKind::kArray:
      return write_array(cursor, state);
    case TypeKind::kMap:
      return write_map(cursor, state);
    default:
      return write_scalar(cursor, state);
  }
}

/// False where a default took the place of the null.
bool ValueWriter::write_null() {
  column_->append_default();
  return type_.kind == TypeKind::kNullable ||
         (type_.kind == TypeKind::kLowCardinality && type_.arguments[0].kind == TypeKind::kNullable);
}

bool ValueWriter::write_text(std::string_view text) {
  switch (type_.kind) {
    case TypeKind::kString:
      columns::as<columns::StringColumn>(*column_).append(text);
      return true;
    case TypeKind::kFixedString: {
      auto& column = columns::as<columns::FixedStringColumn>(*column_);
      if (text.size() > column.value_size()) return false;
      column.append(text);
      return true;
    }
    default: {
      auto& column = columns::as<columns::LowCardinalityColumn>(*column_);
      if (column.fixed_size() > 0 && text.size() > column.fixed_size()) return false;
      column.append(text);
      return true;
    }
  }
}

bool ValueWriter::write_string(Cursor& cursor, WriterState& state) {
  if (cursor.peek() == '"') [[likely]] {
    const std::string_view token = cursor.token();
    ++cursor.at;
    if (!has_escape(token)) [[likely]]
      return write_text(token.substr(1, token.size() - 2));
    const auto text = unescaped(token, state.scratch);
    return text && write_text(*text);
  }
  // Anything else as the JSON text that it is.
  const char* begin = cursor.text + *cursor.at;
  if (!skip_value(cursor)) return false;
  const char* end = cursor.text + *cursor.at;
  while (Cursor::is_space(end[-1])) --end;
  return write_text({begin, static_cast<size_t>(end - begin)});
}

bool ValueWriter::write_array(Cursor& cursor, WriterState& state) {
  if (cursor.peek() != '[') return false;
  auto& column = columns::as<columns::ArrayColumn>(*column_);
  ++cursor.at;
  for (bool first = true; cursor.peek() != ']'; first = false) {
    if (!first) {
      if (cursor.peek() != ',') return false;
      ++cursor.at;
    }
    if (!inner_->write(cursor, state)) return false;
  }
  ++cursor.at;
  column.close_row();
  return true;
}

bool ValueWriter::write_map(Cursor& cursor, WriterState& state) {
  if (cursor.peek() != '{') return false;
  auto& column = columns::as<columns::MapColumn>(*column_);
  ++cursor.at;
  for (bool first = true; cursor.peek() != '}'; first = false) {
    if (!first) {
      if (cursor.peek() != ',') return false;
      ++cursor.at;
    }
    if (cursor.peek() != '"') return false;
    const auto name = unescaped(cursor.token(), state.scratch);
    if (!name || !key_->append_key(*name)) return false;
    ++cursor.at;
    if (cursor.peek() != ':') return false;
    ++cursor.at;
    if (!inner_->write(cursor, state)) return false;
  }
  ++cursor.at;
  column.close_row();
  return true;
}

bool ValueWriter::append_key(std::string_view text) {
  const bool is_text = type_.kind == TypeKind::kString || type_.kind == TypeKind::kFixedString ||
                       type_.kind == TypeKind::kLowCardinality;
  return is_text ? write_text(text) : append_scalar(text, true);
}

bool ValueWriter::write_scalar(Cursor& cursor, WriterState& state) {
  const char first = cursor.peek();
  if (first == '{' || first == '[') return false;
  const std::string_view token = cursor.token();
  ++cursor.at;
  if (first != '"') return append_scalar(token, false);
  if (!has_escape(token)) [[likely]]
    return append_scalar(token.substr(1, token.size() - 2), true);
  const auto text = unescaped(token, state.scratch);
  return text && append_scalar(*text, true);
}

}  // namespace freshet::decode
