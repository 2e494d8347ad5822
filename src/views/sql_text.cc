#include "views/sql_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>

#include "base/strings.h"

namespace freshet::views {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string_view unwrapped(std::string_view type, std::string_view wrapper) {
  if (!type.starts_with(wrapper) || !type.ends_with(')')) return type;
  return type.substr(wrapper.size(), type.size() - wrapper.size() - 1);
}

/// `sql` with comments blanked out: the same places, nothing to find in them.
std::string without_comments(std::string_view sql) {
  std::string out(sql);
  for (size_t i = 0; i + 1 < out.size(); ++i) {
    if (out[i] == '\'') {
      for (++i; i < out.size() && out[i] != '\''; ++i) {
        if (out[i] == '\\') ++i;
      }
    } else if (out[i] == '-' && out[i + 1] == '-') {
      while (i < out.size() && out[i] != '\n') out[i++] = ' ';
    } else if (out[i] == '/' && out[i + 1] == '*') {
      const size_t end = std::min(out.find("*/", i), out.size() - 2) + 2;
      for (; i < end; ++i) out[i] = out[i] == '\n' ? '\n' : ' ';
    }
  }
  return out;
}

/// "(a, f(b))" → "a, f(b)"; "(a), (b)" stays.
std::string_view without_outer_parentheses(std::string_view text) {
  text = trim(text);
  while (text.size() >= 2 && text.front() == '(') {
    int depth = 0;
    size_t end = 0;
    for (; end < text.size(); ++end) {
      depth += text[end] == '(' ? 1 : text[end] == ')' ? -1 : 0;
      if (depth == 0) break;
    }
    if (end + 1 != text.size()) break;
    text = trim(text.substr(1, text.size() - 2));
  }
  return text;
}

void set_place(std::string_view sql, size_t at, Error& error) {
  const std::string_view before = sql.substr(0, at);
  const size_t line_start = before.rfind('\n') == before.npos ? 0 : before.rfind('\n') + 1;
  error.line = 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
  error.column = 1 + static_cast<int>(at - line_start);
}

int number_after(std::string_view text, std::string_view label) {
  const size_t at = text.find(label);
  int value = 0;
  if (at != text.npos) std::from_chars(text.data() + at + label.size(), text.data() + text.size(), value);
  return value;
}

}  // namespace

std::vector<std::string> split_list(std::string_view text) {
  text = without_outer_parentheses(text);
  std::vector<std::string> parts;
  std::string part;
  int depth = 0;
  const auto finish = [&] {
    std::string_view item = trim(part);
    if (item.size() >= 2 && item.front() == '`' && item.find('`', 1) == item.size() - 1)
      item = item.substr(1, item.size() - 2);
    if (!item.empty()) parts.emplace_back(item);
    part.clear();
  };
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == '\\' && i + 1 < text.size())
        part += text[i++];
      else if (c == quote)
        quote = 0;
    } else if (c == '\'' || c == '`' || c == '"') {
      quote = c;
    } else if (c == '(' || c == '[') {
      ++depth;
    } else if (c == ')' || c == ']') {
      --depth;
    } else if (c == ',' && depth == 0) {
      finish();
      continue;
    }
    part += text[i];
  }
  finish();
  return parts;
}

std::string_view bare_type(std::string_view type) { return unwrapped(unwrapped(type, "LowCardinality("), "Nullable("); }

bool is_time_type(std::string_view type) { return bare_type(type).starts_with("Date"); }

bool is_numeric_type(std::string_view type) {
  const std::string_view bare = bare_type(type);
  return bare.starts_with("Int") ? !bare.starts_with("Interval")
                                 : bare.starts_with("UInt") || bare.starts_with("Float") ||
                                       bare.starts_with("BFloat") || bare.starts_with("Decimal") || bare == "Bool";
}

bool is_narrow_type(std::string_view type) {
  const std::string_view bare = bare_type(type);
  if (bare.starts_with("Decimal(")) return number_after(bare, "Decimal(") <= 9;
  constexpr std::array<std::string_view, 9> kNarrow = {"Int8",   "Int16",   "Int32",    "UInt8", "UInt16",
                                                       "UInt32", "Float32", "BFloat16", "Bool"};
  return std::find(kNarrow.begin(), kNarrow.end(), bare) != kNarrow.end();
}

bool parse_aggregate_type(std::string_view type, AggregateType& out) {
  out.simple = type.starts_with("SimpleAggregateFunction(");
  if (!out.simple && !type.starts_with("AggregateFunction(")) return false;
  const std::vector<std::string> parts = split_list(type.substr(type.find('(') + 1, type.size() - type.find('(') - 2));
  // AggregateFunction(1, sumMap, …): a version number may come first.
  const bool has_version =
      parts.size() > 1 && std::all_of(parts[0].begin(), parts[0].end(), [](char c) { return c >= '0' && c <= '9'; });
  if (parts.size() <= (has_version ? 1u : 0u)) return false;
  const std::string& function = parts[has_version ? 1 : 0];
  const size_t paren = function.find('(');
  out.function = function.substr(0, paren);
  out.parameters = paren == std::string::npos ? "" : function.substr(paren);
  return true;
}

std::string plain_message(std::string_view message, std::string_view scratch_database) {
  constexpr std::string_view kException = "DB::Exception: ";
  if (message.starts_with("Code: ")) {
    if (const size_t at = message.find(kException); at != message.npos) message.remove_prefix(at + kException.size());
  }
  if (const size_t at = message.rfind(" (version "); at != message.npos) message = message.substr(0, at);
  std::string out(trim(message));
  const std::string scratch = std::string(scratch_database) + ".";
  for (const std::string& name : {scratch, std::string(scratch_database)}) {
    if (name.size() < 2) continue;
    for (size_t at = out.find(name); at != out.npos; at = out.find(name, at)) out.erase(at, name.size());
  }
  return out;
}

void locate_by_message(std::string_view sql, std::string_view message, Error& error) {
  error.line = number_after(message, "(line ");
  error.column = number_after(message, ", col ");
  if (error.line > 0) return;
  const size_t open = message.find('`');
  if (open == message.npos) return;
  const size_t close = message.find('`', open + 1);
  if (close == message.npos) return;
  std::string_view name = message.substr(open + 1, close - open - 1);
  if (const size_t dot = name.rfind('.'); dot != name.npos) name.remove_prefix(dot + 1);
  locate_name(sql, name, error);
}

void locate_name(std::string_view sql, std::string_view name, Error& error) {
  if (name.empty()) return;
  const std::string text = without_comments(sql);
  size_t best = std::string::npos;
  for (size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
    const bool whole =
        (at == 0 || !is_word(text[at - 1])) && (at + name.size() >= text.size() || !is_word(text[at + name.size()]));
    if (!whole) continue;
    if (best == std::string::npos) best = at;
    const std::string_view before = trim(std::string_view(text).substr(0, at));
    if (before.ends_with(" AS") || before.ends_with(" as")) {
      best = at;
      break;
    }
  }
  if (best != std::string::npos) set_place(sql, best, error);
}

}  // namespace freshet::views
