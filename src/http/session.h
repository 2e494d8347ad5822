#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "http/body_stream.h"
#include "http/router.h"
#include "http/server.h"

/// One connection of the server: reads a request, waits for its reply, writes it, again. Lives on the server's thread.
namespace freshet::http {

class Session : public std::enable_shared_from_this<Session> {
 public:
  /// `keep` is held while a reply is awaited: what the socket runs on outlives it. `on_end` is called once, by close().
  Session(boost::asio::ip::tcp::socket socket, const Server::Options& options, const Router& router,
          std::weak_ptr<void> keep, std::function<void(Session*)> on_end);
  void start();
  void close();

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  using Code = boost::beast::error_code;

  void read_next();
  void read_request();
  void on_request(Code code);
  Reply make_reply();
  std::optional<Response> refusal(const Request& request) const;
  void answer(Response response);
  void write(std::shared_ptr<std::string> bytes, std::function<void()> then);
  void begin_stream();
  void pump_stream();
  void watch_for_close();

  boost::beast::tcp_stream stream_;
  const Server::Options& options_;
  const Router& router_;
  std::weak_ptr<void> keep_;
  std::function<void(Session*)> on_end_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::unique_ptr<StreamWriter> body_stream_;
  bool keep_alive_ = false;
  bool head_only_ = false;
  bool writing_ = false;
  bool closed_ = false;
  char ignored_[64] = {};
};

}  // namespace freshet::http
