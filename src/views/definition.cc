#include "views/definition.h"

#include <algorithm>
#include <charconv>

#include "base/strings.h"
#include "clickhouse/catalogue.h"
#include "project/names.h"
#include "views/lint.h"
#include "views/source.h"
#include "views/sql_text.h"

namespace freshet::views {
namespace {

using clickhouse::TableInfo;

/// One view file in its own scratch database. Errors of the file go to `errors`; a Result's error is ClickHouse not
/// answering.
class Parser {
 public:
  Parser(const ParseInputs& inputs, const project::View& view) : in_(inputs), view_(view) {}

  Result<void> run() {
    definition_.name = view_.name;
    if (view_.sql.find(kSourceMarker) != std::string::npos) {
      add({}, fmt::format("{} is a word of Freshet's own", kSourceMarker));
      return {};
    }
    RETURN_IF_ERROR(make_stand_ins());
    ASSIGN_OR_RETURN(const bool created, create());
    if (!created) return {};
    ASSIGN_OR_RETURN(const bool read, read_catalogue());
    if (!read || !find_stream()) return {};
    RETURN_IF_ERROR(read_query());
    if (!errors_.empty()) return {};
    ASSIGN_OR_RETURN(const bool drives, send_instants());
    if (!drives) return {};
    RETURN_IF_ERROR(find_bucket());
    if (in_.smoke != nullptr && errors_.empty()) return smoke_test();
    return {};
  }

  std::vector<Error> errors_;
  ViewDefinition definition_;

 private:
  void add(std::string_view name, std::string message) {
    Error error{ErrorCode::kViewInvalid, std::move(message), view_.file, 0, 0};
    locate_name(view_.sql, name, error);
    errors_.push_back(std::move(error));
  }
  /// False: the statement was refused, and the reason is noted.
  Result<bool> settle(const clickhouse::QueryResult<std::string>& answer, std::string_view prefix) {
    if (answer) return true;
    if (answer.error().outcome != clickhouse::Outcome::kRefused) return std::unexpected(answer.error().to_error());
    const Error refused = answer.error().to_error();
    if (refused.code == ErrorCode::kClickHouseAuth) return std::unexpected(refused);
    std::string message = std::string(prefix) + plain_message(answer.error().message, in_.database);
    message += hint(answer.error());
    Error error{ErrorCode::kViewInvalid, std::move(message), view_.file, 0, 0};
    locate_by_message(view_.sql, answer.error().message, error);
    errors_.push_back(std::move(error));
    return false;
  }
  std::string hint(const clickhouse::QueryError& error) const {
    constexpr int kUnknownTable = 60;
    constexpr int kAccessDenied = 497;
    if (error.exception_code == kAccessDenied) {
      return fmt::format(
          "\n(a view may read this project's streams only, by their plain names, and stores its rows itself: no TO, no "
          "database name; "
          "the streams are {})",
          stream_names());
    }
    if (error.exception_code != kUnknownTable) return "";
    for (const project::View& other : in_.project.views) {
      if (other.name != view_.name && error.message.find(other.name) != std::string::npos) {
        return fmt::format("\n({} is a view: views on views are not there yet, read the stream instead)", other.name);
      }
    }
    return fmt::format("\n(the streams of this project are {})", stream_names());
  }
  std::string stream_names() const {
    std::vector<std::string> names;
    for (const project::Stream& stream : in_.project.streams) names.push_back(stream.name);
    return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
  }

  Result<void> make_stand_ins() {
    RETURN_IF_ERROR(
        in_.scratch.execute(fmt::format("CREATE DATABASE {} ENGINE = Atomic", quote_identifier(in_.database))));
    for (const project::Stream& stream : in_.project.streams) {
      std::string columns;
      for (const project::Column& column : stream.columns) {
        columns += fmt::format("{}{} {}", columns.empty() ? "" : ", ", clickhouse::quoted(column.name), column.type);
      }
      RETURN_IF_ERROR(in_.scratch.execute(fmt::format("CREATE TABLE {} ({}) ENGINE = MergeTree ORDER BY tuple()",
                                                      clickhouse::qualified(in_.database, stream.name), columns)));
    }
    return {};
  }

  Result<bool> create() {
    clickhouse::Query query;
    query.sql = view_.sql;
    query.database = in_.database;
    return settle(in_.scratch.run(query), "");
  }

