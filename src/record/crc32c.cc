#include "record/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <cstddef>

namespace freshet::record {

uint32_t crc32c(std::string_view bytes) {
  constexpr size_t kLargestCall = size_t{1} << 30;  // the library counts in int
  uint32_t crc = ~uint32_t{0};
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, kLargestCall);
    // The library's parameter is not const, but it only reads.
    auto* data = reinterpret_cast<unsigned char*>(const_cast<char*>(part.data()));
    crc = crc32_iscsi(data, static_cast<int>(part.size()), crc);
    bytes.remove_prefix(part.size());
  }
  return ~crc;
}

}  // namespace freshet::record
