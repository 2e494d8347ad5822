#pragma once

#include <array>
#include <cstring>
#include <vector>

#include "columns/byte_buffer.h"
#include "columns/column.h"
#include "columns/wide_int.h"

namespace freshet::columns {

/// UUID and IPv6. ClickHouse keeps an IPv6 in network order, and a UUID as two little-endian words, the high one first.
using Bytes16 = std::array<unsigned char, 16>;

/// `text_order`: the 16 bytes as they are written, 00112233-4455-….
inline Bytes16 uuid_in_memory(const Bytes16& text_order) {
  Bytes16 value;
  for (size_t i = 0; i < 8; ++i) {
    value[i] = text_order[7 - i];
    value[8 + i] = text_order[15 - i];
  }
  return value;
}

/// One value of sizeof(T) bytes a row.
template <class T>
class FixedColumn final : public Column {
 public:
  explicit FixedColumn(T default_value = T{}) : default_(default_value) {}

  void append(const T& value) { values_.push_back(value); }
  void append_repeated(const T& value, size_t count) { values_.insert(values_.end(), count, value); }
  /// first, first + 1, …
  void append_sequence(T first, size_t count)
    requires std::integral<T>
  {
    for (size_t i = 0; i < count; ++i) values_.push_back(static_cast<T>(first + static_cast<T>(i)));
  }
  const T& at(size_t row) const { return values_[row]; }
  std::span<const T> values() const { return values_; }

  size_t rows() const override { return values_.size(); }
  size_t size_bytes() const override { return values_.size() * sizeof(T); }
  void append_default() override { values_.push_back(default_); }
  void append_range(const Column& from, size_t begin, size_t end) override {
    const auto& other = as<FixedColumn>(from).values_;
    values_.insert(values_.end(), other.begin() + static_cast<ptrdiff_t>(begin),
                   other.begin() + static_cast<ptrdiff_t>(end));
  }
  void truncate(size_t rows) override {
    if (rows < values_.size()) values_.resize(rows);
  }
  void reserve(size_t rows) override { values_.reserve(rows); }
  std::unique_ptr<Column> empty_like() const override { return std::make_unique<FixedColumn>(default_); }
  void write_values(std::string& out) const override {
    out.append(reinterpret_cast<const char*>(values_.data()), values_.size() * sizeof(T));
  }
  void append_value_bytes(size_t row, std::string& out) const override {
    out.append(reinterpret_cast<const char*>(&values_[row]), sizeof(T));
  }

 private:
  const T default_;
  std::vector<T> values_;
};

/// FixedString(size): shorter values are filled up with zero bytes.
class FixedStringColumn final : public Column {
 public:
  explicit FixedStringColumn(size_t value_size) : size_(value_size) {}

  size_t value_size() const { return size_; }
  /// `value` has at most value_size() bytes.
  void append(std::string_view value) {
    char* at = bytes_.extend(size_);
    if (!value.empty()) std::memcpy(at, value.data(), value.size());
    std::memset(at + value.size(), 0, size_ - value.size());
  }
  std::string_view at(size_t row) const { return {bytes_.data() + row * size_, size_}; }

  size_t rows() const override { return bytes_.size() / size_; }
  size_t size_bytes() const override { return bytes_.size(); }
  void append_default() override { append({}); }
  void append_range(const Column& from, size_t begin, size_t end) override {
    bytes_.append({as<FixedStringColumn>(from).bytes_.data() + begin * size_, (end - begin) * size_});
  }
  void truncate(size_t rows) override { bytes_.truncate(rows * size_); }
  void reserve(size_t rows) override { bytes_.reserve(rows * size_); }
  std::unique_ptr<Column> empty_like() const override { return std::make_unique<FixedStringColumn>(size_); }
  void write_values(std::string& out) const override { out.append(bytes_.view()); }
  void append_value_bytes(size_t row, std::string& out) const override { out.append(at(row)); }

 private:
  const size_t size_;
  ByteBuffer bytes_;
};

}  // namespace freshet::columns
