#include "record/batch_builder.h"

#include <algorithm>
#include <cassert>

#include "record/crc32c.h"

namespace freshet::record {
namespace {

void append_nullable(std::string& out, std::optional<std::string_view> bytes) {
  if (!bytes) {
    append_varint(out, -1);
    return;
  }
  append_varint(out, static_cast<int64_t>(bytes->size()));
  out.append(*bytes);
}

}  // namespace

void BatchBuilder::add(int64_t timestamp_ms, std::optional<std::string_view> key, std::optional<std::string_view> value,
                       std::span<const Header> headers) {
  if (count_ == 0) base_timestamp_ms_ = max_timestamp_ms_ = timestamp_ms;
  max_timestamp_ms_ = std::max(max_timestamp_ms_, timestamp_ms);
  record_.clear();
  record_.push_back('\0');
  append_varint(record_, timestamp_ms - base_timestamp_ms_);
  append_varint(record_, count_);
  append_nullable(record_, key);
  append_nullable(record_, value);
  append_varint(record_, static_cast<int64_t>(headers.size()));
  for (const Header& header : headers) {
    append_nullable(record_, header.key);
    append_nullable(record_, header.value);
  }
  append_varint(records_, static_cast<int64_t>(record_.size()));
  records_.append(record_);
  ++count_;
}

Result<std::string> BatchBuilder::build(const Producer& producer, Offset base_offset) {
  assert(count_ > 0);
  std::string batch;
  batch.reserve(kBatchHeaderBytes + records_.size());
  append_big(batch, base_offset.value);
  append_big(batch, int32_t{0});  // length, below
  append_big(batch, int32_t{0});  // leader epoch
  append_big(batch, int8_t{2});
  append_big(batch, uint32_t{0});  // crc, below
  append_big(batch, static_cast<int16_t>(compression_));
  append_big(batch, count_ - 1);
  append_big(batch, base_timestamp_ms_);
  append_big(batch, max_timestamp_ms_);
  append_big(batch, producer.id.value);
  append_big(batch, producer.epoch);
  append_big(batch, producer.base_sequence);
  append_big(batch, count_);
  if (compression_ == Compression::kNone) {
    batch.append(records_);
  } else {
    RETURN_IF_ERROR(compress(compression_, records_, batch));
  }
  store_big(batch.data() + 8, static_cast<int32_t>(batch.size() - kBatchPrefixBytes));
  store_big(batch.data() + 17, crc32c(std::string_view(batch).substr(21)));
  records_.clear();
  count_ = 0;
  return batch;
}

}  // namespace freshet::record
