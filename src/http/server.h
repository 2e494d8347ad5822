#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "http/client.h"

/// A small HTTP/1.1 server for pages, metrics and the API: one thread, bounded in every direction.
namespace freshet::http {

struct Request {
  std::string method;                             ///< "GET"
  std::string path;                               ///< decoded, without the query: "/api/streams"
  std::map<std::string, std::string> parameters;  ///< of the query, decoded
  Headers headers;
  std::string body;
  std::string_view header(std::string_view name) const;  ///< in any case; empty without one
  /// A parameter's value, or `otherwise` without it.
  std::string parameter(const std::string& name, std::string otherwise = {}) const;
};

/// The body of an answer that goes on: Server-Sent Events. Made by a handler, which keeps one end and returns the other
/// within its Response. Thread-safe.
class BodyStream {
 public:
  explicit BodyStream(size_t max_queued_bytes = 1 << 20) : max_queued_bytes_(max_queued_bytes) {}
  /// Queues bytes. False when the client is gone, or so slow that more than the maximum waits for it: then it is cut
  /// off.
  bool send(std::string_view bytes);
  /// What was queued is still sent, then the answer ends.
  void finish();
  bool closed() const;

 private:
  friend class StreamWriter;
  struct Shared;
  const size_t max_queued_bytes_;
  mutable std::shared_ptr<Shared> shared_ = make_shared_state();
  static std::shared_ptr<Shared> make_shared_state();
};

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body = {};
  Headers headers = {};
  std::shared_ptr<BodyStream> stream = {};  ///< when set: what follows `body`, until it is finished
};

/// Helpers for handlers.
Response json_response(std::string body, int status = 200);
Response error_response(int status, std::string_view message);

using Handler = std::function<Response(const Request&)>;
/// Answers once, from any thread, also after the handler returned; a second call does nothing. Dropped without a call,
/// it answers 500.
using Reply = std::function<void(Response)>;
using AsyncHandler = std::function<void(Request, Reply)>;

class Server {
 public:
  struct Options {
    std::string host = "127.0.0.1";
    uint16_t port = 0;               ///< 0: any free one
    std::string key = "web.listen";  ///< the setting that an error about the port names
    size_t max_header_bytes = 16 << 10;
    size_t max_body_bytes = 8 << 20;
    size_t max_connections = 256;
    int request_timeout_ms = 15'000;  ///< from a request's first byte to its last
    int idle_timeout_ms = 60'000;     ///< between two requests
    int write_timeout_ms = 30'000;    ///< a client that takes nothing of an answer for so long is cut off
    /// Names by which browsers may call this server, besides addresses, "localhost" and `host`: a page of another site
    /// that lets its name point here (DNS rebinding) is refused.
    std::vector<std::string> allowed_hosts = {};
  };
  explicit Server(Options options);
  ~Server();  ///< stop()

  /// Before start(). `path` is exact, or ends in "/*" for everything below; the longest match wins. Handlers run on the
  /// server's thread: short ones only. GET routes answer HEAD too. A POST that a browser sends from another origin is
  /// refused before any handler.
  void route(const std::string& method, const std::string& path, Handler handler);
  /// For work that takes time: hand the reply to another thread.
  void route_async(const std::string& method, const std::string& path, AsyncHandler handler);

  /// Listens and serves. kPortInUse, naming Options::key.
  Result<void> start();
  /// Closes every connection and waits for the thread. No handler runs afterwards; replies that come later are dropped.
  void stop();
  uint16_t port() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace freshet::http
