#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/record_position.h"

struct rd_kafka_s;

namespace freshet::cli {

/// The offset in each of the partitions that a position means now, asked of the broker. kKafkaRefused when it does not
/// answer. Offsets (kOffset) are not held against what the partition has.
Result<std::map<int32_t, int64_t>> offsets_at(rd_kafka_s* consumer, const std::string& topic,
                                              const std::vector<int32_t>& partitions, const RecordPosition& position);

/// How far each partition was read, and where it ends. Without `until` there is no end.
class ConsumeRange {
 public:
  ConsumeRange() = default;
  /// `starts`: the first offset that is wanted.
  explicit ConsumeRange(const std::map<int32_t, int64_t>& starts);

  void set_stops(const std::map<int32_t, int64_t>& stops);

  /// Whether the record at the offset lies in the range; it counts as read.
  bool take(int32_t partition, int64_t offset);
  /// The partition has nothing before this offset any more (also its end: compacted records leave gaps).
  void reached(int32_t partition, int64_t next_offset);
  /// All partitions were read to their ends.
  bool is_over() const;
  /// The partitions that were not, as "0 (at 5 of 7), 3 (at 0 of 2)"; without the ends where there are none yet.
  std::string short_of_their_ends() const;

 private:
  struct Partition {
    int64_t start = 0;
    int64_t next = 0;
    int64_t stop = -1;  ///< not read itself; -1: none
  };
  std::map<int32_t, Partition> partitions_;
};

}  // namespace freshet::cli
