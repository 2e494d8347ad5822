#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "base/ids.h"
#include "record/compression.h"

/// Record batches v2 (KIP-98), the unit of Kafka's log and of its Produce and Fetch messages:
///
///     base offset i64 | length i32 | leader epoch i32 | magic i8 | crc u32 | attributes i16 | last offset delta i32 |
///     base timestamp i64 | max timestamp i64 | producer id i64 | producer epoch i16 | base sequence i32 | count i32 |
///     records
///
/// `length` counts the bytes after itself; the CRC-32C covers everything from `attributes` on, so that a broker sets
/// base offset and leader epoch without computing it again.
namespace freshet::record {

class RecordReader;

inline constexpr size_t kBatchHeaderBytes = 61;
/// Base offset and length: what stands before the bytes that `length` counts.
inline constexpr size_t kBatchPrefixBytes = 12;

/// One batch in place: looks into the bytes given to parse(), as long as they live. Cheap to copy.
class BatchView {
 public:
  /// The batch at the front of `bytes`. Checks what can be checked without reading the records: that the batch is
  /// whole, of magic 2, and that its counts are possible for its size. Not the CRC. kMalformed (also when bytes are
  /// missing, see batch_size_bytes()) or kUnsupported (an older magic).
  static Result<BatchView> parse(std::string_view bytes);

  std::string_view bytes() const { return bytes_; }  ///< the whole batch
  size_t size_bytes() const { return bytes_.size(); }
  Offset base_offset() const { return Offset(load_big<int64_t>(bytes_.data())); }
  int32_t leader_epoch() const { return load_big<int32_t>(bytes_.data() + 12); }
  uint32_t crc() const { return load_big<uint32_t>(bytes_.data() + 17); }
  int16_t attributes() const { return load_big<int16_t>(bytes_.data() + 21); }
  int32_t last_offset_delta() const { return load_big<int32_t>(bytes_.data() + 23); }
  Offset last_offset() const { return base_offset() + last_offset_delta(); }
  Offset next_offset() const { return base_offset() + (int64_t{last_offset_delta()} + 1); }
  int64_t base_timestamp_ms() const { return load_big<int64_t>(bytes_.data() + 27); }
  int64_t max_timestamp_ms() const { return load_big<int64_t>(bytes_.data() + 35); }
  ProducerId producer_id() const { return ProducerId(load_big<int64_t>(bytes_.data() + 43)); }  ///< -1: not idempotent
  int16_t producer_epoch() const { return load_big<int16_t>(bytes_.data() + 51); }
  int32_t base_sequence() const { return load_big<int32_t>(bytes_.data() + 53); }
  int32_t last_sequence() const;  ///< wraps around to 0 after 2^31-1, as Kafka's
  int32_t count() const { return load_big<int32_t>(bytes_.data() + 57); }
  std::string_view records() const { return bytes_.substr(kBatchHeaderBytes); }  ///< as sent: perhaps compressed

  Compression compression() const { return static_cast<Compression>(attributes() & 7); }
  bool log_append_time() const { return (attributes() & 0x08) != 0; }
  bool transactional() const { return (attributes() & 0x10) != 0; }
  bool control() const { return (attributes() & 0x20) != 0; }
  bool idempotent() const { return producer_id().value >= 0; }

  bool crc_matches() const;

 private:
  explicit BatchView(std::string_view bytes) : bytes_(bytes) {}
  std::string_view bytes_;
};

/// Size of the batch whose first bytes these are: 0 when fewer than 12 are there, kMalformed when no batch has that
/// length.
Result<size_t> batch_size_bytes(std::string_view front);

/// What an acceptable produce payload is (Kafka's LogValidator): exactly one batch, whole, CRC right, not a control
/// batch, offsets 0..count-1, sequences where there is a producer id, and every record readable. Reads and decompresses
/// the records: for the threads of connections, not for the log's writer. `reader` is one a thread: it keeps its
/// scratch memory.
/// `max_timestamp_ms`, if given, is set to the largest timestamp of the records: where the header says something else
/// (some clients do), the batch must be put right with set_max_timestamp(), as Kafka does, or searches by time go
/// wrong.
/// `min_timestamp_ms`, if given, to the smallest one, those that say nothing (-1) left out; INT64_MAX without any.
Result<BatchView> check_produced(std::string_view payload, RecordReader& reader, int64_t* max_timestamp_ms = nullptr,
                                 int64_t* min_timestamp_ms = nullptr);

/// Written in place; neither is covered by the CRC. `batch` points at the first byte of a parsed batch.
void set_base_offset(char* batch, Offset base);
void set_leader_epoch(char* batch, int32_t epoch);
/// `batch`: the whole of it. Computes the CRC again, unless the header says so already.
void set_max_timestamp(std::span<char> batch, int64_t max_timestamp_ms);
/// message.timestamp.type=LogAppendTime: every record's time is `now_ms`. Computes the CRC again.
void set_log_append_time(std::span<char> batch, int64_t now_ms);

}  // namespace freshet::record