  Result<bool> read_catalogue() {
    ASSIGN_OR_RETURN(const std::vector<TableInfo> tables, clickhouse::tables_of(in_.scratch, in_.database));
    const TableInfo* view = nullptr;
    const std::string what = fmt::format(
        "the file must hold one statement: CREATE MATERIALIZED VIEW {} ENGINE = … ORDER BY … AS SELECT …", view_.name);
    size_t made = 0;
    for (const TableInfo& table : tables) {
      const bool is_stream = std::any_of(in_.project.streams.begin(), in_.project.streams.end(),
                                         [&](const auto& s) { return s.name == table.name; });
      if (is_stream || table.name.starts_with(".inner")) continue;
      ++made;
      if (table.engine == "MaterializedView") view = &table;
    }
    if (view == nullptr || made != 1) {
      add({}, what);
      return false;
    }
    if (view->name != view_.name) {
      add(view->name,
          fmt::format("the view is called '{}' but its file {}: one of them must be renamed", view->name, view_.file));
      return false;
    }
    if (view->create_query.substr(0, view->create_query.find('(')).find(" REFRESH ") != std::string::npos) {
      add("REFRESH", "a view that is refreshed by the clock is not live: leave REFRESH out");
      return false;
    }
    const std::string inner = ".inner_id." + view->uuid;
    const auto storage =
        std::find_if(tables.begin(), tables.end(), [&](const TableInfo& table) { return table.name == inner; });
    if (storage == tables.end()) {
      add("TO", "the view must store its rows itself: write ENGINE = … ORDER BY … instead of TO");
      return false;
    }
    return read_storage(*view, *storage);
  }

  Result<bool> read_storage(const TableInfo& view, const TableInfo& storage) {
    definition_.select = with_marker(view.as_select, in_.database);
    definition_.table_body =
        storage.create_query.substr(std::min(storage.create_query.find('('), storage.create_query.size()));
    StorageShape& shape = definition_.shape;
    shape.engine = storage.engine;
    shape.engine_full = storage.engine_full;
    shape.sorting_key = split_list(storage.sorting_key);
    shape.partition_key = split_list(storage.partition_key);
    ASSIGN_OR_RETURN(shape.columns, clickhouse::columns_of(in_.scratch, in_.database, storage.name));
    return are_readable(shape);
  }

  /// Of the other names a lint can speak later; ClickHouse's own answers about these are not to be trusted.
  bool are_readable(const StorageShape& shape) {
    bool readable = true;
    for (const auto& column : shape.columns) {
      if (!project::is_unreadable_word(column.name)) continue;
      add(column.name,
          fmt::format("column '{}': ClickHouse cannot read this word back where it is in a table's sorting "
                      "key, and would not start again: choose another name",
                      column.name));
      readable = false;
    }
    return readable;
  }

  bool find_stream() {
    const std::vector<std::string> sources = sources_of(definition_.select);
    if (sources.empty()) {
      add("FROM", fmt::format("the view reads no stream of this project: write FROM and one of {}", stream_names()));
      return false;
    }
    if (std::any_of(sources.begin(), sources.end(), [&](const auto& source) { return source != sources[0]; })) {
      add("FROM", "the view reads several streams: a view is fed by one");
      return false;
    }
    definition_.stream = sources[0];
    for (const project::Stream& stream : in_.project.streams) {
      if (stream.name != sources[0]) continue;
      for (const project::Column& column : stream.columns) definition_.source_columns.push_back(column.name);
      return true;
    }
    add(sources[0], fmt::format("there is no stream '{}'; the streams are {}", sources[0], stream_names()));
    return false;
  }

  std::string scratch_select() const {
    const project::Stream* stream = nullptr;
    for (const project::Stream& s : in_.project.streams) stream = s.name == definition_.stream ? &s : stream;
    return with_source(definition_.select, clickhouse::qualified(in_.database, stream->name),
                       definition_.source_columns, "");
  }

  Result<void> read_query() {
    std::vector<std::string> columns;
    for (const auto& column : definition_.shape.columns) columns.push_back(column.name);
    ASSIGN_OR_RETURN(const auto described, in_.scratch.rows("DESCRIBE TABLE (" + scratch_select() + ")"));
    std::vector<std::string> outputs;
    for (const auto& row : described) outputs.push_back(row[0]);
    for (const std::string& column : columns) {
      if (std::find(outputs.begin(), outputs.end(), column) == outputs.end())
        add(column, fmt::format("no column of the SELECT is called '{}'", column));
    }
    for (const std::string& output : outputs) {
      if (std::find(columns.begin(), columns.end(), output) == columns.end())
        add(output, fmt::format("the view's table has no column '{}'", output));
    }
    // The explained query reads the stand-in itself: that is what the counts of reads go by.
    std::string select = definition_.select;
    const std::string marker = std::string(kSourceMarker) + ".";
    for (size_t at = select.find(marker); at != select.npos; at = select.find(marker, at))
      select.replace(at, marker.size(), in_.database + ".");
    clickhouse::Query query;
    query.sql = "EXPLAIN json = 1, actions = 1 " + select + " FORMAT TSVRaw";
    query.settings = {{"query_plan_enable_optimizations", "0"}, {"optimize_trivial_count_query", "0"}};
    const auto explained = in_.scratch.run(query);
    if (!explained) return std::unexpected(explained.error().to_error());
    ASSIGN_OR_RETURN(const PlanFacts plan, read_plan(*explained, columns));
    for (Finding& finding : lint(definition_.shape, plan, definition_.select, sources_of(definition_.select))) {
      add(finding.name, std::move(finding.message));
    }
    return {};
  }

