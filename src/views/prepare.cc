#include <algorithm>
#include <map>

#include "base/log_line.h"
#include "base/strings.h"
#include "clickhouse/catalogue.h"
#include "views/registry.h"
#include "views/versions.h"
#include "views/views.h"

namespace freshet::views {
namespace {

/// A view's versions in the registry, and its file.
struct Known {
  const project::View* file = nullptr;
  std::vector<RegisteredView> versions;  ///< ascending

  RegisteredView* current() {
    for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
      if (version->state == state::kLive || version->state == state::kFrozen) return &*version;
    }
    return nullptr;
  }
  /// The record that the next make_version goes on with.
  RegisteredView next(const std::string& name) {
    const RegisteredView* last = current();
    const uint32_t version = last == nullptr ? 1 : last->version + 1;
    for (const RegisteredView& record : versions) {
      if (record.version == version) return record;
    }
    RegisteredView record;
    record.name = name;
    record.version = version;
    return record;
  }
};

class Preparation {
 public:
  explicit Preparation(const PrepareInputs& inputs)
      : in_(inputs), databases_{inputs.project.name, inputs.project.book_database()} {}

  Result<void> run() {
    RETURN_IF_ERROR(drop_scratch_databases());
    RETURN_IF_ERROR(load());
    RETURN_IF_ERROR(tidy_up());
    check_removed();
    RETURN_IF_ERROR(check_files());
    if (!errors_.empty()) return {};
    return make();
  }
  std::vector<Error> take_errors() { return std::move(errors_); }
  std::vector<PreparedView> take() { return std::move(prepared_); }

 private:
  void add(const Known& view, ErrorCode code, std::string message) {
    errors_.push_back({code, std::move(message), view.file->file, 0, 0});
  }

  Result<void> drop_scratch_databases() {
    ASSIGN_OR_RETURN(const auto rows,
                     in_.client.rows("SELECT name FROM system.databases WHERE startsWith(name, 'fr_scratch_')"));
    for (const auto& row : rows) {
      RETURN_IF_ERROR(in_.client.execute(fmt::format("DROP DATABASE IF EXISTS {} SYNC", quote_identifier(row[0]))));
    }
    return {};
  }

  Result<void> load() {
    ASSIGN_OR_RETURN(auto records, load_registry(in_.client, databases_.book_database));
    for (RegisteredView& record : records) known_[record.name].versions.push_back(std::move(record));
    for (const project::View& file : in_.project.views) known_[file.name].file = &file;
    return read_tables();
  }
  Result<void> read_tables() {
    ASSIGN_OR_RETURN(const auto tables, clickhouse::tables_of(in_.client, databases_.database));
    tables_.clear();
    for (const auto& table : tables) tables_[table.name] = table.engine;
    return {};
  }

  /// What a crash left: a version that was being made, an old one beside its successor.
  Result<void> tidy_up() {
    for (auto& [name, view] : known_) {
      const RegisteredView* current = view.current();
      for (RegisteredView& record : view.versions) {
        if (record.state == state::kDropped || &record == current) continue;
        RETURN_IF_ERROR(drop_version(in_.client, databases_, record,
                                     record.state == state::kCreating ? "was not finished" : "was replaced"));
        record.state = state::kDropped;
        ++record.revision;
      }
    }
    return read_tables();
  }

  void check_removed() {
    for (auto& [name, view] : known_) {
      if (view.file != nullptr || view.current() == nullptr) continue;
      errors_.push_back(
          {ErrorCode::kViewRemoved,
           fmt::format("the view '{}' is in use but its file is gone: put it back; removing a view is not there yet",
                       name),
           "views/" + name + ".sql", 0, 0});
    }
  }

  Result<void> check_files() {
    int number = 0;
    for (auto& [name, view] : known_) {
      if (view.file == nullptr) continue;
      const RegisteredView* current = view.current();
      const ParseInputs inputs{in_.scratch, in_.project, fmt::format("fr_scratch_{}_{}", in_.nonce, ++number),
                               current == nullptr ? &in_.client : nullptr};
      auto definition = parse_view(inputs, *view.file);
      if (!definition) {
        errors_.insert(errors_.end(), definition.error().begin(), definition.error().end());
        continue;
      }
      check_unchanged(view, *definition);
      check_names(view, *definition);
      definitions_.emplace(name, std::move(*definition));
    }
    return {};
  }

  void check_unchanged(Known& view, const ViewDefinition& definition) {
    const RegisteredView* current = view.current();
    if (current == nullptr) return;
    const bool same_select = current->select == definition.select;
    if (same_select && current->table_body == definition.table_body) return;
    add(view, ErrorCode::kViewChanged,
        fmt::format("the {} of the view '{}' is not the one that is in use; changing a view is not there yet: put the "
                    "file back as it was, or write the new "
                    "statement under another name, as views/{}_2.sql: it is filled from the stored events. In use: {}",
                    same_select ? "table" : "SELECT", definition.name, definition.name,
                    same_select ? current->table_body : current->select));
  }

