#pragma once

#include <vector>

#include "columns/byte_buffer.h"
#include "columns/column.h"

namespace freshet::columns {

/// Appends `value` as Native writes strings: its length as an unsigned varint, then its bytes.
inline void append_wire_string(ByteBuffer& out, std::string_view value) {
  char length[10];
  size_t length_size = 0;
  size_t rest = value.size();
  for (; rest >= 0x80; rest >>= 7) length[length_size++] = static_cast<char>(rest | 0x80);
  length[length_size++] = static_cast<char>(rest);
  char* at = out.extend(length_size + value.size());
  std::memcpy(at, length, length_size);
  if (!value.empty()) std::memcpy(at + length_size, value.data(), value.size());
}

/// String. Kept as the bytes that Native wants, so that writing them is one copy.
class StringColumn final : public Column {
 public:
  void append(std::string_view value) {
    append_wire_string(wire_, value);
    ends_.push_back(wire_.size());
  }
  void append_repeated(std::string_view value, size_t count) {
    for (size_t i = 0; i < count; ++i) append(value);
  }
  /// Looks into the column, until the next append or truncate.
  std::string_view at(size_t row) const {
    const char* from = wire_.data() + begin(row);
    while ((static_cast<unsigned char>(*from++) & 0x80) != 0) {
    }
    return {from, static_cast<size_t>(wire_.data() + ends_[row] - from)};
  }

  size_t rows() const override { return ends_.size(); }
  size_t size_bytes() const override { return wire_.size(); }
  void append_default() override { append({}); }
  void append_range(const Column& from, size_t begin, size_t end) override;
  void truncate(size_t rows) override;
  void reserve(size_t rows) override { ends_.reserve(rows); }
  std::unique_ptr<Column> empty_like() const override { return std::make_unique<StringColumn>(); }
  void write_values(std::string& out) const override { out.append(wire_.view()); }
  void append_value_bytes(size_t row, std::string& out) const override {
    out.append(wire_.view().substr(begin(row), ends_[row] - begin(row)));
  }

 private:
  size_t begin(size_t row) const { return row == 0 ? 0 : ends_[row - 1]; }

  ByteBuffer wire_;
  std::vector<uint64_t> ends_;  ///< of each row in wire_
};

}  // namespace freshet::columns
