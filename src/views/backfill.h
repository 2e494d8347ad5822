#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "clickhouse/client.h"
#include "views/definition.h"

/// Filling a new storage table from what raw holds.
namespace freshet::views {

/// Offsets of one partition and epoch that raw holds.
struct StoredRange {
  uint32_t epoch = 0;
  uint32_t partition = 0;
  uint64_t first = 0;
  uint64_t end = 0;  ///< after the last
  uint64_t rows = 0;
};

/// Ranges that are filled by one INSERT.
using Chunk = std::vector<StoredRange>;

/// Cuts `stored` into chunks of about `rows_per_chunk` rows: together they cover each range once. At most 64 ranges a
/// chunk.
std::vector<Chunk> cut_chunks(const std::vector<StoredRange>& stored, uint64_t rows_per_chunk);

struct BackfillInputs {
  std::string database;
  std::string storage;  ///< empty before the first chunk
  uint64_t rows_per_chunk = 1'000'000;
};

/// Exact while nothing is inserted into raw and the storage has no trigger yet. Not repeatable: after an error the
/// storage holds part of the rows and must be dropped.
Result<void> backfill(clickhouse::Client& client, const ViewDefinition& view, const BackfillInputs& inputs);

}  // namespace freshet::views
