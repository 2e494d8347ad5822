#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "base/ids.h"

/// An intent is a batch written down before it is sent: the metadata of the OffsetCommit of each partition in it.
/// The same text without a batch is how an idle lane confirms its position.
namespace freshet::ingest {

inline constexpr size_t kMaxIntentBytes = 4096;  ///< Kafka's offset.metadata.max.bytes
inline constexpr size_t kMaxRanges = 64;

/// Records [first, end) of one partition.
struct Range {
  PartitionId partition;
  Offset first;
  Offset end;
  bool operator==(const Range&) const = default;
};

/// What one partition had come to when `offset` was its next record. raw + duplicates + dead + late + skipped equals
/// the offset minus the log's start when the epoch began.
struct PartitionState {
  int64_t start = 0;       ///< first offset of this epoch that was ever asked for
  int64_t raw = 0;         ///< rows in the raw table
  int64_t duplicates = 0;  ///< dropped by event id
  int64_t dead = 0;        ///< rows in the dead letters
  int64_t late = 0;        ///< rows in the late table
  int64_t skipped = 0;     ///< offsets that hold no record for us: control batches, records lost to retention
  int64_t watermark_ms = 0;
  uint32_t anchor = 0;  ///< record_anchor() of the record before the offset; 0 at the start
  bool operator==(const PartitionState&) const = default;
};

/// One block of a batch, as it must come out again when it is built from the log once more.
struct BlockPrint {
  int64_t rows = 0;
  Hash128 hash;
  bool operator==(const BlockPrint&) const = default;
};

/// Which engine, and which table, a token was given to.
struct TokenScope {
  std::string raw_uuid;
  int shard = 0;
  std::string engine_version;
  std::string boot_id;  ///< and "-N" when token logs were lost N times
  bool operator==(const TokenScope&) const = default;
};

struct Intent {
  Epoch epoch;
  TokenScope scope;
  std::string definition;  ///< hash of the stream's definition, 16 digits
  int decoder_version = 0;

  std::vector<Range> ranges;  ///< in block order; a partition may stand in it more than once. Empty: a confirmation
  uint32_t generation = 0;
  /// Some of the batch's rows may be in the tables under other tokens: raw decides, whatever the token is worth.
  bool counted = false;
  int64_t inserted_at_ms = 0;  ///< `_inserted_at` of every row; ClickHouse's time when the batch was cut
  BlockPrint raw;
  BlockPrint dead;

  PartitionState state;  ///< of the partition whose commit carries this text
  bool has_batch() const { return !ranges.empty(); }
};

/// kTooLarge above kMaxIntentBytes, which kMaxRanges ranges never reach.
Result<std::string> encode(const Intent& intent);
/// kIntentMalformed; an empty text or one of another program is malformed too.
Result<Intent> parse_intent(std::string_view text);

/// The batch's name: hash of project, stream, epoch and ranges. `_batch` is its upper half.
Hash128 batch_name(const Uuid& project, std::string_view stream, Epoch epoch, const std::vector<Range>& ranges);
/// insert_deduplication_token for one table of the batch.
std::string insert_token(const Hash128& batch, uint32_t generation, std::string_view table);

}  // namespace freshet::ingest
