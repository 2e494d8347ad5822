#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace freshet::record {

/// The low three bits of a batch's attributes.
enum class Compression : uint8_t { kNone = 0, kGzip = 1, kSnappy = 2, kLz4 = 3, kZstd = 4 };

/// "none", "gzip", "snappy", "lz4", "zstd"
std::string_view compression_name(Compression compression);

/// What a batch may grow to, however little of it was sent: far above what producers make, low enough that a bomb costs
/// little.
inline constexpr size_t kDecompressedLimitBytes = size_t{256} << 20;

/// Appends to `out` (its capacity is reused). Snappy is read both in Java's framing (xerial) and raw, as librdkafka
/// sends it; lz4 is the frame format. kMalformed for damage, kTooLarge above `limit_bytes` of output; memory grows with
/// what was really decompressed, not with what a header announces.
Result<void> decompress(Compression compression, std::string_view bytes, std::string& out,
                        size_t limit_bytes = kDecompressedLimitBytes);

/// Appends to `out` what Kafka's own clients would send. Snappy is written in Java's framing.
Result<void> compress(Compression compression, std::string_view bytes, std::string& out);

}  // namespace freshet::record
