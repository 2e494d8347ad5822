#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

/// Records for verbs that look at them: the lines of a file, or a part of a topic that is spread over all of it.
namespace freshet::cli {

struct SampledRecord {
  std::optional<std::string_view> value;  ///< nothing: a tombstone
  std::optional<std::string_view> key;
  int64_t timestamp_ms = 0;  ///< 0: a line of a file
  std::string place;         ///< "line 17", "partition 0 offset 4711"
};
/// The record's views hold during the call. False: no more are wanted.
using RecordVisitor = std::function<bool(const SampledRecord&)>;

struct SampleFacts {
  uint64_t visited = 0;
  uint64_t available = 0;  ///< records that the topic or file holds; 0 for stdin, which is read from its beginning
  int32_t partitions = 0;  ///< of a topic
};

/// Lines of a file ("-": stdin) but empty ones, without their ends (also CRLF). With a limit above 0 at most so many,
/// spread evenly over a regular file.
Result<SampleFacts> visit_lines(const std::string& path, int64_t limit, const RecordVisitor& visit);

/// Records of a topic, over the Kafka protocol: at most `limit` (0: all that are there now), of every partition its
/// share, from old to new (infer/sample_plan.h). No group is joined and nothing is committed. kUnknownTopic; kTimeout
/// when no record came for 10 s.
Result<SampleFacts> visit_topic(const std::string& broker, const std::string& topic, int64_t limit,
                                const RecordVisitor& visit);

/// Whether the broker has a topic of this name; an error when it does not answer.
Result<bool> has_topic(const std::string& broker, const std::string& topic);

}  // namespace freshet::cli
