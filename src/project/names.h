#pragma once

#include <optional>
#include <string>
#include <string_view>

/// What names may be, in the project folder and therefore in ClickHouse.
namespace freshet::project {

/// A letter, then letters, digits and underscores; ASCII.
bool is_identifier(std::string_view name);

/// `not`, `true`, `false`, `inf`, `nan`, `infinity`, in any case: as columns of a sorting key they keep ClickHouse from
/// starting again. With a dot in front or behind they are harmless.
bool is_unreadable_word(std::string_view name);

/// Why `name` cannot name a project, a stream or a view, as the rest of a sentence; nothing when it can.
/// `__` is kept for Freshet's own tables (`events_minute__v1`), a leading `_` for its columns.
std::optional<std::string> name_fault(std::string_view name);
/// The same for a column: identifiers, joined by dots for fields of nested objects.
std::optional<std::string> column_name_fault(std::string_view name);
/// The same for a Kafka topic.
std::optional<std::string> topic_name_fault(std::string_view name);

/// The nearest allowed name: "my-project" becomes "my_project"; "project" where nothing is left.
std::string sanitized_name(std::string_view text);

}  // namespace freshet::project
