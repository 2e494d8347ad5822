#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/ids.h"

/// Where a lane's records come from and where its progress is kept: a topic and a consumer group, whoever runs them.
namespace freshet::ingest {

/// Record batches v2 as they lie, and where they end.
struct Fetched {
  Slice batches;  ///< whole batches; the first may begin before the offset asked for
  Offset next;    ///< offset after the last of them
};

struct Bounds {
  Offset start;  ///< log start offset
  Offset end;    ///< high watermark: what lies below survives what the durability promises
};

/// One partition's committed offset, as an ordinary OffsetCommit carries it.
struct Commit {
  PartitionId partition;
  Offset offset{-1};     ///< -1: none
  std::string metadata;  ///< at most 4096 bytes
};

/// Every function may be called from any thread and may block.
class Source {
 public:
  virtual ~Source() = default;
  virtual const Uuid& topic_id() const = 0;
  virtual int32_t partition_count() const = 0;
  virtual Bounds bounds(PartitionId partition) const = 0;
  /// Empty batches at the high watermark; kOffsetOutOfRange outside of the bounds.
  virtual Result<Fetched> read(PartitionId partition, Offset from, size_t max_bytes) const = 0;
  /// Wall time of the append that brought this record; 0 when it is not known any more.
  virtual int64_t appended_at_ms(PartitionId partition, Offset offset) const = 0;

  /// All or nothing, durable when it returns.
  virtual Result<void> commit(std::span<const Commit> commits) = 0;
  /// One entry a partition that has a committed offset.
  virtual Result<std::vector<Commit>> committed() = 0;
};

}  // namespace freshet::ingest
