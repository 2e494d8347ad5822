#include "views/registry.h"

#include <charconv>

#include "base/strings.h"
#include "clickhouse/ddl.h"

namespace freshet::views {
namespace {

template <class T>
T number(const std::string& text) {
  T value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string literal_list(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() == 1 ? "" : ", ") + quote_literal(text);
  return out + "]";
}

}  // namespace

std::string RegisteredView::storage() const { return fmt::format("{}__v{}", name, version); }
std::string RegisteredView::trigger() const { return storage() + "_mv"; }

Result<std::vector<RegisteredView>> load_registry(clickhouse::Client& client, const std::string& book_database) {
  ASSIGN_OR_RETURN(
      const auto rows,
      client.rows(fmt::format("SELECT name, version, revision, state, stream, select, table_body FROM {} FINAL "
                              "ORDER BY name, version",
                              clickhouse::qualified(book_database, "views"))));
  std::vector<RegisteredView> views;
  for (const auto& row : rows) {
    if (row.size() < 7) return fail(ErrorCode::kClickHouse, "the table of views answered with {} columns", row.size());
    views.push_back({row[0], number<uint32_t>(row[1]), number<uint64_t>(row[2]), row[3], row[4], row[5], row[6]});
  }
  return views;
}

Result<void> save_registered(clickhouse::Client& client, const std::string& book_database, RegisteredView& view,
                             const ViewDefinition* definition, const std::string& reason) {
  ++view.revision;
  std::string columns = "[]";
  if (definition != nullptr) {
    columns = "[";
    for (const auto& column : definition->shape.columns) {
      columns += fmt::format("{}({}, {})", columns.size() == 1 ? "" : ", ", quote_literal(column.name),
                             quote_literal(column.type));
    }
    columns += "]";
  }
  clickhouse::Query query;
  query.sql = fmt::format(
      "INSERT INTO {} (name, version, revision, state, stream, storage, trigger, select, table_body, engine_full, "
      "columns, "
      "source_columns, sorting_key, bucket_column, bucket_width_s, reason) VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, "
      "{}, {}, {}, {}, {}, {}, {})",
      clickhouse::qualified(book_database, "views"), quote_literal(view.name), view.version, view.revision,
      quote_literal(view.state), quote_literal(view.stream), quote_literal(view.storage()),
      quote_literal(view.trigger()), quote_literal(view.select), quote_literal(view.table_body),
      quote_literal(definition ? definition->shape.engine_full : ""), columns,
      literal_list(definition ? definition->source_columns : std::vector<std::string>{}),
      literal_list(definition ? definition->shape.sorting_key : std::vector<std::string>{}),
      quote_literal(definition ? definition->bucket_column : ""), definition ? definition->bucket_width_s : 0,
      quote_literal(reason));
  query.settings = {{"async_insert", "0"}, {"deduplicate_insert", "disable"}};
  const auto answer = client.run(query);
  if (!answer) return std::unexpected(answer.error().to_error());
  return {};
}

}  // namespace freshet::views
