#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

/// ClickHouse over its HTTP interface (https://clickhouse.com/docs/interfaces/http).
namespace freshet::clickhouse {

struct Endpoint {
  std::string host = "127.0.0.1";
  uint16_t port = 8123;
  std::string user;
  std::string password;
};

/// One request. `settings` become URL parameters: ClickHouse settings, `query_id`, `param_NAME`.
struct Query {
  std::string sql = {};
  std::string database = {};  ///< session database; empty: the user's default
  std::map<std::string, std::string> settings = {};
  /// Data of an INSERT, sent after the statement; looks into the caller's memory. With a body the statement travels in
  /// the URL (at most 1 MiB), without one it is the body.
  std::string_view body = {};
  std::vector<std::string_view> more_body = {};  ///< sent right after `body`, without a copy
  int timeout_ms = 60'000;
};

/// The settings that every insert of the ingester pins, whatever the server's defaults: synchronous, deduplicated in
/// the table and in its views by `token`, strict about views, unknown columns and NULLs. A Native block stays one part
/// a partition with them.
std::map<std::string, std::string> insert_settings(const std::string& token);

/// What a failed request may have done.
enum class Outcome {
  kRefused,  ///< ClickHouse answered with an error
  kUnknown,  ///< no complete answer: broken connection, time-out; the request may or may not have run
  kNotSent,  ///< the connection was refused, nothing was sent
};

struct QueryError {
  Outcome outcome = Outcome::kUnknown;
  int exception_code = 0;  ///< ClickHouse's number, from X-ClickHouse-Exception-Code or "Code: N."; 0 without one
  std::string message;     ///< ClickHouse's whole text, or the reason of the failed transfer
  Error to_error() const;  ///< kClickHouse, kClickHouseAuth (516, 193, 192) or kClickHouseUnreachable
};

template <class T>
using QueryResult = std::expected<T, QueryError>;

/// A kept-alive connection, opened at need. A Client belongs to one thread at a time; make one a thread.
class Client {
 public:
  explicit Client(Endpoint endpoint);
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  /// The answer's body. Never retried here: whether a repeat is harmless only the caller knows. (A kept-alive
  /// connection that turns out to be closed before a byte of the request was accepted is opened anew.)
  QueryResult<std::string> run(const Query& query);
  /// run() with only a statement, its error as Error.
  Result<std::string> execute(const std::string& sql);
  /// A SELECT's rows, each a list of texts, unescaped from TabSeparated; NULL is "\\N".
  Result<std::vector<std::vector<std::string>>> rows(const std::string& sql);
  /// "Ok." of /ping: it answers, whatever its users and tables; no user is needed.
  bool ping(int timeout_ms);
  /// Ends the request under way from another thread: it fails with kUnknown. Thread-safe.
  void abort();

  const Endpoint& endpoint() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet::clickhouse
