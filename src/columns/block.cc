#include "columns/block.h"

#include <atomic>

#include "base/bytes.h"

namespace freshet::columns {
namespace {

uint64_t next_layout_id() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

void append_wire_string(std::string& out, std::string_view text) {
  append_unsigned_varint(out, text.size());
  out.append(text);
}

}  // namespace

Block::Block() = default;
Block::~Block() = default;
Block::Block(Block&& other) noexcept
    : columns_(std::move(other.columns_)), layout_id_(std::exchange(other.layout_id_, 0)) {
  other.columns_.clear();
}
Block& Block::operator=(Block&& other) noexcept {
  columns_ = std::move(other.columns_);
  other.columns_.clear();
  layout_id_ = std::exchange(other.layout_id_, 0);
  return *this;
}

void Block::add(std::string name, const schema::Type& type) {
  columns_.push_back({std::move(name), type.to_string(), make_column(type)});
  layout_id_ = next_layout_id();
}

size_t Block::size_bytes() const {
  size_t size = 0;
  for (const NamedColumn& named : columns_) size += named.column->size_bytes();
  return size;
}

void Block::truncate(size_t rows) {
  for (NamedColumn& named : columns_) named.column->truncate(rows);
}

void Block::reserve(size_t rows) {
  for (NamedColumn& named : columns_) named.column->reserve(rows);
}

void Block::exclude(std::span<const uint32_t> rows) {
  if (rows.empty()) return;
  for (NamedColumn& named : columns_) named.column = without_rows(*named.column, rows);
  layout_id_ = next_layout_id();
}

Block Block::empty_like() const {
  Block block;
  for (const NamedColumn& named : columns_)
    block.columns_.push_back({named.name, named.type, named.column->empty_like()});
  block.layout_id_ = next_layout_id();
  return block;
}

void Block::append_range(const Block& from, size_t begin, size_t end) {
  for (size_t i = 0; i < columns_.size(); ++i) columns_[i].column->append_range(*from.columns_[i].column, begin, end);
}

void Block::write_native(std::string& out) const {
  constexpr size_t kHeaderBytes = 64;
  out.reserve(out.size() + size_bytes() + columns_.size() * kHeaderBytes);
  append_unsigned_varint(out, columns_.size());
  append_unsigned_varint(out, rows());
  for (const NamedColumn& named : columns_) {
    append_wire_string(out, named.name);
    append_wire_string(out, named.type);
    if (rows() == 0) continue;
    named.column->write_prefix(out);
    named.column->write_values(out);
  }
}

}  // namespace freshet::columns
