#pragma once

#include <string>

#include "clickhouse/client.h"
#include "views/registry.h"
#include "views/views.h"

/// Making and dropping one version of a view. The registry is written first and last: what a crash leaves behind is
/// known.
namespace freshet::views {

/// Registers `record` as creating, makes storage, backfill, trigger and plain view, registers it as live. Drops
/// half-made objects of the same version first. `record.version` and `.revision` are set by the caller.
Result<PreparedView> make_version(clickhouse::Client& client, const Databases& databases, RegisteredView record,
                                  const ViewDefinition& definition, uint64_t rows_per_chunk);

/// Drops trigger and storage (in this order, each SYNC: inserts under way are waited for) and registers it as dropped.
Result<void> drop_version(clickhouse::Client& client, const Databases& databases, RegisteredView record,
                          const std::string& reason);

/// CREATE OR REPLACE VIEW: readers see the old or the new one, never none.
Result<void> show(clickhouse::Client& client, const Databases& databases, const ViewDefinition& definition,
                  const std::string& storage);

PreparedView prepared(const RegisteredView& record, const ViewDefinition& definition);

}  // namespace freshet::views