  /// Rows whose times are 100 ms, a minute and an hour apart go through the view: its bucket's width shows, and what
  /// fails for any value at all (a TTL of the wrong type, throwIf) is found.
  Result<bool> send_instants() {
    const auto stream = std::find_if(in_.project.streams.begin(), in_.project.streams.end(),
                                     [&](const auto& s) { return s.name == definition_.stream; });
    std::string names;
    std::string values;
    for (const project::Column& column : stream->columns) {
      if (!is_time_type(column.type)) continue;
      names += (names.empty() ? "" : ", ") + clickhouse::quoted(column.name);
      values += std::string(values.empty() ? "" : ", ") + "fromUnixTimestamp64Milli(instant, 'UTC')";
    }
    clickhouse::Query query;
    query.settings = {
        {"async_insert", "0"}, {"max_partitions_per_insert_block", "0"}, {"materialized_views_ignore_errors", "0"}};
    const std::string table = clickhouse::qualified(in_.database, stream->name);
    query.sql = names.empty() ? fmt::format("INSERT INTO {} ({}) VALUES (DEFAULT)", table,
                                            clickhouse::quoted(stream->columns[0].name))
                              : fmt::format(
                                    "INSERT INTO {} ({}) SELECT {} FROM (SELECT arrayJoin(arrayConcat("
                                    "arrayMap(i -> toInt64(1704067200000 + i * 100), range(1200)), "
                                    "arrayMap(i -> toInt64(1704067200000 + i * 60000), range(2880)), "
                                    "arrayMap(i -> toInt64(1704067200000 + i * 3600000), range(1488)))) AS instant)",
                                    table, names, values);
    return settle(in_.scratch.run(query), "an event with ordinary values makes the view fail: ");
  }

  Result<void> find_bucket() {
    Result<BucketComment> comment = read_bucket_comment(view_.sql);
    if (!comment) {
      comment.error().file = view_.file;
      errors_.push_back(std::move(comment).error());
      return {};
    }
    const auto& columns = definition_.shape.columns;
    const auto is_time = [&](const std::string& name) {
      return std::any_of(columns.begin(), columns.end(),
                         [&](const auto& c) { return c.name == name && is_time_type(c.type); });
    };
    if (!comment->column.empty()) {
      if (!is_time(comment->column)) {
        errors_.push_back({ErrorCode::kViewInvalid,
                           fmt::format("bucket '{}' is not a Date or DateTime column of the view", comment->column),
                           view_.file, 1, 1});
      }
      definition_.bucket_column = comment->column;
      definition_.bucket_width_s = comment->width_s;
      return {};
    }
    const auto& key = definition_.shape.sorting_key;
    const auto found = std::find_if(key.begin(), key.end(), is_time);
    if (found == key.end()) return {};
    definition_.bucket_column = *found;
    const Result<std::vector<std::vector<std::string>>> rows = in_.scratch.rows(
        fmt::format("SELECT DISTINCT toUnixTimestamp64Milli(toDateTime64({}, 3, 'UTC')) AS v FROM ({}) ORDER BY v",
                    clickhouse::quoted(*found), scratch_select()));
    if (!rows) return {};  // a Nullable bucket, say: never settled
    std::vector<int64_t> buckets;
    for (const auto& row : *rows) {
      int64_t value = 0;
      std::from_chars(row[0].data(), row[0].data() + row[0].size(), value);
      buckets.push_back(value);
    }
    definition_.bucket_width_s = width_of_buckets(buckets);
    return {};
  }

  Result<void> smoke_test() {
    std::string columns;
    for (const std::string& column : definition_.source_columns)
      columns += (columns.empty() ? "" : ", ") + clickhouse::quoted(column);
    clickhouse::Query query;
    query.settings = {
        {"async_insert", "0"}, {"max_partitions_per_insert_block", "0"}, {"materialized_views_ignore_errors", "0"}};
    query.sql = fmt::format("INSERT INTO {} ({}) SELECT {} FROM {} ORDER BY _offset DESC LIMIT 10000",
                            clickhouse::qualified(in_.database, definition_.stream), columns, columns,
                            clickhouse::qualified(in_.project.name, definition_.stream));
    RETURN_IF_ERROR(settle(in_.smoke->run(query), "an event that is stored already makes the view fail: "));
    return {};
  }

  const ParseInputs& in_;
  const project::View& view_;
};

}  // namespace

std::expected<ViewDefinition, std::vector<Error>> parse_view(const ParseInputs& inputs, const project::View& view) {
  Parser parser(inputs, view);
  const Result<void> done = parser.run();
  const auto dropped =
      inputs.scratch.execute(fmt::format("DROP DATABASE IF EXISTS {} SYNC", quote_identifier(inputs.database)));
  if (!done) return std::unexpected(std::vector<Error>{done.error()});
  if (!parser.errors_.empty()) return std::unexpected(std::move(parser.errors_));
  if (!dropped) return std::unexpected(std::vector<Error>{dropped.error()});
  return std::move(parser.definition_);
}

}  // namespace freshet::views
