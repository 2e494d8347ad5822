#include <algorithm>

#include "clickhouse/ddl.h"
#include "views/registry.h"
#include "views/versions.h"
#include "views/views.h"

namespace freshet::views {
namespace {

struct Records {
  RegisteredView current;
  RegisteredView next;
};

Result<Records> records_of(clickhouse::Client& client, const Databases& databases, const PreparedView& view) {
  ASSIGN_OR_RETURN(const auto all, load_registry(client, databases.book_database));
  Records records;
  records.next.name = view.name;
  records.next.version = view.version + 1;
  for (const RegisteredView& record : all) {
    if (record.name != view.name) continue;
    if (record.version == view.version) records.current = record;
    if (record.version == records.next.version) records.next = record;
  }
  const std::string& found = records.current.state;
  if (found == state::kLive || found == state::kFrozen) return records;
  return fail(ErrorCode::kViewFailing, "version {} of the view '{}' is not in use (its state is '{}')", view.version,
              view.name, found);
}

}  // namespace

Result<PreparedView> rebuild_view(clickhouse::Client& client, const Databases& databases, const PreparedView& view) {
  ASSIGN_OR_RETURN(const Records records, records_of(client, databases, view));
  constexpr uint64_t kRowsPerChunk = 1'000'000;
  auto made = make_version(client, databases, records.next, view.definition, kRowsPerChunk);
  if (!made) {
    // The unfinished version must neither take part in later inserts nor be shown.
    const std::string trigger = clickhouse::qualified(databases.database, records.next.trigger());
    RETURN_IF_ERROR(client.execute("DROP TABLE IF EXISTS " + trigger + " SYNC"));
    RETURN_IF_ERROR(show(client, databases, view.definition, view.storage));
    return made;
  }
  RETURN_IF_ERROR(drop_version(client, databases, records.current, "was built again"));
  return made;
}

Result<void> freeze_view(clickhouse::Client& client, const Databases& databases, const PreparedView& view,
                         const std::string& reason) {
  RETURN_IF_ERROR(client.execute(
      fmt::format("DROP TABLE IF EXISTS {} SYNC", clickhouse::qualified(databases.database, view.trigger))));
  ASSIGN_OR_RETURN(Records records, records_of(client, databases, view));
  if (records.current.state == state::kFrozen) return {};
  records.current.state = state::kFrozen;
  return save_registered(client, databases.book_database, records.current, &view.definition, reason);
}

}  // namespace freshet::views
