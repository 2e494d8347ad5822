#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/ids.h"

namespace freshet::broker {

/// Hands out producer ids that are never handed out again, not even after kill -9: whole blocks are written down before
/// their first id is used, and what a killed process left of a block is lost. One thread at a time.
class ProducerIds {
 public:
  static constexpr int64_t kBlock = 1000;

  /// `first_free`: what decode() found; no id below it is given.
  explicit ProducerIds(int64_t first_free) : next_(first_free), reserved_end_(first_free) {}

  /// None when the block is used up: reserve() must have been written first.
  std::optional<ProducerId> take();
  /// The content to be written before grant() may be called.
  std::string reserve() const;
  void grant() { reserved_end_ += kBlock; }

  /// Content of the file: the first id that was never reserved, as decimal text and a newline.
  static Result<int64_t> decode(std::string_view content);

 private:
  int64_t next_;
  int64_t reserved_end_;
};

}  // namespace freshet::broker
