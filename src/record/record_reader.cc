#include "record/record_reader.h"

#include <limits>

namespace freshet::record {
namespace {

/// A length as varint, -1 for null. False when it is neither, or when fewer bytes are there.
bool read_nullable(ByteReader& reader, std::optional<std::string_view>& out) {
  const int64_t size = reader.varint();
  if (!reader.ok() || size < -1) return false;
  if (size == -1) {
    out.reset();
    return true;
  }
  out = reader.bytes(static_cast<size_t>(size));
  return reader.ok();
}

/// Two bytes at least: the length of a key, the length of a value.
constexpr size_t kSmallestHeaderBytes = 2;

bool skip_headers(ByteReader& reader, int32_t count) {
  std::optional<std::string_view> part;
  for (int32_t i = 0; i < count; ++i) {
    if (!read_nullable(reader, part) || !part || !read_nullable(reader, part)) return false;
  }
  return true;
}

}  // namespace

void Headers::Iterator::read() {
  if (left_ <= 0) return;
  std::optional<std::string_view> key;
  read_nullable(reader_, key);
  header_.key = key.value_or(std::string_view());
  read_nullable(reader_, header_.value);
}

std::optional<std::string_view> Headers::find(std::string_view key) const {
  std::optional<std::string_view> found;
  for (const Header& header : *this) {
    if (header.key == key) found = header.value;
  }
  return found;
}

Result<void> RecordReader::start(const BatchView& batch) {
  error_.reset();
  left_ = 0;
  decompressed_bytes_ = 0;
  std::string_view records = batch.records();
  if (batch.compression() != Compression::kNone && batch.count() > 0) {
    constexpr size_t kKeptBytes = size_t{8} << 20;
    if (scratch_.capacity() > kKeptBytes) scratch_ = std::string();  // one huge batch must not hold its memory for ever
    scratch_.clear();
    const Result<void> decompressed = decompress(batch.compression(), records, scratch_, limit_bytes_);
    decompressed_bytes_ = scratch_.size();
    RETURN_IF_ERROR(decompressed);
    records = scratch_;
  }
  reader_ = ByteReader(records);
  left_ = batch.count();
  base_offset_ = batch.base_offset().value;
  base_timestamp_ms_ = batch.base_timestamp_ms();
  append_time_ms_ = batch.max_timestamp_ms();
  use_append_time_ = batch.log_append_time();
  last_offset_delta_ = batch.last_offset_delta();
  previous_delta_ = -1;
  return {};
}

bool RecordReader::next(Record& record) {
  if (left_ == 0) {
    if (reader_.remaining() > 0 && !error_) stop("bytes follow the last record");
    return false;
  }
  if (!read_record(record)) return false;
  --left_;
  return true;
}

bool RecordReader::read_record(Record& record) {
  const int64_t size = reader_.varint();
  if (!reader_.ok() || size < 0) return stop("a record's length is not valid");
  const std::string_view body = reader_.bytes(static_cast<size_t>(size));
  if (!reader_.ok()) return stop("a record is longer than its batch");

  ByteReader fields(body);
  fields.skip(1);  // attributes: none are defined
  const int64_t timestamp_delta = fields.varint();
  const int64_t offset_delta = fields.varint();
  if (!fields.ok()) return stop("a record is cut off");
  if (offset_delta <= previous_delta_ || offset_delta > last_offset_delta_) {
    return stop("a record's offset lies outside of its batch or is out of order");
  }
  previous_delta_ = offset_delta;
  record.offset = Offset(base_offset_ + offset_delta);
  // Wraps around rather than overflows when a batch says nonsense.
  record.timestamp_ms =
      use_append_time_
          ? append_time_ms_
          : static_cast<int64_t>(static_cast<uint64_t>(base_timestamp_ms_) + static_cast<uint64_t>(timestamp_delta));
  if (!read_nullable(fields, record.key)) return stop("a record's key is not valid");
  if (!read_nullable(fields, record.value)) return stop("a record's value is not valid");

  const int64_t headers = fields.varint();
  if (!fields.ok() || headers < 0 || static_cast<uint64_t>(headers) > fields.remaining() / kSmallestHeaderBytes) {
    return stop("a record's headers are not valid");
  }
  const std::string_view encoded = fields.rest();
  if (!skip_headers(fields, static_cast<int32_t>(headers))) return stop("a record's headers are not valid");
  if (fields.remaining() > 0) return stop("bytes follow a record's headers");
  record.headers = Headers(encoded, static_cast<int32_t>(headers));
  return true;
}

bool RecordReader::stop(const char* what) {
  error_ = Error{ErrorCode::kMalformed, fmt::format("{} (batch at offset {})", what, base_offset_), {}, 0, 0};
  left_ = 0;
  return false;
}

}  // namespace freshet::record