  /// Tables that are in the way and that Freshet did not make.
  void check_names(Known& view, const ViewDefinition& definition) {
    const auto plain = tables_.find(definition.name);
    if (plain != tables_.end() && plain->second != "View") {
      add(view, ErrorCode::kViewInvalid,
          fmt::format("a table {}.{} is there already, and Freshet did not make it: rename it, or this view",
                      databases_.database, definition.name));
    }
    if (view.current() != nullptr) return;
    const RegisteredView next = view.next(definition.name);
    for (const std::string& table : {next.storage(), next.trigger()}) {
      if (!tables_.contains(table) || next.revision > 0) continue;
      add(view, ErrorCode::kViewInvalid,
          fmt::format("a table {}.{} is there already, and {}.views does not know it: rename or drop it",
                      databases_.database, table, databases_.book_database));
    }
  }

  Result<void> make() {
    for (auto& [name, definition] : definitions_) {
      Known& view = known_[name];
      const RegisteredView* current = view.current();
      const bool stopped = in_.stopped_streams.contains(definition.stream);
      if (current == nullptr && stopped) {
        log_warn("views", "view {} is made at the next start, when stream {} is not stopped", name, definition.stream);
        continue;
      }
      if (current == nullptr) {
        log_info("views", "view {} is made and filled from {}", name, definition.stream);
        ASSIGN_OR_RETURN(PreparedView made, make_version(in_.client, databases_, view.next(name), definition,
                                                         in_.backfill_rows_per_chunk));
        prepared_.push_back(std::move(made));
        continue;
      }
      const bool whole = current->state == state::kLive && tables_.contains(current->storage()) &&
                         tables_.contains(current->trigger());
      PreparedView in_use = prepared(*current, definition);
      if (whole) {
        RETURN_IF_ERROR(show(in_.client, databases_, definition, in_use.storage));
      } else if (stopped) {
        in_use.frozen = fmt::format("stream {} has stopped; it is built again at the next start", definition.stream);
      } else {
        log_warn("views", "view {} is built again from {}: {}", name, definition.stream,
                 current->state == state::kFrozen ? "it was frozen after an error" : "its storage or trigger is gone");
        ASSIGN_OR_RETURN(in_use, rebuild_or_freeze(view, *current, definition));
      }
      prepared_.push_back(std::move(in_use));
    }
    return {};
  }

  Result<PreparedView> rebuild(Known& view, const RegisteredView& current, const ViewDefinition& definition) {
    ASSIGN_OR_RETURN(PreparedView made, make_version(in_.client, databases_, view.next(definition.name), definition,
                                                     in_.backfill_rows_per_chunk));
    RETURN_IF_ERROR(drop_version(in_.client, databases_, current, "was built again"));
    return made;
  }

  /// One view that ClickHouse refuses to fill, for the rows it already holds, does not stop the rest: what it shows
  /// stays.
  Result<PreparedView> rebuild_or_freeze(Known& view, const RegisteredView& current, const ViewDefinition& definition) {
    auto made = rebuild(view, current, definition);
    if (made || made.error().code != ErrorCode::kClickHouse || !tables_.contains(current.storage())) return made;
    const std::string trigger = clickhouse::qualified(databases_.database, view.next(definition.name).trigger());
    RETURN_IF_ERROR(in_.client.execute("DROP TABLE IF EXISTS " + trigger + " SYNC"));
    RETURN_IF_ERROR(show(in_.client, databases_, definition, current.storage()));
    PreparedView frozen = prepared(current, definition);
    frozen.frozen = made.error().message;
    log_error("views", "view {} cannot be built again and stays frozen: {}", definition.name, frozen.frozen);
    RETURN_IF_ERROR(freeze_view(in_.client, databases_, frozen, frozen.frozen));
    return frozen;
  }

  const PrepareInputs& in_;
  const Databases databases_;
  std::map<std::string, Known> known_;
  std::map<std::string, std::string> tables_;  ///< name to engine
  std::map<std::string, ViewDefinition> definitions_;
  std::vector<Error> errors_;
  std::vector<PreparedView> prepared_;
};

}  // namespace

std::expected<void, std::vector<Error>> prepare_streams(const PrepareInputs& inputs) {
  if (const auto made = clickhouse::ensure_book(inputs.client, inputs.project.book_database()); !made) {
    return std::unexpected(std::vector<Error>{made.error()});
  }
  std::vector<Error> errors;
  int number = 0;
  for (const project::Stream& stream : inputs.project.streams) {
    clickhouse::RawTable table{inputs.project.name, stream.name, {}, stream.order_by, stream.partition_by};
    for (const project::Column& column : stream.columns) table.columns.push_back({column.name, column.type});
    auto made =
        clickhouse::ensure_raw_table(inputs.client, table, fmt::format("fr_scratch_{}_s{}", inputs.nonce, ++number));
    if (made) continue;
    if (made.error().code == ErrorCode::kStreamChanged || made.error().code == ErrorCode::kClickHouse)
      made.error().file = stream.file;
    errors.push_back(std::move(made).error());
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return {};
}

std::expected<std::vector<PreparedView>, std::vector<Error>> prepare_views(const PrepareInputs& inputs) {
  Preparation preparation(inputs);
  const Result<void> done = preparation.run();
  std::vector<Error> errors = preparation.take_errors();
  if (!done) errors.push_back(done.error());
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return preparation.take();
}

}  // namespace freshet::views
