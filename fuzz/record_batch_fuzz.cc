// Record batches from a client: whatever the bytes, no crash, no memory beyond the limit, and what is accepted is
// sound.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "record/batch.h"
#include "record/crc32c.h"
#include "record/record_reader.h"

namespace {

using namespace freshet;
using namespace freshet::record;

constexpr size_t kLimitBytes = size_t{1} << 20;

void require(bool condition) {
  if (!condition) std::abort();
}

bool inside(std::string_view part, std::string_view whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void read_all(std::string_view bytes) {
  const auto batch = BatchView::parse(bytes);
  if (!batch) return;
  (void)batch->crc_matches();
  RecordReader reader(kLimitBytes);
  if (!reader.start(*batch)) return;
  Record record;
  int32_t count = 0;
  size_t read_bytes = 0;
  while (reader.next(record)) {
    ++count;
    require(record.offset >= batch->base_offset() && record.offset <= batch->last_offset());
    if (record.key && batch->compression() == Compression::kNone) require(inside(*record.key, bytes));
    read_bytes += record.key.value_or("").size() + record.value.value_or("").size();
    for (const Header& header : record.headers) read_bytes += header.key.size() + header.value.value_or("").size();
  }
  require(read_bytes <= kLimitBytes + bytes.size());
  require(reader.error() != nullptr || count == batch->count());
}

/// The same bytes with length, magic and CRC put right, so that mutations get past them.
std::string repaired(std::string bytes) {
  if (bytes.size() < kBatchHeaderBytes) return bytes;
  store_big(bytes.data() + 8, static_cast<int32_t>(bytes.size() - kBatchPrefixBytes));
  bytes[16] = 2;
  store_big(bytes.data() + 17, crc32c(std::string_view(bytes).substr(21)));
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  read_all(bytes);
  const std::string fixed = repaired(bytes);
  read_all(fixed);
  RecordReader reader(kLimitBytes);
  if (const auto checked = check_produced(fixed, reader)) require(checked->count() == checked->last_offset_delta() + 1);
  for (const Compression compression :
       {Compression::kGzip, Compression::kSnappy, Compression::kLz4, Compression::kZstd}) {
    std::string out;
    (void)decompress(compression, bytes, out, kLimitBytes);
    require(out.size() <= kLimitBytes);
  }
  return 0;
}
