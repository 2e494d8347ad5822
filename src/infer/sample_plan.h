#pragma once

#include <cstdint>
#include <vector>

namespace freshet::infer {

/// What a partition holds: offsets `first` to `end`, `end` not among them.
struct PartitionRange {
  int32_t partition = 0;
  int64_t first = 0;
  int64_t end = 0;
};
/// A piece of a partition to read.
struct Slice {
  int32_t partition = 0;
  int64_t first = 0;
  int64_t end = 0;
};
/// Slices that are read at the same time: at most one a partition.
using Round = std::vector<Slice>;

/// Which records of a topic to look at: at most `limit`, of every partition its share, and of each partition pieces
/// from its oldest to its newest record, since what producers write changes with time. The rounds go from old to new. A
/// limit of 0 means all of them.
std::vector<Round> plan_sample(const std::vector<PartitionRange>& ranges, int64_t limit);

}  // namespace freshet::infer
