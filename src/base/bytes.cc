#include "base/bytes.h"

namespace freshet {

void append_unsigned_varint(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

namespace {
uint64_t zigzag(int64_t value) { return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63); }
}  // namespace

void append_varint(std::string& out, int64_t value) { append_unsigned_varint(out, zigzag(value)); }

size_t varint_size(int64_t value) {
  size_t size = 1;
  for (uint64_t rest = zigzag(value); rest >= 0x80; rest >>= 7) ++size;
  return size;
}

uint64_t ByteReader::unsigned_varint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (at_ == end_) break;
    const auto byte = static_cast<unsigned char>(*at_++);
    if (shift == 63 && byte > 1) break;
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  fail();
  return 0;
}

int64_t ByteReader::varint() {
  const uint64_t raw = unsigned_varint();
  return static_cast<int64_t>(raw >> 1) ^ -static_cast<int64_t>(raw & 1);
}

}  // namespace freshet
