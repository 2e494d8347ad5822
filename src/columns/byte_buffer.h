#pragma once

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

namespace freshet::columns {

/// Bytes that grow: like std::string, without its zero-filling and its call per append.
class ByteBuffer {
 public:
  const char* data() const { return data_.get(); }
  size_t size() const { return size_; }
  std::string_view view() const { return {data_.get(), size_}; }

  /// Room for `size` bytes behind the end, which count from now on; the caller fills them.
  char* extend(size_t size) {
    if (capacity_ - size_ < size) [[unlikely]]
      grow(size);
    char* at = data_.get() + size_;
    size_ += size;
    return at;
  }
  void append(std::string_view bytes) {
    if (!bytes.empty()) std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
  }
  /// Only to less.
  void truncate(size_t size) { size_ = std::min(size_, size); }
  void reserve(size_t size) {
    if (size > capacity_) reallocate(size);
  }

 private:
  void grow(size_t size) { reallocate(std::max(size_ + size, capacity_ * 2 + 256)); }
  void reallocate(size_t capacity) {
    std::unique_ptr<char[]> larger(new char[capacity]);
    if (size_ > 0) std::memcpy(larger.get(), data_.get(), size_);
    data_ = std::move(larger);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> data_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace freshet::columns
