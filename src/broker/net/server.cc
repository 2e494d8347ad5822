#include "broker/net/server.h"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "base/log_line.h"
#include "broker/net/connection.h"

namespace freshet::broker {
namespace {
namespace asio = boost::asio;
using asio::ip::tcp;

constexpr int64_t kAcceptPauseMs = 100;

std::string describe(const tcp::socket& socket) {
  boost::system::error_code error;
  const tcp::endpoint peer = socket.remote_endpoint(error);
  if (error) return "a client that is gone";
  return fmt::format("{}:{}", peer.address().to_string(error), peer.port());
}
}  // namespace

void LineLimiter::warn(int64_t now_ms, const std::string& line) {
  if (now_ms - interval_start_ms_ >= kIntervalMs) {
    if (left_out_ > 0) log_warn("broker", "{} more lines like the ones before were left out", left_out_);
    interval_start_ms_ = now_ms;
    lines_ = 0;
    left_out_ = 0;
  }
  if (++lines_ > kLines) {
    ++left_out_;
    return;
  }
  log_line(LogLevel::kWarn, "broker", line);
}

Server::Server(asio::io_context& io, FrameHandler& handler, const Limits& limits, const Clock& clock)
    : io_(io), handler_(handler), limits_(limits), clock_(clock), acceptor_(io), sweep_timer_(io), accept_timer_(io) {}

Server::~Server() { close_all(); }

Result<void> Server::listen(const std::string& host, uint16_t port) {
  boost::system::error_code error;
  tcp::resolver resolver(io_);
  const auto found = resolver.resolve(host, std::to_string(port), tcp::resolver::numeric_service, error);
  if (error || found.empty()) {
    return fail(ErrorCode::kUsage, "kafka.listen: '{}' is no address of this machine: {}", host, error.message());
  }
  const tcp::endpoint endpoint = found.begin()->endpoint();
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    if (error == asio::error::address_in_use) {
      return fail(ErrorCode::kPortInUse,
                  "{}:{} is in use by another program: stop it, or choose another address for kafka.listen", host,
                  port);
    }
    const ErrorCode code = error == asio::error::access_denied ? ErrorCode::kPermission : ErrorCode::kUsage;
    return fail(code, "cannot listen on {}:{} (kafka.listen): {}", host, port, error.message());
  }
  port_ = acceptor_.local_endpoint(error).port();
  accept();
  schedule_sweep();
  return {};
}

void Server::accept() {
  acceptor_.async_accept([this](const boost::system::error_code& error, tcp::socket socket) {
    if (stopping_ || error == asio::error::operation_aborted) return;
    if (error) {
      // Out of descriptors or memory: wait for somebody to leave, do not spin.
      lines_.warn(now_ms(), fmt::format("cannot accept a connection: {}", error.message()));
      accept_timer_.expires_after(std::chrono::milliseconds(kAcceptPauseMs));
      accept_timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled) accept();
      });
      return;
    }
    admit(std::move(socket));
    accept();
  });
}

void Server::admit(tcp::socket socket) {
  const std::string peer = describe(socket);
  if (connections_.size() >= static_cast<size_t>(limits_.max_connections) && !make_room()) {
    ++stats_.refused;
    lines_.warn(now_ms(), fmt::format("{} refused: there are {} connections", peer, connections_.size()));
    return;
  }
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  socket.non_blocking(true, ignored);
  const uint64_t id = next_connection_++;
  const auto connection = std::make_shared<Connection>(*this, std::move(socket), id, peer);
  connections_.emplace(id, connection);
  ++stats_.accepted;
  stats_.connections = static_cast<int64_t>(connections_.size());
  handler_.on_open(id, peer);
  connection->start();
}

/// The oldest connection that never finished a request gives way.
bool Server::make_room() {
  uint64_t oldest = 0;  // ids grow, and none is 0
  for (const auto& [id, connection] : connections_) {
    if (!connection->finished_a_request() && (oldest == 0 || id < oldest)) oldest = id;
  }
  if (oldest == 0) return false;
  close(oldest, "there are too many connections and it never sent a request");
  return true;
}

