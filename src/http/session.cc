#include "http/session.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>

#include "base/log_line.h"
#include "base/strings.h"

namespace freshet::http {
namespace asio = boost::asio;
namespace beast = boost::beast;

namespace {

using std::chrono::milliseconds;

Request to_request(const beast::http::request<beast::http::string_body>& message) {
  Request request;
  request.method = std::string(message.method_string());
  std::string_view target(message.target().data(), message.target().size());
  target = target.substr(0, target.find('#'));
  const size_t question = target.find('?');
  request.path = percent_decode(target.substr(0, question));
  if (question != std::string_view::npos) {
    for (const std::string_view pair : split(target.substr(question + 1), '&')) {
      if (pair.empty()) continue;
      const size_t equals = std::min(pair.find('='), pair.size());
      request.parameters[percent_decode(pair.substr(0, equals))] =
          percent_decode(pair.substr(std::min(equals + 1, pair.size())));
    }
  }
  for (const auto& field : message)
    request.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  return request;
}

std::string head_of(const Response& response, bool keep_alive) {
  const auto reason = beast::http::obsolete_reason(static_cast<beast::http::status>(response.status));
  std::string head = fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nConnection: {}\r\nX-Content-Type-Options: nosniff\r\n", response.status,
      std::string_view(reason.data(), reason.size()), response.content_type, keep_alive ? "keep-alive" : "close");
  if (!response.stream) head += fmt::format("Content-Length: {}\r\n", response.body.size());
  for (const auto& [name, value] : response.headers) head += fmt::format("{}: {}\r\n", name, value);
  return head += "\r\n";
}

}  // namespace

Session::Session(asio::ip::tcp::socket socket, const Server::Options& options, const Router& router,
                 std::weak_ptr<void> keep, std::function<void(Session*)> on_end)
    : stream_(std::move(socket)),
      options_(options),
      router_(router),
      keep_(std::move(keep)),
      on_end_(std::move(on_end)) {}

void Session::start() { read_next(); }

void Session::close() {
  if (std::exchange(closed_, true)) return;
  Code ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  stream_.close();
  if (body_stream_) body_stream_->close();
  on_end_(this);  // the last thing: it may let go of this session
}

void Session::read_next() {
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(options_.max_header_bytes));
  parser_->body_limit(options_.max_body_bytes);
  if (buffer_.size() > 0) return read_request();
  // Between requests a connection may rest longer than a request may take.
  stream_.expires_after(milliseconds(options_.idle_timeout_ms));
  stream_.async_read_some(buffer_.prepare(4096), [self = shared_from_this()](Code code, size_t size) {
    if (code) return self->close();
    self->buffer_.commit(size);
    self->read_request();
  });
}

void Session::read_request() {
  stream_.expires_after(milliseconds(options_.request_timeout_ms));
  beast::http::async_read(stream_, buffer_, *parser_,
                          [self = shared_from_this()](Code code, size_t) { self->on_request(code); });
}

void Session::on_request(Code code) {
  keep_alive_ = false;
  head_only_ = false;
  if (code == beast::http::error::body_limit) return answer(error_response(413, "the request's body is too large"));
  if (code == beast::http::error::header_limit) return answer(error_response(431, "the request's header is too large"));
  if (code) {
    const bool broken_http = code.category() == make_error_code(beast::http::error::bad_method).category() &&
                             code != beast::http::error::end_of_stream && code != beast::http::error::partial_message;
    return broken_http ? answer(error_response(400, "the request is not HTTP")) : close();
  }
  auto message = parser_->release();
  keep_alive_ = message.keep_alive();
  Request request = to_request(message);
  request.body = std::move(message.body());
  head_only_ = request.method == "HEAD";
  if (auto refused = refusal(request)) return answer(std::move(*refused));
  stream_.expires_never();
  const Reply reply = make_reply();
  try {
    router_.dispatch(std::move(request), reply);
  } catch (const std::exception& error) {
    log_error("http", "a handler failed: {}", error.what());
    reply(error_response(500, "internal error"));
  }
}

Reply Session::make_reply() {
  struct Pending {
    std::shared_ptr<void> keep;  // first, so that it goes last
    std::weak_ptr<Session> session;
    asio::any_io_executor executor;
    std::atomic<bool> answered = false;

    void answer(Response response) {
      if (answered.exchange(true)) return;
      asio::post(executor, [weak = session, response = std::move(response)]() mutable {
        const auto self = weak.lock();
        if (self && !self->closed_) self->answer(std::move(response));
      });
    }
    ~Pending() { answer(error_response(500, "the request was dropped")); }
  };
  auto pending = std::make_shared<Pending>();
  pending->session = weak_from_this();
  pending->executor = stream_.get_executor();
  pending->keep = keep_.lock();
  return [pending](Response response) { pending->answer(std::move(response)); };
}

std::optional<Response> Session::refusal(const Request& request) const {
  const std::string host = host_of(request.header("Host"));
  const auto& allowed = options_.allowed_hosts;
  const bool known = host.empty() || host == "localhost" || host == options_.host || is_address(host) ||
                     std::find(allowed.begin(), allowed.end(), host) != allowed.end();
  if (!known) return error_response(403, "this server is not known as '" + host + "'");
  const std::string_view origin = request.header("Origin");
  const bool reading = request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS";
  const size_t scheme = origin.find("://");
  const bool same = scheme != std::string_view::npos && origin.substr(scheme + 3) == request.header("Host");
  if (!reading && !origin.empty() && !same) return error_response(403, "requests from other sites are refused");
  return std::nullopt;
}

void Session::answer(Response response) {
  if (response.stream) keep_alive_ = false;  // it ends where the connection ends
  auto bytes = std::make_shared<std::string>(head_of(response, keep_alive_));
  if (!head_only_) *bytes += response.body;
  const bool goes_on = response.stream && !head_only_;
  if (goes_on) body_stream_ = std::make_unique<StreamWriter>(*response.stream);
  write(std::move(bytes), [this, goes_on] {
    if (goes_on) return begin_stream();
    keep_alive_ ? read_next() : close();
  });
}

void Session::write(std::shared_ptr<std::string> bytes, std::function<void()> then) {
  writing_ = true;
  stream_.expires_after(milliseconds(options_.write_timeout_ms));
  asio::async_write(stream_, asio::buffer(*bytes),
                    [self = shared_from_this(), bytes, then = std::move(then)](Code code, size_t) {
                      self->writing_ = false;
                      if (code) return self->close();
                      then();
                    });
}

void Session::begin_stream() {
  body_stream_->on_change([weak = weak_from_this(), executor = stream_.get_executor()] {
    asio::post(executor, [weak] {
      if (auto self = weak.lock()) self->pump_stream();
    });
  });
  watch_for_close();
  pump_stream();
}

void Session::pump_stream() {
  if (writing_) return;
  const auto queued = body_stream_->take();
  if (!queued) return close();
  if (queued->empty()) return stream_.expires_never();
  write(std::make_shared<std::string>(*queued), [this] { pump_stream(); });
}

void Session::watch_for_close() {
  // Reads on the plain socket: the stream's time limit is for writing.
  stream_.socket().async_read_some(asio::buffer(ignored_), [self = shared_from_this()](Code code, size_t) {
    code ? self->close() : self->watch_for_close();
  });
}

}  // namespace freshet::http
