#include "record/batch.h"

#include <algorithm>
#include <limits>

#include "record/crc32c.h"
#include "record/record_reader.h"

namespace freshet::record {
namespace {

constexpr int8_t kMagic = 2;
constexpr size_t kCrcStart = 21;  ///< the first byte that the CRC covers
/// Length of a record and its attributes, timestamp delta, offset delta, key and value lengths, header count: one byte
/// each.
constexpr size_t kSmallestRecordBytes = 7;

}  // namespace

Result<size_t> batch_size_bytes(std::string_view front) {
  if (front.size() < kBatchPrefixBytes) return 0;
  const auto length = load_big<int32_t>(front.data() + 8);
  if (length < static_cast<int32_t>(kBatchHeaderBytes - kBatchPrefixBytes)) {
    return fail(ErrorCode::kMalformed, "a record batch cannot have a length of {}", length);
  }
  return kBatchPrefixBytes + static_cast<size_t>(length);
}

Result<BatchView> BatchView::parse(std::string_view bytes) {
  if (bytes.size() > 16 && bytes[16] != kMagic && bytes[16] >= 0 && bytes[16] < kMagic) {
    return fail(ErrorCode::kUnsupported, "messages of magic {} (before Kafka 0.11) are not supported", int{bytes[16]});
  }
  ASSIGN_OR_RETURN(const size_t size, batch_size_bytes(bytes));
  if (size == 0 || size > bytes.size()) {
    return fail(ErrorCode::kMalformed, "a record batch is cut off: {} bytes of {}", bytes.size(),
                size == 0 ? kBatchHeaderBytes : size);
  }
  const BatchView batch(bytes.substr(0, size));
  if (bytes[16] != kMagic)
    return fail(ErrorCode::kMalformed, "a record batch of magic {} does not exist", int{bytes[16]});
  if (batch.base_offset().value < 0 || batch.last_offset_delta() < 0 ||
      batch.base_offset().value > std::numeric_limits<int64_t>::max() - 1 - batch.last_offset_delta()) {
    return fail(ErrorCode::kMalformed, "a record batch has the offsets {} + {}", batch.base_offset().value,
                batch.last_offset_delta());
  }
  // Compaction may leave fewer records than offsets, even none.
  if (batch.count() < 0 || batch.count() > int64_t{batch.last_offset_delta()} + 1) {
    return fail(ErrorCode::kMalformed, "a record batch of {} offsets cannot hold {} records",
                int64_t{batch.last_offset_delta()} + 1, batch.count());
  }
  if (batch.compression() == Compression::kNone &&
      static_cast<size_t>(batch.count()) > batch.records().size() / kSmallestRecordBytes) {
    return fail(ErrorCode::kMalformed, "{} bytes cannot hold {} records", batch.records().size(), batch.count());
  }
  if ((batch.attributes() & 7) > static_cast<int>(Compression::kZstd)) {
    return fail(ErrorCode::kMalformed, "compression type {} does not exist", batch.attributes() & 7);
  }
  return batch;
}

int32_t BatchView::last_sequence() const {
  if (base_sequence() < 0) return -1;
  const int64_t last = int64_t{base_sequence()} + last_offset_delta();
  constexpr int64_t kSequences = int64_t{std::numeric_limits<int32_t>::max()} + 1;
  return static_cast<int32_t>(last % kSequences);
}

bool BatchView::crc_matches() const { return crc32c(bytes_.substr(kCrcStart)) == crc(); }

Result<BatchView> check_produced(std::string_view payload, RecordReader& reader, int64_t* max_timestamp_ms,
                                 int64_t* min_timestamp_ms) {
  ASSIGN_OR_RETURN(const BatchView batch, BatchView::parse(payload));
  if (batch.size_bytes() != payload.size()) {
    return fail(ErrorCode::kMalformed,
                "a produced partition must hold exactly one record batch, and more bytes follow it");
  }
  if (!batch.crc_matches()) return fail(ErrorCode::kMalformed, "the CRC of a record batch does not match");
  if (batch.control()) return fail(ErrorCode::kMalformed, "clients may not write control batches");
  if (batch.count() < 1 || batch.last_offset_delta() != batch.count() - 1) {
    return fail(ErrorCode::kMalformed, "a record batch of {} records has {} offsets", batch.count(),
                int64_t{batch.last_offset_delta()} + 1);
  }
  if (batch.idempotent() && (batch.base_sequence() < 0 || batch.producer_epoch() < 0)) {
    return fail(ErrorCode::kMalformed, "a record batch with a producer id lacks its sequence or epoch");
  }
  if (batch.transactional() && !batch.idempotent()) {
    return fail(ErrorCode::kMalformed, "a transactional record batch lacks its producer id");
  }
  RETURN_IF_ERROR(reader.start(batch));
  Record record;
  int32_t expected = 0;
  int64_t largest_ms = std::numeric_limits<int64_t>::min();
  int64_t smallest_ms = std::numeric_limits<int64_t>::max();
  while (reader.next(record)) {
    largest_ms = std::max(largest_ms, record.timestamp_ms);
    if (record.timestamp_ms >= 0) smallest_ms = std::min(smallest_ms, record.timestamp_ms);
    if (record.offset - batch.base_offset() != expected++) {
      return fail(ErrorCode::kMalformed, "the records of a batch are not numbered from 0 without gaps");
    }
  }
  if (reader.error() != nullptr) return std::unexpected(*reader.error());
  if (max_timestamp_ms != nullptr) *max_timestamp_ms = largest_ms;
  if (min_timestamp_ms != nullptr) *min_timestamp_ms = smallest_ms;
  return batch;
}

void set_base_offset(char* batch, Offset base) { store_big(batch, base.value); }

void set_leader_epoch(char* batch, int32_t epoch) { store_big(batch + 12, epoch); }

namespace {

constexpr size_t kMaxTimestampAt = 35;

void renew_crc(std::span<char> batch) {
  store_big(batch.data() + 17, crc32c(std::string_view(batch.data(), batch.size()).substr(kCrcStart)));
}

}  // namespace

void set_max_timestamp(std::span<char> batch, int64_t max_timestamp_ms) {
  if (load_big<int64_t>(batch.data() + kMaxTimestampAt) == max_timestamp_ms) return;
  store_big(batch.data() + kMaxTimestampAt, max_timestamp_ms);
  renew_crc(batch);
}

void set_log_append_time(std::span<char> batch, int64_t now_ms) {
  const auto attributes = load_big<int16_t>(batch.data() + kCrcStart);
  store_big(batch.data() + kCrcStart, static_cast<int16_t>(attributes | 0x08));
  store_big(batch.data() + kMaxTimestampAt, now_ms);
  renew_crc(batch);
}

}  // namespace freshet::record
