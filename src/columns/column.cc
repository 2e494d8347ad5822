#include "columns/column.h"

#include "columns/fixed_column.h"
#include "columns/low_cardinality_column.h"
#include "columns/nested_columns.h"
#include "columns/string_column.h"

namespace freshet::columns {
namespace {

template <class T>
std::unique_ptr<Column> fixed(T default_value = T{}) {
  return std::make_unique<FixedColumn<T>>(default_value);
}

std::unique_ptr<Column> make_decimal(int precision) {
  if (precision <= 9) return fixed<int32_t>();
  if (precision <= 18) return fixed<int64_t>();
  if (precision <= 38) return fixed<Int128>();
  return fixed<Int256>();
}

std::unique_ptr<Column> make_low_cardinality(const schema::Type& inner) {
  const bool nullable = inner.kind == schema::TypeKind::kNullable;
  const schema::Type& value = nullable ? inner.arguments.front() : inner;
  const bool is_fixed = value.kind == schema::TypeKind::kFixedString;
  return std::make_unique<LowCardinalityColumn>(is_fixed ? static_cast<size_t>(value.precision) : 0, nullable);
}

}  // namespace

std::unique_ptr<Column> make_column(const schema::Type& type) {
  using enum schema::TypeKind;
  switch (type.kind) {
    case kInt8:
      return fixed<int8_t>();
    case kInt16:
      return fixed<int16_t>();
    case kInt32:
    case kDate32:
      return fixed<int32_t>();
    case kInt64:
    case kDateTime64:
      return fixed<int64_t>();
    case kUInt8:
    case kBool:
      return fixed<uint8_t>();
    case kUInt16:
    case kDate:
      return fixed<uint16_t>();
    case kUInt32:
    case kIpv4:
    case kDateTime:
      return fixed<uint32_t>();
    case kUInt64:
      return fixed<uint64_t>();
    case kInt128:
    case kUInt128:
      return fixed<Int128>();
    case kInt256:
    case kUInt256:
      return fixed<Int256>();
    case kFloat32:
      return fixed<float>();
    case kFloat64:
      return fixed<double>();
    case kUuid:
    case kIpv6:
      return fixed<Bytes16>();
    case kDecimal:
      return make_decimal(type.precision);
    case kEnum8:
      return fixed<int8_t>(static_cast<int8_t>(type.enum_values.front().second));
    case kEnum16:
      return fixed<int16_t>(type.enum_values.front().second);
    case kString:
      return std::make_unique<StringColumn>();
    case kFixedString:
      return std::make_unique<FixedStringColumn>(static_cast<size_t>(type.precision));
    case kNullable:
      return std::make_unique<NullableColumn>(make_column(type.arguments.front()));
    case kLowCardinality:
      return make_low_cardinality(type.arguments.front());
    case kArray:
      return std::make_unique<ArrayColumn>(make_column(type.arguments.front()));
    case kMap:
      return std::make_unique<MapColumn>(make_column(type.arguments.front()), make_column(type.arguments.back()));
  }
  return nullptr;
}

std::unique_ptr<Column> without_rows(const Column& column, std::span<const uint32_t> rows) {
  std::unique_ptr<Column> kept = column.empty_like();
  kept->reserve(column.rows() - rows.size());
  size_t begin = 0;
  for (const uint32_t row : rows) {
    kept->append_range(column, begin, row);
    begin = size_t{row} + 1;
  }
  kept->append_range(column, begin, column.rows());
  return kept;
}

}  // namespace freshet::columns
