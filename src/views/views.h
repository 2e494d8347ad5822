#pragma once

#include <expected>
#include <set>
#include <string>
#include <vector>

#include "clickhouse/client.h"
#include "project/project.h"
#include "views/definition.h"

/// The tables and views of a project in ClickHouse. A view V is a storage table V__v1, a trigger V__v1_mv that fills it
/// with every insert into its stream's raw table, and a plain view V that shows finished rows. No threads here: each
/// function belongs to the thread that calls it, with clients of its own.
namespace freshet::views {

struct PreparedView {
  std::string name;  ///< also the plain view
  uint32_t version = 0;
  std::string storage;  ///< "events_minute__v1"
  std::string trigger;  ///< "events_minute__v1_mv": what ClickHouse names when an insert fails while pushing to it
  std::string frozen;   ///< why it gets no more rows; empty: it is live
  ViewDefinition definition;  ///< stream, key, bucket, columns, the SELECT with its source open
};

struct PrepareInputs {
  clickhouse::Client& client;   ///< user freshet_ingest
  clickhouse::Client& scratch;  ///< user freshet_scratch
  const project::Project& project;
  std::string nonce;  ///< random, letters and digits: names of scratch databases, another one each time
  uint64_t backfill_rows_per_chunk = 1'000'000;
  /// Streams with a batch in doubt that nobody settles: their views are neither made nor built again.
  std::set<std::string> stopped_streams = {};
};

/// Book-keeping tables, the project's database and the raw tables. kStreamChanged, with the stream's file, for a table
/// that does not fit. Idempotent.
std::expected<void, std::vector<Error>> prepare_streams(const PrepareInputs& inputs);

/// Checks every view file, makes the missing views and fills them from raw, drops what a crash left half made, builds
/// those anew that are frozen or whose trigger or storage is gone; what cannot be built again stays frozen. Nothing is
/// made unless all files are accepted. By name. Must run after prepare_streams, while nothing is inserted into raw AND
/// no batch is in doubt: a batch that is repeated afterwards would reach a new view a second time. kViewInvalid (file,
/// line, column), kViewChanged, kViewRemoved; all of them are returned.
std::expected<std::vector<PreparedView>, std::vector<Error>> prepare_views(const PrepareInputs& inputs);

/// Where a project's tables lie.
struct Databases {
  std::string database;
  std::string book_database;
};

/// Makes the next version from a recount of raw, shows it, drops the old one. Exact while nothing is inserted into the
/// view's stream. After an error, or a crash, the old version is still shown, and `up` tidies up.
Result<PreparedView> rebuild_view(clickhouse::Client& client, const Databases& databases, const PreparedView& view);

/// Takes the trigger of a failing view away, so that inserts go on without it; its rows stay readable. Idempotent.
/// rebuild_view, or the next prepare_views, heals it.
Result<void> freeze_view(clickhouse::Client& client, const Databases& databases, const PreparedView& view,
                         const std::string& reason);

}  // namespace freshet::views
