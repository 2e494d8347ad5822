#include "infer/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/strings.h"

namespace freshet::infer {
namespace {

bool is_upper(char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; }
bool is_word_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

/// Each object on the way makes a name less likely to mean the event itself.
constexpr int kDepthCost = 8;
int depth_of(std::string_view column) { return static_cast<int>(std::ranges::count(column, '.')); }

int less_by_depth(int score, std::string_view column) {
  return score <= 0 ? score : std::max(1, score - kDepthCost * depth_of(column));
}

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, "")); }

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> wanted) {
  return std::ranges::find(wanted, text) != wanted.end();
}

}  // namespace

std::vector<std::string> words_of(std::string_view column) {
  const std::string_view name = split(column, '.').back();
  std::vector<std::string> words;
  bool open = false;
  for (size_t i = 0; i < name.size(); ++i) {
    if (!is_word_char(name[i])) {
      open = false;
      continue;
    }
    // "eventTime", and the T of "HTTPTime".
    const bool after_lower = i > 0 && !is_upper(name[i - 1]);
    const bool before_lower = i + 1 < name.size() && std::islower(static_cast<unsigned char>(name[i + 1])) != 0;
    if (!open || (is_upper(name[i]) && (after_lower || before_lower))) words.emplace_back();
    words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(name[i])));
    open = true;
  }
  return words;
}

bool has_word(const std::vector<std::string>& words, std::initializer_list<std::string_view> wanted) {
  return std::ranges::any_of(words, [&](const std::string& word) { return is_one_of(word, wanted); });
}

bool is_id_like(std::string_view column) {
  const std::vector<std::string> words = words_of(column);
  return has_word(words,
                  {"id",      "ids",   "uuid",   "guid", "key",  "token",     "hash",     "session", "trace", "span",
                   "request", "email", "cookie", "ip",   "addr", "signature", "checksum", "etag",    "phone", "vin",
                   "iban",    "isbn",  "sha",    "md5",  "url",  "uri",       "referrer", "message", "text"}) ||
         is_one_of(joined(words), {"userid", "eventid", "sessionid", "orderid", "traceid"});
}

int id_score(std::string_view column) {
  const std::vector<std::string> words = words_of(column);
  if (words.empty()) return 0;
  const std::string all = joined(words);
  int score = 0;
  if (is_one_of(all, {"eventid", "eventuuid", "eventguid"})) {
    score = 100;
  } else if (is_one_of(all, {"id", "uuid", "guid", "messageid", "msgid", "recordid", "logid", "ulid"})) {
    score = 90;
  } else if (is_one_of(words.back(), {"id", "uuid", "guid", "ulid"}) ||
             is_one_of(all, {"key", "orderid", "requestid"})) {
    score = 50;
  }
  return less_by_depth(score, column);
}

int time_score(std::string_view column) {
  const std::vector<std::string> words = words_of(column);
  if (words.empty()) return 0;
  const std::string all = joined(words);
  int score = 0;
  if (is_one_of(all, {"ts", "timestamp", "time", "eventtime", "eventts", "eventtimestamp", "datetime", "tsms",
                      "timestampms", "timems"})) {
    score = 100;
  } else if (is_one_of(all, {"occurredat", "createdat", "created", "date", "when", "at", "t", "sentat", "sent",
                             "loggedat", "receivedat"})) {
    score = 80;
  } else if (has_word(words, {"ts", "timestamp", "datetime", "epoch"})) {
    score = 60;
  } else if (has_word(words, {"time", "date", "at", "day", "created", "occurred"})) {
    score = 50;
  } else if (has_word(words, {"since", "start", "end", "started", "ended", "seen"})) {
    score = 20;
  }
  if (has_word(words, {"expires", "expiry", "birth", "birthday", "until", "updated", "modified", "due", "delivery"}))
    score = 1;
  return less_by_depth(score, column);
}

