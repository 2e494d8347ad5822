#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

/// How `freshet consume` prints a record.
namespace freshet::cli {

/// A record as it was read; the views hold as long as the message that it came in.
struct ShownRecord {
  std::string_view topic;
  int32_t partition = 0;
  int64_t offset = 0;
  int64_t timestamp_ms = -1;              ///< since 1970; -1: none
  std::optional<std::string_view> key;    ///< nothing: null
  std::optional<std::string_view> value;  ///< nothing: null, a tombstone
  std::vector<std::pair<std::string, std::optional<std::string_view>>> headers;
};

/// One of the named formats, or a template.
class RecordFormat {
 public:
  /// "value", "json", "kv", "raw", "hex", or a text with %k %v %o …; kUsage for any other word or letter.
  static Result<RecordFormat> parse(const std::string& text);

  /// The record as it is printed, with its newline where the format has one. Null is printed as nothing, but in JSON.
  std::string print(const ShownRecord& record) const;

 private:
  enum class Kind { kValue, kJson, kKeyValue, kRaw, kHex, kTemplate };
  struct Part {
    char letter = 0;  ///< of %k; 0: plain text
    std::string text;
  };
  static Result<std::vector<Part>> parse_template(const std::string& text);

  Kind kind_ = Kind::kValue;
  std::vector<Part> parts_;
};

}  // namespace freshet::cli
