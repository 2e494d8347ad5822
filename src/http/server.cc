#include "http/server.h"

#include <pthread.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>
#include <unordered_map>

#include "base/log_line.h"
#include "http/session.h"

namespace freshet::http {
namespace asio = boost::asio;
using asio::ip::tcp;

std::string_view Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (boost::beast::iequals({key.data(), key.size()}, {name.data(), name.size()})) return value;
  }
  return {};
}

std::string Request::parameter(const std::string& name, std::string otherwise) const {
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::move(otherwise) : found->second;
}

Response json_response(std::string body, int status) {
  return {.status = status, .content_type = "application/json", .body = std::move(body)};
}

Response error_response(int status, std::string_view message) {
  return {.status = status, .body = std::string(message) + "\n"};
}

struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
  explicit Impl(Options o) : options(std::move(o)) {}

  const Options options;
  Router router;  // constant once started
  asio::io_context context{1};
  tcp::acceptor acceptor{context};
  asio::steady_timer pause{context};
  std::unordered_map<Session*, std::shared_ptr<Session>> sessions;  // open ones; server's thread
  std::thread thread;
  uint16_t bound_port = 0;
  bool stopping = false;  // server's thread

  void accept() {
    acceptor.async_accept([this](boost::system::error_code code, tcp::socket socket) {
      if (stopping || code == asio::error::operation_aborted) return;
      if (code) return accept_later(code.message());
      // One too many is closed at once: it costs nothing, and the others stay unharmed.
      if (sessions.size() < options.max_connections) {
        boost::system::error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        auto session = std::make_shared<Session>(std::move(socket), options, router, weak_from_this(),
                                                 [this](Session* ended) { sessions.erase(ended); });
        sessions.emplace(session.get(), session);
        session->start();
      }
      accept();
    });
  }
  void accept_later(const std::string& reason) {
    log_warn("http", "cannot accept a connection: {}", reason);
    pause.expires_after(std::chrono::milliseconds(100));
    pause.async_wait([this](boost::system::error_code code) {
      if (!code && !stopping) accept();
    });
  }
  void close_all() {
    stopping = true;
    boost::system::error_code ignored;
    acceptor.close(ignored);
    pause.cancel();
    const auto all = sessions;
    for (const auto& [key, session] : all) session->close();
    context.stop();
  }
};

Server::Server(Options options) : impl_(std::make_shared<Impl>(std::move(options))) {}
Server::~Server() { stop(); }

void Server::route(const std::string& method, const std::string& path, Handler handler) {
  impl_->router.add(method, path, [handler = std::move(handler)](const Request& request, const Reply& reply) {
    reply(handler(request));
  });
}
void Server::route_async(const std::string& method, const std::string& path, AsyncHandler handler) {
  impl_->router.add(method, path, std::move(handler));
}

Result<void> Server::start() {
  Impl& impl = *impl_;
  boost::system::error_code code;
  const auto address = asio::ip::make_address(impl.options.host == "localhost" ? "127.0.0.1" : impl.options.host, code);
  if (code)
    return fail(ErrorCode::kProjectInvalid, "{}: '{}' is not an IP address", impl.options.key, impl.options.host);
  const tcp::endpoint endpoint(address, impl.options.port);
  impl.acceptor.open(endpoint.protocol(), code);
  if (!code) impl.acceptor.set_option(asio::socket_base::reuse_address(true), code);
  if (!code) impl.acceptor.bind(endpoint, code);
  if (!code) impl.acceptor.listen(asio::socket_base::max_listen_connections, code);
  if (code) {
    const bool in_use = code == asio::error::address_in_use;
    return fail(in_use ? ErrorCode::kPortInUse : ErrorCode::kIo, "{}: cannot listen on {}:{}: {}{}", impl.options.key,
                impl.options.host, impl.options.port, code.message(),
                in_use ? "; stop the other program, or choose another port in freshet.yaml" : "");
  }
  impl.bound_port = impl.acceptor.local_endpoint().port();
  impl.accept();
  impl.thread = std::thread([&impl] {
    ::pthread_setname_np(::pthread_self(), "http");
    impl.context.run();
  });
  return {};
}

void Server::stop() {
  if (!impl_->thread.joinable()) return;
  asio::post(impl_->context, [impl = impl_.get()] { impl->close_all(); });
  impl_->thread.join();
}

uint16_t Server::port() const { return impl_->bound_port; }

}  // namespace freshet::http
