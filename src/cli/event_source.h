#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace freshet::project {
struct Stream;
}

/// What `freshet produce` sends.
namespace freshet::cli {

/// Key and value of a record; the views hold until the next call of its source.
struct SourceRecord {
  std::string_view key;  ///< empty: no key
  std::string_view value;
};

/// Belongs to one thread.
class EventSource {
 public:
  virtual ~EventSource() = default;
  /// The next record, nothing at the end. `now_ms` since 1970 is the time of generated events.
  virtual Result<std::optional<SourceRecord>> next(int64_t now_ms) = 0;
};

/// The lines of a file ("-": stdin), each a value; empty lines are skipped. With `key_field` that field of the JSON
/// object is the key: kDecode with the line's number where it is missing or the line is no JSON.
Result<std::unique_ptr<EventSource>> open_lines(const std::string& path, const std::string& key_field);

/// The demo's story for a topic. The project's stream decides which one fits; without one the topics "events" and
/// "logs" are known. kUsage for others. Without a seed both the story and the event ids are new.
Result<std::unique_ptr<EventSource>> open_story(const std::string& folder, const std::string& topic,
                                                std::optional<uint64_t> seed);

/// A template whose example events have a stream's fields.
struct Example {
  std::string_view template_name;  ///< "telemetry", "sre-errors"
  std::string_view key;            ///< the field that is the record's key
};
std::optional<Example> example_of(const project::Stream& stream);

/// Whether open_story has one.
bool has_story(const std::string& folder, const std::string& topic);

}  // namespace freshet::cli
