#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "clickhouse/client.h"
#include "views/definition.h"

/// The table `views` of the book-keeping database: one row a view and version, replaced by its next revision.
namespace freshet::views {

namespace state {
inline constexpr const char* kCreating = "creating";  ///< its objects may be half made: they are dropped and made again
inline constexpr const char* kLive = "live";
inline constexpr const char* kFrozen =
    "frozen";  ///< its trigger was taken away because it failed; its rows stay readable
inline constexpr const char* kDropped = "dropped";
}  // namespace state

struct RegisteredView {
  std::string name;
  uint32_t version = 0;
  uint64_t revision = 0;
  std::string state;
  std::string stream;
  std::string select;
  std::string table_body;

  std::string storage() const;  ///< NAME__v1
  std::string trigger() const;  ///< NAME__v1_mv
};

/// The last revision of every version of every view, also of dropped ones; by name and version.
Result<std::vector<RegisteredView>> load_registry(clickhouse::Client& client, const std::string& book_database);

/// Writes the next revision of `view` with the state that it carries; `definition` fills the columns that people read.
Result<void> save_registered(clickhouse::Client& client, const std::string& book_database, RegisteredView& view,
                             const ViewDefinition* definition, const std::string& reason = {});

}  // namespace freshet::views
