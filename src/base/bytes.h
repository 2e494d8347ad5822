#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// Bytes as they lie: `std::string_view` for reading, `std::string` for owning, `Slice` for sharing.
namespace freshet {

/// Bytes in place, and what keeps them there.
struct Slice {
  std::string_view bytes;             ///< looks into *owner, valid as long as it
  std::shared_ptr<const void> owner;  ///< a mapped file or a buffer
};

template <std::integral T>
T load_big(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  if constexpr (sizeof(T) > 1) value = std::byteswap(value);
  return value;
}
template <std::integral T>
void store_big(char* at, T value) {
  if constexpr (sizeof(T) > 1) value = std::byteswap(value);
  std::memcpy(at, &value, sizeof value);
}
template <std::integral T>
T load_little(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}
template <std::integral T>
void append_big(std::string& out, T value) {
  char buffer[sizeof value];
  store_big(buffer, value);
  out.append(buffer, sizeof buffer);
}
template <std::integral T>
void append_little(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
static_assert(std::endian::native == std::endian::little);

/// Protocol-buffer style varints: 7 bits a byte, least significant first, at most 5 or 10 bytes.
void append_unsigned_varint(std::string& out, uint64_t value);
/// Zigzag: small magnitudes stay short, whatever their sign. As in Kafka's records.
void append_varint(std::string& out, int64_t value);
/// Bytes that append_varint would write.
size_t varint_size(int64_t value);

/// Reads from the front of `bytes`. After the first read past the end every read yields zero or empty and ok() is
/// false: check once, after a group of reads. Owns nothing; what it returns looks into the bytes it was given.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool ok() const { return ok_; }
  size_t remaining() const { return static_cast<size_t>(end_ - at_); }
  std::string_view rest() const { return {at_, remaining()}; }

  template <std::integral T>
  T big() {
    const char* at = take(sizeof(T));
    return at ? load_big<T>(at) : T{};
  }
  template <std::integral T>
  T little() {
    const char* at = take(sizeof(T));
    return at ? load_little<T>(at) : T{};
  }
  uint64_t unsigned_varint();
  int64_t varint();
  std::string_view bytes(size_t size) {
    const char* at = take(size);
    return at ? std::string_view(at, size) : std::string_view();
  }
  void skip(size_t size) { take(size); }
  void fail() {
    ok_ = false;
    at_ = end_;
  }

 private:
  const char* take(size_t size) {
    if (size > remaining()) {
      fail();
      return nullptr;
    }
    const char* at = at_;
    at_ += size;
    return at;
  }
  const char* at_;
  const char* end_;
  bool ok_ = true;
};

}  // namespace freshet