void Server::answer(RequestId id, Response response) {
  wake_starved();  // the request's frame goes with it
  const auto found = connections_.find(id.connection);
  if (found == connections_.end()) return;
  const auto connection = found->second;
  connection->answer(id.sequence, std::move(response));
}

void Server::close(uint64_t connection, const std::string& reason) {
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  const auto kept = found->second;
  ++stats_.closed_for_cause;
  lines_.warn(now_ms(), fmt::format("connection of {} closed: {}", kept->peer(), reason));
  kept->close();
}

void Server::forget(uint64_t connection) {
  connections_.erase(connection);
  starved_.erase(connection);
  stats_.connections = static_cast<int64_t>(connections_.size());
  handler_.on_close(connection);
  wake_starved();
}

Server::Stats Server::stats() const {
  Stats now = stats_;
  now.held_request_bytes = *held_;
  return now;
}

std::string Server::peer(uint64_t connection) const {
  const auto found = connections_.find(connection);
  return found == connections_.end() ? "a client that is gone" : found->second->peer();
}

/// Small frames have a second budget of their own, so that those who send much cannot keep everybody else waiting.
bool Server::may_hold_more(uint32_t announced_bytes) const {
  const uint64_t held = *held_;
  if (held < limits_.max_request_bytes_total) return true;
  return announced_bytes <= limits_.small_frame_bytes && held < 2 * limits_.max_request_bytes_total;
}

void Server::wake_starved() {
  if (starved_.empty() || stopping_ || std::exchange(wake_posted_, true)) return;
  // From the loop: this is called from inside of connections, and while the frame that goes is still held.
  asio::post(io_, [this] {
    wake_posted_ = false;
    if (stopping_ || !may_hold_more(limits_.small_frame_bytes + 1)) return;
    for (const uint64_t id : std::exchange(starved_, {})) {
      const auto found = connections_.find(id);
      if (found == connections_.end()) continue;
      const auto connection = found->second;
      connection->resume();
    }
  });
}

void Server::schedule_sweep() {
  sweep_timer_.expires_after(std::chrono::milliseconds(limits_.sweep_interval_ms));
  sweep_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error || stopping_) return;
    sweep();
    schedule_sweep();
  });
}

void Server::sweep() {
  const int64_t now = now_ms();
  std::vector<std::pair<uint64_t, std::string>> overdue;
  for (const auto& [id, connection] : connections_) {
    if (auto reason = connection->overdue(now)) overdue.emplace_back(id, std::move(*reason));
  }
  for (const auto& [id, reason] : overdue) close(id, reason);
  relieve_memory(now);
  wake_starved();
}

/// When unfinished frames alone hold all the memory for requests, nobody would ever finish: the largest one goes. Whole
/// frames do not count: the log's writer gives them back, however slowly.
void Server::relieve_memory(int64_t now) {
  uint64_t partial = 0;
  uint64_t largest = 0;
  uint64_t victim = 0;
  for (const auto& [id, connection] : connections_) {
    const uint64_t bytes = connection->partial_bytes();
    partial += bytes;
    if (bytes <= largest) continue;
    largest = bytes;
    victim = id;
  }
  if (starved_.empty() || partial < limits_.max_request_bytes_total) {
    full_since_ms_ = 0;
    return;
  }
  if (full_since_ms_ == 0) full_since_ms_ = now;
  if (now - full_since_ms_ < limits_.starved_too_long_ms) return;
  close(victim, "unfinished requests hold all the memory for requests, and its own is the largest");
}

void Server::stop_reading() {
  stopping_ = true;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  sweep_timer_.cancel();
  accept_timer_.cancel();
  for (const auto& [id, connection] : connections_) connection->stop_reading();
}

bool Server::all_answered() const {
  return std::all_of(connections_.begin(), connections_.end(),
                     [](const auto& entry) { return entry.second->all_answered(); });
}

void Server::close_all() {
  stopping_ = true;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  while (!connections_.empty()) {
    const auto connection = connections_.begin()->second;
    connection->close();
  }
}

}  // namespace freshet::broker
