#include "views/source.h"

#include <fmt/format.h>

#include <cctype>

#include "base/strings.h"
#include "clickhouse/ddl.h"

namespace freshet::views {
namespace {

/// An identifier at `at`, plain or in back-quotes, as written; moves `at` behind it.
std::string_view take_identifier(std::string_view text, size_t& at) {
  const size_t begin = at;
  if (at < text.size() && text[at] == '`') {
    for (++at; at < text.size() && text[at] != '`'; ++at) {
      if (text[at] == '\\') ++at;
    }
    at = at < text.size() ? at + 1 : text.size();
  } else {
    while (at < text.size() && (std::isalnum(static_cast<unsigned char>(text[at])) || text[at] == '_')) ++at;
  }
  return text.substr(begin, at - begin);
}

std::string_view without_quotes(std::string_view identifier) {
  const bool is_quoted = identifier.size() >= 2 && identifier.front() == '`';
  return is_quoted ? identifier.substr(1, identifier.size() - 2) : identifier;
}

/// Calls `each(begin, end, stream, alias)` for every marked source; alias as written, empty without one.
template <class Each>
void for_each_source(std::string_view select, Each each) {
  const std::string marker = std::string(kSourceMarker) + ".";
  for (size_t begin = select.find(marker); begin != select.npos; begin = select.find(marker, begin + 1)) {
    size_t end = begin + marker.size();
    const std::string_view stream = without_quotes(take_identifier(select, end));
    constexpr std::string_view kAs = " AS ";
    std::string_view alias;
    if (select.substr(end).starts_with(kAs)) {
      end += kAs.size();
      alias = take_identifier(select, end);
    }
    each(begin, end, stream, alias);
  }
}

}  // namespace

std::string with_marker(std::string_view select, std::string_view scratch_database) {
  std::string out(select);
  const std::string scratch = std::string(scratch_database) + ".";
  const std::string marker = std::string(kSourceMarker) + ".";
  for (size_t at = out.find(scratch); at != out.npos; at = out.find(scratch, at + marker.size())) {
    out.replace(at, scratch.size(), marker);
  }
  return out;
}

std::vector<std::string> sources_of(std::string_view select) {
  std::vector<std::string> streams;
  for_each_source(select,
                  [&](size_t, size_t, std::string_view stream, std::string_view) { streams.emplace_back(stream); });
  return streams;
}

std::string with_source(std::string_view select, std::string_view table, const std::vector<std::string>& columns,
                        std::string_view condition) {
  std::string list;
  for (const std::string& column : columns) list += (list.empty() ? "" : ", ") + clickhouse::quoted(column);
  std::string out;
  size_t done = 0;
  for_each_source(select, [&](size_t begin, size_t end, std::string_view stream, std::string_view alias) {
    out += select.substr(done, begin - done);
    out += fmt::format("(SELECT {} FROM {}{}{}) AS {}", list, table, condition.empty() ? "" : " WHERE ", condition,
                       alias.empty() ? clickhouse::quoted(stream) : std::string(alias));
    done = end;
  });
  return out += select.substr(done);
}

}  // namespace freshet::views
