#include "columns/string_column.h"

namespace freshet::columns {

void StringColumn::append_range(const Column& from, size_t begin, size_t end) {
  const auto& other = as<StringColumn>(from);
  if (begin == end) return;
  const size_t first = other.begin(begin);
  const size_t shift = wire_.size() - first;  // wraps around where it must
  wire_.append(other.wire_.view().substr(first, other.ends_[end - 1] - first));
  for (size_t row = begin; row < end; ++row) ends_.push_back(other.ends_[row] + shift);
}

void StringColumn::truncate(size_t rows) {
  if (rows >= ends_.size()) return;
  wire_.truncate(begin(rows));
  ends_.resize(rows);
}

}  // namespace freshet::columns
