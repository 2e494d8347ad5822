#pragma once

#include <cstdint>
#include <string_view>

namespace freshet::record {

/// CRC-32C (Castagnoli), as Kafka's record batches and producer snapshots carry it. crc32c("123456789") is 0xE3069283.
uint32_t crc32c(std::string_view bytes);

}  // namespace freshet::record
