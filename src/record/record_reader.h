#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "base/ids.h"
#include "record/batch.h"

namespace freshet::record {

struct Header {
  std::string_view key;
  std::optional<std::string_view> value;
};

/// A record's headers in place, decoded while iterating: `for (const Header& header : record.headers) …`
class Headers {
 public:
  Headers() = default;
  /// `encoded` was checked to hold exactly `count` headers.
  Headers(std::string_view encoded, int32_t count) : encoded_(encoded), count_(count) {}
  int32_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  /// Value of the last header of that key; none when it is missing or null.
  std::optional<std::string_view> find(std::string_view key) const;

  class Iterator {
   public:
    Iterator(std::string_view encoded, int32_t left) : reader_(encoded), left_(left) { read(); }
    const Header& operator*() const { return header_; }
    const Header* operator->() const { return &header_; }
    Iterator& operator++() {
      --left_;
      read();
      return *this;
    }
    bool operator!=(const Iterator& other) const { return left_ != other.left_; }

   private:
    void read();
    ByteReader reader_;
    int32_t left_;
    Header header_;
  };
  Iterator begin() const { return {encoded_, count_}; }
  Iterator end() const { return {{}, 0}; }

 private:
  std::string_view encoded_;
  int32_t count_ = 0;
};

/// Looks into the batch or into the reader's scratch: valid until the reader's next start().
struct Record {
  Offset offset;
  int64_t timestamp_ms = 0;
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  Headers headers;
};

/// Iterates over the records of one batch after the other, without a copy where they are not compressed; compressed
/// ones go to a scratch that is kept between batches. One thread at a time.
///
///     if (auto started = reader.start(batch); !started) …
///     while (reader.next(record)) use(record);
///     if (const Error* error = reader.error()) …   // the records before it were sound
class RecordReader {
 public:
  explicit RecordReader(size_t decompressed_limit_bytes = kDecompressedLimitBytes)
      : limit_bytes_(decompressed_limit_bytes) {}

  /// Decompresses. kMalformed or kTooLarge.
  Result<void> start(const BatchView& batch);
  /// What the last start() cost: bytes that came out of decompression, also when it failed; 0 without compression.
  size_t decompressed_bytes() const { return decompressed_bytes_; }
  /// False at the end and at the first damaged record.
  bool next(Record& record);
  /// Why next() stopped; null when all records of the batch were read. Valid until the next start().
  const Error* error() const { return error_ ? &*error_ : nullptr; }

 private:
  bool read_record(Record& record);
  bool stop(const char* what);

  size_t limit_bytes_;
  std::string scratch_;
  size_t decompressed_bytes_ = 0;
  ByteReader reader_{std::string_view()};
  std::optional<Error> error_;
  int32_t left_ = 0;
  int64_t base_offset_ = 0;
  int64_t base_timestamp_ms_ = 0;
  int64_t append_time_ms_ = 0;
  int64_t previous_delta_ = -1;
  int32_t last_offset_delta_ = 0;
  bool use_append_time_ = false;
};

}  // namespace freshet::record
