#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace freshet::broker {

/// The bytes of one answer, its size prefix included, as pieces: text that was written for it, and slices of the log as
/// they lie. A socket gathers them without a copy.
struct Response {
  std::vector<Slice> pieces;

  void add(std::string text) {
    auto owned = std::make_shared<const std::string>(std::move(text));
    pieces.push_back({*owned, owned});
  }
  void add(Slice slice) {
    if (!slice.bytes.empty()) pieces.push_back(std::move(slice));
  }
  uint64_t size_bytes() const {
    uint64_t size = 0;
    for (const Slice& piece : pieces) size += piece.bytes.size();
    return size;
  }
};

}  // namespace freshet::broker
