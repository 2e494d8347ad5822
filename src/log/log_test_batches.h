#pragma once

#include <string>

#include "record/batch_builder.h"

namespace freshet::log {

/// A batch of `count` records for a test; what of its producer, if anything.
inline std::string test_batch(int count, int64_t timestamp_ms = 1000, const record::Producer& producer = {},
                              record::Compression compression = record::Compression::kNone, size_t value_bytes = 20) {
  record::BatchBuilder builder(compression);
  for (int i = 0; i < count; ++i) {
    const std::string key = "k" + std::to_string(i);
    builder.add(timestamp_ms + i, key, std::string(value_bytes, static_cast<char>('a' + i % 26)));
  }
  return builder.build(producer).value();
}

}  // namespace freshet::log
