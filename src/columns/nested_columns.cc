#include "columns/nested_columns.h"

#include "base/bytes.h"

namespace freshet::columns {

void NullableColumn::append_range(const Column& from, size_t begin, size_t end) {
  const auto& other = as<NullableColumn>(from);
  values_->append_range(*other.values_, begin, end);
  nulls_.insert(nulls_.end(), other.nulls_.begin() + static_cast<ptrdiff_t>(begin),
                other.nulls_.begin() + static_cast<ptrdiff_t>(end));
}

void NullableColumn::truncate(size_t rows) {
  if (rows < nulls_.size()) nulls_.resize(rows);
  values_->truncate(rows);
}

void NullableColumn::reserve(size_t rows) {
  nulls_.reserve(rows);
  values_->reserve(rows);
}

void NullableColumn::write_values(std::string& out) const {
  out.append(reinterpret_cast<const char*>(nulls_.data()), nulls_.size());
  values_->write_values(out);
}

void NullableColumn::append_value_bytes(size_t row, std::string& out) const {
  out += is_null(row) ? '\1' : '\0';
  if (!is_null(row)) values_->append_value_bytes(row, out);
}

void RowEnds::append_range(const RowEnds& from, size_t first, size_t last) {
  const uint64_t shift = total() - from.begin(first);  // wraps around where it must
  for (size_t row = first; row < last; ++row) ends_.push_back(from.ends_[row] + shift);
}

void RowEnds::write(std::string& out) const {
  out.append(reinterpret_cast<const char*>(ends_.data()), ends_.size() * sizeof(uint64_t));
}

void ArrayColumn::append_range(const Column& from, size_t begin, size_t end) {
  const auto& other = as<ArrayColumn>(from);
  if (begin == end) return;
  elements_->append_range(*other.elements_, other.ends_.begin(begin), other.ends_.end(end - 1));
  ends_.append_range(other.ends_, begin, end);
}

void ArrayColumn::truncate(size_t rows) {
  ends_.truncate(rows);
  elements_->truncate(ends_.total());
}

void ArrayColumn::write_values(std::string& out) const {
  ends_.write(out);
  elements_->write_values(out);
}

void ArrayColumn::append_value_bytes(size_t row, std::string& out) const {
  append_unsigned_varint(out, ends_.end(row) - ends_.begin(row));
  for (size_t i = ends_.begin(row); i < ends_.end(row); ++i) elements_->append_value_bytes(i, out);
}

void MapColumn::append_range(const Column& from, size_t begin, size_t end) {
  const auto& other = as<MapColumn>(from);
  if (begin == end) return;
  keys_->append_range(*other.keys_, other.ends_.begin(begin), other.ends_.end(end - 1));
  values_->append_range(*other.values_, other.ends_.begin(begin), other.ends_.end(end - 1));
  ends_.append_range(other.ends_, begin, end);
}

void MapColumn::truncate(size_t rows) {
  ends_.truncate(rows);
  keys_->truncate(ends_.total());
  values_->truncate(ends_.total());
}

void MapColumn::write_prefix(std::string& out) const {
  keys_->write_prefix(out);
  values_->write_prefix(out);
}

void MapColumn::write_values(std::string& out) const {
  ends_.write(out);
  keys_->write_values(out);
  values_->write_values(out);
}

void MapColumn::append_value_bytes(size_t row, std::string& out) const {
  append_unsigned_varint(out, ends_.end(row) - ends_.begin(row));
  for (size_t i = ends_.begin(row); i < ends_.end(row); ++i) {
    keys_->append_value_bytes(i, out);
    values_->append_value_bytes(i, out);
  }
}

}  // namespace freshet::columns
