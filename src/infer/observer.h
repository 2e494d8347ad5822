#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "decode/json_text.h"
#include "infer/field.h"

namespace freshet::infer {

/// A record as it was read.
struct SampleRecord {
  std::optional<std::string_view> value;
  std::optional<std::string_view> key;
  int64_t timestamp_ms = 0;  ///< 0: unknown
};

/// Looks at records, one after the other, and keeps what is needed to propose columns: bounded, whatever they hold.
/// JSON is what the decoder takes for JSON (decode/json_text.h). Belongs to one thread.
class Observer {
 public:
  Observer();

  void add(const SampleRecord& record);

  uint64_t records() const { return records_; }
  /// Of records: JSON objects. The others are not looked at.
  uint64_t objects() const { return root_.objects; }
  /// Of records: top-level arrays.
  uint64_t top_level_arrays() const { return top_level_arrays_; }
  uint64_t with_key() const { return with_key_; }
  uint64_t bytes() const { return bytes_; }
  /// Whose children are the fields of the records.
  const Field& root() const { return root_; }

  /// Objects and arrays deeper than this stay JSON text: their columns' names would be endless.
  static constexpr int kMaxDepth = 6;

 private:
  void add_object(decode::Cursor& cursor, Field& field, int depth);
  void add_array(decode::Cursor& cursor, Field& field, int depth);
  /// `field`: null where there is no room for it, or it is not looked into.
  void add_value(decode::Cursor& cursor, Field* field, int depth);
  void add_scalar(std::string_view token, Field& field);
  Field* field_of(Field& object, std::string_view key, int& depth);

  Budget budget_;
  Field root_{budget_, true};
  decode::JsonIndex index_;
  RecordPlace place_;
  std::string scratch_;
  uint64_t records_ = 0;
  uint64_t top_level_arrays_ = 0;
  uint64_t with_key_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace freshet::infer
