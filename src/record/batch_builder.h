#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "record/compression.h"
#include "record/record_reader.h"

namespace freshet::record {

/// What a batch says of its producer; the defaults mean none.
struct Producer {
  ProducerId id{-1};
  int16_t epoch = -1;
  int32_t base_sequence = -1;
};

/// Builds one record batch v2. Add records, then build(); the builder is then empty again and keeps its memory.
class BatchBuilder {
 public:
  explicit BatchBuilder(Compression compression = Compression::kNone) : compression_(compression) {}

  void add(int64_t timestamp_ms, std::optional<std::string_view> key, std::optional<std::string_view> value,
           std::span<const Header> headers = {});
  int32_t count() const { return count_; }
  size_t size_bytes() const { return kBatchHeaderBytes + records_.size(); }  ///< before compression

  /// A whole batch with its CRC, base offset 0 unless given. Programmer error without a record.
  Result<std::string> build(const Producer& producer = {}, Offset base_offset = Offset(0));

 private:
  Compression compression_;
  std::string records_;
  std::string record_;
  int32_t count_ = 0;
  int64_t base_timestamp_ms_ = 0;
  int64_t max_timestamp_ms_ = -1;
};

}  // namespace freshet::record
