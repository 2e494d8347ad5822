#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

/// Where `freshet consume` begins and ends.
namespace freshet::cli {

/// A place in every partition of a topic.
struct RecordPosition {
  enum class Kind {
    kBeginning,  ///< the first record that is still there
    kEnd,        ///< behind the last record
    kOffset,     ///< an offset
    kLast,       ///< so many records before the end
    kTime,       ///< the first record whose timestamp is not before it
  };
  Kind kind = Kind::kEnd;
  int64_t value = 0;  ///< the offset, the number of records, or milliseconds since 1970
};

/// "beginning", "end", "100", "-5" (the last five), "2026-01-18T12:34:56Z" (also a date alone, or without a zone: UTC),
/// "@1768739696789" (milliseconds since 1970), "10m" (so long before now). kUsage, with `option`, for anything else.
Result<RecordPosition> parse_position(const std::string& option, const std::string& text, int64_t now_ms);

}  // namespace freshet::cli
