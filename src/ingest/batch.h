#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "columns/block.h"
#include "ingest/intent.h"

namespace freshet::ingest {

/// What a batch adds to one partition's state, and the anchor at its end.
struct PartitionGain {
  PartitionId partition;
  Offset end;
  int64_t raw = 0;
  int64_t dead = 0;
  int64_t skipped = 0;
  uint32_t anchor = 0;
};

/// Rows that were appended to the log at one instant, for the latency figures.
struct AppendTime {
  int64_t appended_at_ms = 0;
  int64_t rows = 0;
};

/// A batch, decoded and ready to be sent as often as it takes. Immutable, shared between threads.
struct BuiltBatch {
  std::vector<Range> ranges;
  Hash128 name;
  int64_t inserted_at_ms = 0;
  columns::Block raw;  ///< kept for the rare repair that sends only some of its rows
  columns::Block dead;
  std::string raw_bytes;   ///< Native
  std::string dead_bytes;  ///< Native
  BlockPrint raw_print;
  BlockPrint dead_print;
  std::vector<PartitionGain> gains;  ///< one a partition
  std::vector<AppendTime> appended;
  uint64_t value_bytes = 0;  ///< of the records' values
  uint64_t unknown_fields = 0;
};

/// Up to `end` of one partition, from `first` on.
struct Wanted {
  PartitionId partition;
  Offset first;
  Offset end;
};

/// Work for the batch builder. It goes on with the open batch, if there is one.
struct BuildAction {
  std::vector<Wanted> wanted;
  bool exact = false;  ///< ranges of an intent: all of them, and not a record more
  int64_t max_rows = 0;
  int64_t max_bytes = 0;
  bool seal = false;  ///< close the batch when this is done (or when it is full), and yield it
  int64_t inserted_at_ms = 0;
};

struct BuildAnswer {
  std::vector<Range> ranges;  ///< of the open or sealed batch, all of it
  int64_t rows = 0;           ///< records taken so far
  int64_t bytes = 0;          ///< size of the open block in memory
  std::shared_ptr<const BuiltBatch> sealed;
};

}  // namespace freshet::ingest
