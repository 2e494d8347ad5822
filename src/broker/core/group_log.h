#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "broker/core/call.h"
#include "broker/core/group_records.h"

namespace freshet::broker {

/// The internal topic of groups and their offsets. One partition: Kafka has 50 to spread groups over brokers, of which
/// there is one here, and one partition keeps all groups' writes in one order.
inline constexpr std::string_view kOffsetsTopic = "__consumer_offsets";
inline constexpr int32_t kOffsetsPartitions = 1;

/// Where the group coordinator's records go: partition 0 of kOffsetsTopic, through the log's writer. Called on the
/// core's thread; `done` is called there too, once, in the order of the calls, perhaps already within the call.
class GroupLog {
 public:
  /// `durable`: the records are as durable as the log promises; false: they were not written.
  using Done = std::function<void(bool durable, const Now& now)>;

  virtual ~GroupLog() = default;
  /// One record batch: all of them or none after a crash.
  virtual void append(std::vector<GroupRecord> records, Done done) = 0;
  /// Compaction: these batches, one behind the other with no append between, hold all that the topic's log is to know.
  /// Begins a new segment if it can; once they are durable, whole segments before the first of them may be removed.
  virtual void replace_with(std::vector<std::vector<GroupRecord>> batches, Done done) = 0;
};

/// One record batch v2 of these records, ready for the log. Programmer error without a record.
Result<std::string> to_batch(std::span<const GroupRecord> records, int64_t now_ms);

/// Calls `apply` for each record of whole batches as the log gives them. An error of `apply` is collected into
/// `warnings` and skipped; kMalformed or kCorrupt when a batch itself cannot be read.
Result<void> for_each_record(
    std::string_view batches,
    const std::function<Result<void>(std::string_view key, std::optional<std::string_view> value)>& apply,
    std::vector<std::string>& warnings);

}  // namespace freshet::broker
