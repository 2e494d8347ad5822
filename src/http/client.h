#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// A small blocking HTTP/1.1 client over one kept-alive connection. Plain TCP, no redirects, no proxies.
namespace freshet::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct ClientRequest {
  std::string method = "POST";
  std::string target = "/";  ///< path and query, already percent-encoded
  Headers headers = {};      ///< besides Host, Content-Length and Connection, which the client writes
  std::vector<std::string_view> body =
      {};                   ///< sent one after the other, without a copy; looks into the caller's memory
  int timeout_ms = 60'000;  ///< for the whole exchange, from connecting to the answer's last byte
};

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;
  /// The value of the first header of that name, in any case; empty without one.
  std::string_view header(std::string_view name) const;
};

/// Why there is no complete answer.
struct TransferError {
  /// What of the answer had arrived when the connection ended; status 0 when not even its header was whole. ClickHouse
  /// closes a connection in the middle of an answer to say that it failed.
  ClientResponse partial = {};
  bool sent = false;     ///< at least one byte of the request was handed to the system: it may have been carried out
  bool aborted = false;  ///< ended by abort()
  bool timed_out = false;
  std::string message;
};

/// Belongs to one thread at a time; only abort() may come from another.
class Client {
 public:
  struct Options {
    std::string host = "127.0.0.1";  ///< a name is resolved at each connect, without a deadline
    uint16_t port = 80;
    int connect_timeout_ms = 5'000;
    size_t max_response_bytes = size_t{1} << 30;
  };
  explicit Client(Options options);
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  /// One exchange. Never sends a request twice: a kept-alive connection that the other side has closed is noticed
  /// before the first byte is sent, and opened anew. An answer that comes before the whole body was sent ends the
  /// sending.
  std::expected<ClientResponse, TransferError> send(const ClientRequest& request);
  /// Ends the exchange under way, if there is one, within milliseconds: it fails with `aborted`. Thread-safe.
  void abort();
  const Options& options() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Everything but unreserved characters as %XX, for a part of a URL (RFC 3986).
std::string percent_encode(std::string_view text);
/// "+" is a space; a broken escape stays as it is.
std::string percent_decode(std::string_view text);

}  // namespace freshet::http
