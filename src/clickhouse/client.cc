#include "clickhouse/client.h"

#include <charconv>

#include "http/client.h"

namespace freshet::clickhouse {
namespace {

constexpr int kAuthenticationFailed = 516;
constexpr int kWrongPassword = 193;
constexpr int kUnknownUser = 192;
constexpr std::string_view kMarker = "__exception__\r\n";

int parse_code(std::string_view text) {
  int code = 0;
  std::from_chars(text.data(), text.data() + text.size(), code);
  return code;
}

/// "Code: 60. DB::Exception: …" → 60; 0 when it does not begin so.
int code_of_text(std::string_view text) {
  constexpr std::string_view kPrefix = "Code: ";
  return text.starts_with(kPrefix) ? parse_code(text.substr(kPrefix.size())) : 0;
}

std::string_view strip_line_end(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

/// The exception at the end of an answer that began with status 200. ClickHouse names a tag in a header beforehand and
/// ends the body with "__exception__\r\nTAG\r\nTEXT\nSIZE TAG\r\n__exception__\r\n"; older servers just append the
/// text.
std::string_view trailing_exception(const http::ClientResponse& response) {
  const std::string_view body = response.body;
  const std::string_view tag = response.header("X-ClickHouse-Exception-Tag");
  if (!tag.empty()) {
    const std::string end = fmt::format(" {}\r\n{}", tag, kMarker);
    if (!body.ends_with(end)) return {};
    const std::string begin = fmt::format("{}{}\r\n", kMarker, tag);
    const size_t at = body.rfind(begin);
    if (at == std::string_view::npos) return body;
    std::string_view text = body.substr(at + begin.size(), body.size() - end.size() - at - begin.size());
    if (const size_t line = text.rfind('\n'); line != std::string_view::npos) text = text.substr(0, line);  // SIZE
    return strip_line_end(text);
  }
  const std::string_view text = strip_line_end(body);
  const size_t line = text.rfind('\n');
  const std::string_view last = line == std::string_view::npos ? text : text.substr(line + 1);
  if (code_of_text(last) == 0 || last.find("DB::Exception") == std::string_view::npos || !last.ends_with(')'))
    return {};
  return last;
}

QueryError transfer_error(const http::TransferError& error) {
  // An answer that failed half-way ends with the exception and a closed connection.
  const std::string_view text = error.partial.status == 200 ? trailing_exception(error.partial) : std::string_view();
  if (!text.empty()) return {Outcome::kRefused, code_of_text(text), std::string(text)};
  return {error.sent ? Outcome::kUnknown : Outcome::kNotSent, 0, error.message};
}

std::string unescape_tsv(std::string_view text) {
  if (text == "\\N") return std::string(text);
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    static constexpr std::string_view kEscaped = "bfrnt0";
    static constexpr std::string_view kMeant("\b\f\r\n\t\0", 6);
    const size_t at = kEscaped.find(text[++i]);
    out += at == std::string_view::npos ? text[i] : kMeant[at];
  }
  return out;
}

}  // namespace

std::map<std::string, std::string> insert_settings(const std::string& token) {
  return {{"async_insert", "0"},
          {"deduplicate_insert", "enable"},
          {"deduplicate_blocks_in_dependent_materialized_views", "1"},
          {"materialized_views_ignore_errors", "0"},
          {"input_format_skip_unknown_fields", "0"},
          {"input_format_null_as_default", "0"},
          {"max_partitions_per_insert_block", "0"},  // a block of scattered dates is many parts, not a refusal
          {"insert_deduplication_token", token}};
}

Error QueryError::to_error() const {
  if (outcome != Outcome::kRefused) return {ErrorCode::kClickHouseUnreachable, message, {}, 0, 0};
  const bool auth =
      exception_code == kAuthenticationFailed || exception_code == kWrongPassword || exception_code == kUnknownUser;
  return {auth ? ErrorCode::kClickHouseAuth : ErrorCode::kClickHouse, message, {}, 0, 0};
}

struct Client::Impl {
  Endpoint endpoint;
  http::Client http;
  explicit Impl(Endpoint e) : endpoint(std::move(e)), http(http::Client::Options{endpoint.host, endpoint.port}) {}
};

Client::Client(Endpoint endpoint) : impl_(std::make_unique<Impl>(std::move(endpoint))) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
void Client::abort() { impl_->http.abort(); }
const Endpoint& Client::endpoint() const { return impl_->endpoint; }

QueryResult<std::string> Client::run(const Query& query) {
  const bool has_body = !query.body.empty() || !query.more_body.empty();
  http::ClientRequest request;
  request.timeout_ms = query.timeout_ms;
  request.headers = {{"X-ClickHouse-User", impl_->endpoint.user}, {"X-ClickHouse-Key", impl_->endpoint.password}};
  char separator = '?';
  request.target = "/";
  const auto parameter = [&](std::string_view name, std::string_view value) {
    request.target += fmt::format("{}{}={}", separator, http::percent_encode(name), http::percent_encode(value));
    separator = '&';
  };
  if (!query.database.empty()) parameter("database", query.database);
  for (const auto& [name, value] : query.settings) parameter(name, value);
  if (has_body) {
    parameter("query", query.sql);
    request.body.push_back(query.body);
    request.body.insert(request.body.end(), query.more_body.begin(), query.more_body.end());
  } else {
    request.body.push_back(query.sql);
  }

  auto response = impl_->http.send(request);
  if (!response) return std::unexpected(transfer_error(response.error()));
  if (response->status == 200) {
    const std::string_view text = trailing_exception(*response);
    const int code = parse_code(response->header("X-ClickHouse-Exception-Code"));
    if (text.empty() && code == 0) return std::move(response->body);
    return std::unexpected(QueryError{Outcome::kRefused, code != 0 ? code : code_of_text(text),
                                      std::string(text.empty() ? std::string_view(response->body) : text)});
  }
  QueryError error{Outcome::kRefused, parse_code(response->header("X-ClickHouse-Exception-Code")),
                   std::string(strip_line_end(response->body))};
  if (error.exception_code == 0) error.exception_code = code_of_text(error.message);
  // Without an exception's number it was not ClickHouse that spoke, but something before it: nothing is known.
  if (error.exception_code == 0) {
    error.outcome = Outcome::kUnknown;
    error.message = fmt::format("HTTP status {} from {}:{}: {}", response->status, impl_->endpoint.host,
                                impl_->endpoint.port, error.message.substr(0, 500));
  }
  return std::unexpected(std::move(error));
}

Result<std::string> Client::execute(const std::string& sql) {
  auto answer = run(Query{.sql = sql});
  if (!answer) return std::unexpected(answer.error().to_error());
  return std::move(*answer);
}

Result<std::vector<std::vector<std::string>>> Client::rows(const std::string& sql) {
  const Query query{.sql = sql, .settings = {{"default_format", "TabSeparated"}}};
  auto answer = run(query);
  if (!answer) return std::unexpected(answer.error().to_error());
  std::vector<std::vector<std::string>> rows;
  std::string_view rest = *answer;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    auto& row = rows.emplace_back();
    for (;;) {
      const size_t tab = line.find('\t');
      row.push_back(unescape_tsv(line.substr(0, tab)));
      if (tab == std::string_view::npos) break;
      line.remove_prefix(tab + 1);
    }
  }
  return rows;
}

bool Client::ping(int timeout_ms) {
  http::ClientRequest request;
  request.method = "GET";
  request.target = "/ping";
  request.timeout_ms = timeout_ms;
  const auto response = impl_->http.send(request);
  return response && response->status == 200;
}

}  // namespace freshet::clickhouse
