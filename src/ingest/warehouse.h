#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "ingest/batch.h"
#include "ingest/intent.h"

/// The tables that a lane fills: ClickHouse, or the simulation's.
namespace freshet::ingest {

enum class Table { kRaw, kDead };

/// What is known of the engine behind the tables at this moment.
struct EngineFacts {
  TokenScope scope;
  uint64_t run = 0;  ///< raised by every start of the engine, which begins with the repair of its token logs
};

/// Rows of one partition, of the lane's epoch.
struct StoredRows {
  PartitionId partition;
  int64_t rows = 0;
  Offset last{-1};
};

enum class InsertVerdict {
  kDone,         ///< answered 200
  kDoubt,        ///< may or may not be written; the engine may be asked again
  kUnreachable,  ///< nothing was sent
  kNeedsRepair,  ///< answered an error after which the token log cannot be believed
};
struct InsertAnswer {
  InsertVerdict verdict = InsertVerdict::kDone;
  std::string error;          ///< ClickHouse's words
  std::string failing_view;   ///< trigger named by "while pushing to view", if any
  bool view_refuses = false;  ///< and its error is one that comes again with the same rows
  uint64_t run = 0;           ///< of the engine that was asked
};

/// One thread at a time; every function blocks.
class Warehouse {
 public:
  virtual ~Warehouse() = default;
  virtual Result<EngineFacts> facts() = 0;
  /// Of all partitions, of `epoch`.
  virtual Result<std::vector<StoredRows>> stored(Table table, Epoch epoch) = 0;
  /// Rows of `ranges`, by partition; queries whose id begins with `query_id` and that may still run are ended first.
  virtual Result<std::vector<StoredRows>> count(Table table, Epoch epoch, const std::vector<Range>& ranges,
                                                const std::string& query_id) = 0;
  virtual InsertAnswer insert(Table table, const BuiltBatch& batch, const std::string& token,
                              const std::string& query_id) = 0;
  /// Inserts those rows of the batch's block that the table does not hold yet.
  virtual Result<void> fill(Table table, Epoch epoch, const BuiltBatch& batch, const std::string& token) = 0;
  /// INSERT INTO raw SELECT … FROM raw WHERE <ranges> under the batch's token: raw ignores it, views that miss the
  /// block get it.
  virtual Result<void> heal_views(Epoch epoch, const std::vector<Range>& ranges, const std::string& token) = 0;
  /// Makes every view of the stream equal to a recount of raw.
  virtual Result<void> rebuild_views() = 0;
  /// Ends the call under way, which then fails. Any thread.
  virtual void abort() {}
  virtual void restart_engine(const std::string& reason) = 0;
};

}  // namespace freshet::ingest
