#include "project/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/strings.h"

namespace freshet::project {
namespace {

constexpr size_t kMaxName = 64;
constexpr size_t kMaxTopic = 249;  // Kafka's own limit

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// ClickHouse writes a column `not` into a table's metadata without quotes where it is the sorting key, and cannot read
/// it when it starts again: no table of the project opens any more. (A NULL it quotes.)
constexpr const char* kUnreadableFault =
    "is a word that ClickHouse cannot read back where it is in a table's sorting key: choose another name";

std::string suggestion(std::string_view name) { return fmt::format("; write for example '{}'", sanitized_name(name)); }

}  // namespace

bool is_identifier(std::string_view name) {
  return !name.empty() && (is_letter(name[0]) || name[0] == '_') && std::all_of(name.begin(), name.end(), is_word);
}

bool is_unreadable_word(std::string_view name) {
  constexpr std::array<std::string_view, 6> kWords = {"not", "true", "false", "inf", "nan", "infinity"};
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::find(kWords, lower) != kWords.end();
}

std::optional<std::string> name_fault(std::string_view name) {
  if (name.empty()) return "is empty";
  if (is_unreadable_word(name)) return kUnreadableFault + suggestion(name);
  if (name.size() > kMaxName) return fmt::format("is longer than {} characters", kMaxName);
  if (name[0] == '_') return "begins with '_', which is kept for Freshet's own columns" + suggestion(name);
  if (!is_identifier(name)) return "is not an identifier (a letter, then letters, digits and '_')" + suggestion(name);
  if (name.find("__") != name.npos) return "contains '__', which is kept for Freshet's own tables" + suggestion(name);
  return std::nullopt;
}

std::optional<std::string> column_name_fault(std::string_view name) {
  if (name.empty()) return "is empty";
  if (is_unreadable_word(name)) return kUnreadableFault;
  if (name.size() > 2 * kMaxName) return fmt::format("is longer than {} characters", 2 * kMaxName);
  if (name[0] == '_')
    return "begins with '_', which is kept for Freshet's own columns (_offset, _timestamp, …); leave the '_' out";
  for (const std::string_view part : split(name, '.')) {
    if (!is_identifier(part)) {
      return "is not an identifier (a letter, then letters, digits and '_'; dots between them for fields of nested "
             "objects)";
    }
  }
  return std::nullopt;
}

std::optional<std::string> topic_name_fault(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name.size() > kMaxTopic) return fmt::format("is longer than {} characters", kMaxTopic);
  if (name == "." || name == "..") return "is kept by Kafka";
  if (name.starts_with("__")) return "begins with '__', which is kept for internal topics";
  const auto allowed = [](char c) { return is_word(c) || c == '.' || c == '-'; };
  if (!std::all_of(name.begin(), name.end(), allowed))
    return "may hold letters, digits, '.', '_' and '-' only, as in Kafka";
  return std::nullopt;
}

std::string sanitized_name(std::string_view text) {
  std::string name;
  for (const char c : text.substr(0, kMaxName)) {
    const char next = is_word(c) ? c : '_';
    if (next == '_' && (name.empty() || name.back() == '_')) continue;
    if (name.empty() && !is_letter(next)) name += "p_";
    name += next;
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  if (name.size() > kMaxName) name.resize(kMaxName);
  if (is_unreadable_word(name)) name = "p_" + name;
  return name.empty() ? "project" : name;
}

}  // namespace freshet::project
