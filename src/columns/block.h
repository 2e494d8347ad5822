#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "columns/column.h"
#include "schema/type.h"

/// Columns of values in ClickHouse's memory layout, and blocks of them, ready to be written in the Native format
/// (https://clickhouse.com/docs/interfaces/formats/Native).
namespace freshet::columns {

struct NamedColumn {
  std::string name;
  std::string type;  ///< as Native names it
  std::unique_ptr<Column> column;
};

/// Equally long columns. Move-only; belongs to one thread at a time.
class Block {
 public:
  Block();
  ~Block();
  Block(Block&&) noexcept;
  Block& operator=(Block&&) noexcept;

  void add(std::string name, const schema::Type& type);
  size_t rows() const { return columns_.empty() ? 0 : columns_.front().column->rows(); }
  /// Bytes of all values in memory, close to the size on the wire.
  size_t size_bytes() const;
  size_t column_count() const { return columns_.size(); }
  Column& column(size_t index) { return *columns_[index].column; }
  const Column& column(size_t index) const { return *columns_[index].column; }
  const std::string& name(size_t index) const { return columns_[index].name; }
  /// Another number whenever the columns are other objects: by it a decoder knows that the columns it has bound are
  /// still those of the block. 0 for a block without columns; unique within the process, no part of what is written.
  uint64_t layout_id() const { return layout_id_; }

  /// Back to `rows` rows in every column: how a half-decoded record is taken out again.
  void truncate(size_t rows);
  void clear() { truncate(0); }
  void reserve(size_t rows);
  /// Takes rows out; `rows` is ascending and distinct. The columns become other objects.
  void exclude(std::span<const uint32_t> rows);
  /// An empty block with the same columns.
  Block empty_like() const;
  /// Rows `begin` to `end` of a block with the same columns.
  void append_range(const Block& from, size_t begin, size_t end);

  /// Appends one Native block (no block info, as over HTTP); equal content yields equal bytes, whatever was truncated
  /// before.
  void write_native(std::string& out) const;

 private:
  std::vector<NamedColumn> columns_;
  uint64_t layout_id_ = 0;
};

}  // namespace freshet::columns
