#pragma once

#include <vector>

#include "columns/column.h"

namespace freshet::columns {

/// Nullable(…): a byte a row that says whether it is NULL, and a column that holds its default in those rows.
class NullableColumn final : public Column {
 public:
  explicit NullableColumn(std::unique_ptr<Column> values) : values_(std::move(values)) {}

  /// Append to it, then call appended_value().
  Column& values() { return *values_; }
  const Column& values() const { return *values_; }
  void appended_value() { nulls_.push_back(0); }
  void append_null() {
    values_->append_default();
    nulls_.push_back(1);
  }
  bool is_null(size_t row) const { return nulls_[row] != 0; }

  size_t rows() const override { return nulls_.size(); }
  size_t size_bytes() const override { return nulls_.size() + values_->size_bytes(); }
  void append_default() override { append_null(); }
  void append_range(const Column& from, size_t begin, size_t end) override;
  void truncate(size_t rows) override;
  void reserve(size_t rows) override;
  std::unique_ptr<Column> empty_like() const override {
    return std::make_unique<NullableColumn>(values_->empty_like());
  }
  void write_values(std::string& out) const override;
  void append_value_bytes(size_t row, std::string& out) const override;

 private:
  std::vector<uint8_t> nulls_;
  std::unique_ptr<Column> values_;
};

/// Where the rows of an Array or Map end in the columns that hold their elements.
class RowEnds {
 public:
  size_t rows() const { return ends_.size(); }
  size_t begin(size_t row) const { return row == 0 ? 0 : ends_[row - 1]; }
  size_t end(size_t row) const { return ends_[row]; }
  size_t total() const { return ends_.empty() ? 0 : ends_.back(); }
  void close(size_t elements) { ends_.push_back(elements); }
  /// As close() for rows `first` to `last` of another, whose elements were appended here.
  void append_range(const RowEnds& from, size_t first, size_t last);
  void truncate(size_t rows) {
    if (rows < ends_.size()) ends_.resize(rows);
  }
  void reserve(size_t rows) { ends_.reserve(rows); }
  void write(std::string& out) const;

 private:
  std::vector<uint64_t> ends_;
};

/// Array(…)
class ArrayColumn final : public Column {
 public:
  explicit ArrayColumn(std::unique_ptr<Column> elements) : elements_(std::move(elements)) {}

  /// Append any number of elements, then call close_row().
  Column& elements() { return *elements_; }
  const Column& elements() const { return *elements_; }
  void close_row() { ends_.close(elements_->rows()); }
  const RowEnds& ends() const { return ends_; }

  size_t rows() const override { return ends_.rows(); }
  size_t size_bytes() const override { return rows() * sizeof(uint64_t) + elements_->size_bytes(); }
  void append_default() override { close_row(); }
  void append_range(const Column& from, size_t begin, size_t end) override;
  void truncate(size_t rows) override;
  void reserve(size_t rows) override { ends_.reserve(rows); }
  std::unique_ptr<Column> empty_like() const override { return std::make_unique<ArrayColumn>(elements_->empty_like()); }
  void write_prefix(std::string& out) const override { elements_->write_prefix(out); }
  void write_values(std::string& out) const override;
  void append_value_bytes(size_t row, std::string& out) const override;

 private:
  RowEnds ends_;
  std::unique_ptr<Column> elements_;
};

/// Map(…, …): in memory and in Native an Array of pairs.
class MapColumn final : public Column {
 public:
  MapColumn(std::unique_ptr<Column> keys, std::unique_ptr<Column> values)
      : keys_(std::move(keys)), values_(std::move(values)) {}

  /// Append as many keys as values, then call close_row().
  Column& keys() { return *keys_; }
  Column& values() { return *values_; }
  void close_row() { ends_.close(values_->rows()); }
  const RowEnds& ends() const { return ends_; }

  size_t rows() const override { return ends_.rows(); }
  size_t size_bytes() const override { return rows() * sizeof(uint64_t) + keys_->size_bytes() + values_->size_bytes(); }
  void append_default() override { close_row(); }
  void append_range(const Column& from, size_t begin, size_t end) override;
  void truncate(size_t rows) override;
  void reserve(size_t rows) override { ends_.reserve(rows); }
  std::unique_ptr<Column> empty_like() const override {
    return std::make_unique<MapColumn>(keys_->empty_like(), values_->empty_like());
  }
  void write_prefix(std::string& out) const override;
  void write_values(std::string& out) const override;
  void append_value_bytes(size_t row, std::string& out) const override;

 private:
  RowEnds ends_;
  std::unique_ptr<Column> keys_;
  std::unique_ptr<Column> values_;
};

}  // namespace freshet::columns
