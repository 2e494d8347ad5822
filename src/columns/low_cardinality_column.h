#pragma once

#include <cstring>
#include <vector>

#include "columns/byte_buffer.h"
#include "columns/column.h"

namespace freshet::columns {

/// LowCardinality of String or FixedString, Nullable or not: a dictionary, and a number a row. The dictionary begins as
/// ClickHouse's own does, with NULL (where it can be) and the type's default; then come the values in the order in
/// which they first appeared. It belongs to the block: ClickHouse merges it into the part's on reading
/// (SerializationLowCardinality: version 1, "additional keys" only).
class LowCardinalityColumn final : public Column {
 public:
  /// `fixed_size`: of a FixedString, else 0.
  LowCardinalityColumn(size_t fixed_size, bool nullable);

  /// A FixedString's value has at most `fixed_size()` bytes; it is filled up with zero bytes.
  void append(std::string_view value);
  void append_null();
  void append_repeated(std::string_view value, size_t count);
  /// Looks into the column until the next append or truncate; empty for NULL.
  std::string_view at(size_t row) const { return key(numbers_[row]); }
  bool is_null(size_t row) const { return nullable_ && numbers_[row] == 0; }
  size_t fixed_size() const { return fixed_size_; }
  bool nullable() const { return nullable_; }
  size_t dictionary_size() const { return entries_.size(); }

  size_t rows() const override { return numbers_.size(); }
  size_t size_bytes() const override;
  void append_default() override;
  void append_range(const Column& from, size_t begin, size_t end) override;
  void truncate(size_t rows) override;
  void reserve(size_t rows) override { numbers_.reserve(rows); }
  std::unique_ptr<Column> empty_like() const override;
  void write_prefix(std::string& out) const override;
  void write_values(std::string& out) const override;
  void append_value_bytes(size_t row, std::string& out) const override;

 private:
  struct Entry {
    uint64_t hash;
    size_t begin;  ///< in keys_, behind the length
    uint32_t size;
    uint32_t first_row;  ///< truncating below it removes the entry
  };
  std::string_view key(uint32_t number) const { return {keys_.data() + entries_[number].begin, entries_[number].size}; }
  uint32_t number_of(std::string_view value);
  uint32_t add_entry(std::string_view value, uint64_t hash);
  void add_reserved_entries();
  size_t reserved() const { return nullable_ ? 2 : 1; }
  void rehash();
  /// Where in slots_ the entry lies, or the free slot where it would.
  size_t slot_of(std::string_view value, uint64_t hash) const;
  void remove_last_entry();

  const size_t fixed_size_;
  const bool nullable_;  ///< entry 0 stands for NULL, and is not in slots_
  std::string padded_;   ///< scratch of a FixedString
  ByteBuffer keys_;      ///< as Native writes them
  std::vector<Entry> entries_;
  std::vector<uint32_t> numbers_;  ///< per row, into entries_
  std::vector<uint32_t> slots_;    ///< open addressing, a power of two; entry + 1, or 0
};

}  // namespace freshet::columns
