#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "base/error.h"
#include "clickhouse/client.h"
#include "project/project.h"
#include "views/finalize.h"

/// What a view's file says, as ClickHouse understands it. Layout and comments of the file have no part in it.
namespace freshet::views {

struct ViewDefinition {
  std::string name;
  std::string stream;
  std::string select;      ///< canonical, one line, with the marker of source.h in place of the stream's database
  std::string table_body;  ///< canonical: "(`bucket` DateTime, …) ENGINE = … ORDER BY … SETTINGS …"
  StorageShape shape;
  std::vector<std::string> source_columns;  ///< the stream's declared columns
  std::string bucket_column;    ///< first Date or DateTime column of ORDER BY; empty: the view is never settled
  uint32_t bucket_width_s = 0;  ///< 0: unknown, the view is never settled
};

/// The clients belong to the caller's thread.
struct ParseInputs {
  clickhouse::Client&
      scratch;  ///< user freshet_scratch: it may do anything in databases fr_scratch_*, and nothing else
  const project::Project& project;
  std::string database;  ///< fr_scratch_NONCE: a name that occurs nowhere else; made and dropped here
  /// Not null: also sends stored events of the stream through the view in the scratch database, which finds errors that
  /// only values cause. A user who may read the project and write to the scratch databases.
  clickhouse::Client* smoke = nullptr;
};

/// All errors found in the file, kViewInvalid with line and column where they can be found; kClickHouseUnreachable and
/// the like when ClickHouse did not answer.
std::expected<ViewDefinition, std::vector<Error>> parse_view(const ParseInputs& inputs, const project::View& view);

/// From a first line `-- freshet: bucket=minute width=60s`. Both empty without one.
struct BucketComment {
  std::string column;
  uint32_t width_s = 0;
};
Result<BucketComment> read_bucket_comment(const std::string& sql);

/// Width in seconds from the bucket's values in milliseconds for instants that are 100 ms, a minute and an hour apart;
/// 0 when they have no common width. Ascending, distinct. Months have 31 days here: a bucket is settled when it surely
/// is over.
uint32_t width_of_buckets(const std::vector<int64_t>& buckets_ms);

}  // namespace freshet::views