int dimension_score(std::string_view column) {
  const std::vector<std::string> words = words_of(column);
  int score = 0;
  if (has_word(words, {"project", "service", "action", "event", "app", "application", "tenant"})) {
    score = 40;
  } else if (has_word(words, {"type", "kind", "category", "level", "severity", "status", "method", "channel", "country",
                              "region", "currency", "plan", "environment", "env"})) {
    score = 32;
  } else if (has_word(words, {"name", "host",       "source",  "platform", "device", "browser", "os",
                              "city", "state",      "store",   "site",     "team",   "brand",   "group",
                              "zone", "datacenter", "cluster", "topic",    "queue",  "result",  "outcome",
                              "code", "language",   "locale",  "version"})) {
    score = 20;
  }
  return less_by_depth(score, column);
}

int measure_score(std::string_view column) {
  const std::vector<std::string> words = words_of(column);
  if (has_word(words, {"lat",  "lon",         "lng",     "latitude", "longitude", "x",    "y",    "z",
                       "year", "month",       "day",     "hour",     "version",   "port", "code", "status",
                       "seq",  "sequence",    "offset",  "index",    "number",    "pid",  "rank", "priority",
                       "zip",  "temperature", "percent", "pct",      "ratio",     "rate", "age"}) ||
      is_id_like(column)) {
    return -1;
  }
  int score = 0;
  if (has_word(words, {"amount", "revenue", "total", "price", "cost", "sales", "paid"})) {
    score = 40;
  } else if (has_word(words, {"quantity", "qty", "duration", "latency", "elapsed", "bytes", "size", "count", "units",
                              "tax", "fee", "value", "ms", "seconds", "hits", "clicks", "items", "tokens", "energy"})) {
    score = 30;
  }
  return less_by_depth(score, column);
}

int top_score(std::string_view column) {
  const std::vector<std::string> words = words_of(column);
  int score = 0;
  if (has_word(words, {"path", "page", "endpoint", "route", "product", "sku", "item", "query", "url"})) {
    score = 40;
  } else if (has_word(words, {"user", "customer", "client", "account", "host", "ip", "device", "member", "player"})) {
    score = 30;
  } else if (has_word(words, {"name", "city", "country", "browser", "referrer", "campaign", "error", "code"})) {
    score = 20;
  }
  return less_by_depth(score, column);
}

std::string sql_name(std::string_view name) {
  // Words that ClickHouse's parser takes for the next part of a statement where a column could stand.
  static constexpr std::string_view kKeywords[] = {
      "all",      "and",   "any",   "array",    "as",       "asc",     "asof",   "between", "by",     "case",
      "cast",     "cross", "desc",  "distinct", "else",     "end",     "except", "exists",  "fetch",  "final",
      "format",   "from",  "full",  "global",   "group",    "having",  "ilike",  "in",      "inner",  "intersect",
      "interval", "into",  "is",    "join",     "left",     "like",    "limit",  "not",     "null",   "offset",
      "on",       "or",    "order", "outer",    "prewhere", "qualify", "right",  "sample",  "select", "set",
      "settings", "then",  "union", "using",    "values",   "when",    "where",  "window",  "with",   "true",
      "false",    "inf",   "nan",   "date",     "timestamp"};
  std::string lower;
  for (const char c : name) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::ranges::find(kKeywords, lower) == std::end(kKeywords) ? quote_identifier(name)
                                                                    : fmt::format("`{}`", name);
}

std::string shown_text(std::string_view text, size_t most) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (out.size() >= most && (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return out + "…";
    const auto byte = static_cast<unsigned char>(text[i]);
    // C1 control characters, line and paragraph separators and the byte order mark end lines for some readers.
    const bool c1 = byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    const std::string_view three = text.substr(i, 3);
    const bool odd = byte < 0x20 || byte == 0x7F || c1 || is_one_of(three, {"\u2028", "\u2029", "\uFEFF"});
    if (!odd) {
      out += text[i];
      continue;
    }
    out += '?';
    while (i + 1 < text.size() && (static_cast<unsigned char>(text[i + 1]) & 0xC0) == 0x80) ++i;
  }
  return out;
}

std::string grouped(uint64_t number) {
  std::string out = fmt::format("{}", number);
  for (size_t at = out.size(); at > 3; at -= 3) out.insert(at - 3, 1, ',');
  return out;
}

}  // namespace freshet::infer
