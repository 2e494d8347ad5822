#include "views/versions.h"

#include <algorithm>

#include "clickhouse/ddl.h"
#include "views/backfill.h"
#include "views/finalize.h"
#include "views/source.h"

namespace freshet::views {
namespace {

Result<void> drop_objects(clickhouse::Client& client, const Databases& databases, const RegisteredView& record) {
  for (const std::string& table : {record.trigger(), record.storage()}) {
    RETURN_IF_ERROR(
        client.execute(fmt::format("DROP TABLE IF EXISTS {} SYNC", clickhouse::qualified(databases.database, table))));
  }
  return {};
}

std::string trigger_statement(const Databases& databases, const RegisteredView& record,
                              const ViewDefinition& definition) {
  const std::string raw = clickhouse::qualified(databases.database, definition.stream);
  return fmt::format("CREATE MATERIALIZED VIEW {} TO {} AS {}",
                     clickhouse::qualified(databases.database, record.trigger()),
                     clickhouse::qualified(databases.database, record.storage()),
                     with_source(definition.select, raw, definition.source_columns, ""));
}

}  // namespace

PreparedView prepared(const RegisteredView& record, const ViewDefinition& definition) {
  return {record.name, record.version, record.storage(), record.trigger(), {}, definition};
}

Result<void> show(clickhouse::Client& client, const Databases& databases, const ViewDefinition& definition,
                  const std::string& storage) {
  const std::string select = finalizing_select(definition.shape, clickhouse::qualified(databases.database, storage));
  RETURN_IF_ERROR(client.execute(fmt::format("CREATE OR REPLACE VIEW {} AS {}",
                                             clickhouse::qualified(databases.database, definition.name), select)));
  return {};
}

Result<PreparedView> make_version(clickhouse::Client& client, const Databases& databases, RegisteredView record,
                                  const ViewDefinition& definition, uint64_t rows_per_chunk) {
  record.state = state::kCreating;
  record.stream = definition.stream;
  record.select = definition.select;
  record.table_body = definition.table_body;
  RETURN_IF_ERROR(save_registered(client, databases.book_database, record, &definition));
  RETURN_IF_ERROR(drop_objects(client, databases, record));
  RETURN_IF_ERROR(
      client.execute(fmt::format("CREATE TABLE {} {}", clickhouse::qualified(databases.database, record.storage()),
                                 clickhouse::with_deduplication_window(definition.table_body))));
  RETURN_IF_ERROR(backfill(client, definition, {databases.database, record.storage(), rows_per_chunk}));
  RETURN_IF_ERROR(client.execute(trigger_statement(databases, record, definition)));
  RETURN_IF_ERROR(show(client, databases, definition, record.storage()));
  record.state = state::kLive;
  RETURN_IF_ERROR(save_registered(client, databases.book_database, record, &definition));
  return prepared(record, definition);
}

Result<void> drop_version(clickhouse::Client& client, const Databases& databases, RegisteredView record,
                          const std::string& reason) {
  RETURN_IF_ERROR(drop_objects(client, databases, record));
  record.state = state::kDropped;
  return save_registered(client, databases.book_database, record, nullptr, reason);
}

}  // namespace freshet::views
