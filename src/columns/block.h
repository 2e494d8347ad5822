#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "schema/type.h"

/// Columns of values in ClickHouse's memory layout, and blocks of them, ready to be written in the Native format
/// (https://clickhouse.com/docs/interfaces/formats/Native).
namespace freshet::columns {

/// Values of one type. Every append adds one row; which appends a type takes is said with it in column.cc.
/// Belongs to one thread.
class Column;

struct NamedColumn {
  std::string name;
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
  size_t rows() const;
  /// Bytes of all values in memory, close to the size on the wire.
  size_t size_bytes() const;
  size_t column_count() const;
  Column& column(size_t index);
  const std::string& name(size_t index) const;
  /// Back to `rows` rows in every column: how a half-decoded record is taken out again.
  void truncate(size_t rows);
  void clear();
  void reserve(size_t rows);

  /// Appends one Native block (no block info, as over HTTP); equal content yields equal bytes.
  void write_native(std::string& out) const;

 private:
  std::vector<NamedColumn> columns_;
};

}  // namespace freshet::columns
