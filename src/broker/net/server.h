#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "base/clock.h"
#include "base/error.h"
#include "broker/core/frame.h"
#include "broker/core/limits.h"
#include "broker/core/response.h"

/// Sockets, and nothing of Kafka but the frame: four bytes of size, then that many bytes. Internal to broker/net
/// (the only header there that shows Asio). Everything runs on the thread that runs the io_context.
namespace freshet::broker {

class Connection;

/// Who understands the frames.
class FrameHandler {
 public:
  virtual ~FrameHandler() = default;
  virtual void on_open(uint64_t connection, const std::string& peer) = 0;
  /// The largest size of a frame that begins with these two bytes.
  virtual uint32_t frame_limit(std::string_view front) const = 0;
  /// The answer comes by Server::answer(), now or later; each request needs exactly one.
  virtual void on_frame(RequestId id, std::shared_ptr<Frame> frame) = 0;
  /// Nothing may be answered on it any more; answers still under way are dropped.
  virtual void on_close(uint64_t connection) = 0;
};

/// At most `per_interval` lines in ten seconds; what was left out is counted in the next line.
class LineLimiter {
 public:
  void warn(int64_t now_ms, const std::string& line);

 private:
  static constexpr int kLines = 10;
  static constexpr int64_t kIntervalMs = 10'000;
  int64_t interval_start_ms_ = 0;
  int lines_ = 0;
  int64_t left_out_ = 0;
};

class Server {
 public:
  struct Stats {
    int64_t connections = 0;
    uint64_t accepted = 0;
    uint64_t refused = 0;           ///< because of the connection limit
    uint64_t closed_for_cause = 0;  ///< malformed, silent, slow: closed by us
    uint64_t bytes_in = 0;
    uint64_t bytes_out = 0;
    uint64_t held_request_bytes = 0;  ///< of frames that anybody still holds, also after their client has gone
  };

  Server(boost::asio::io_context& io, FrameHandler& handler, const Limits& limits, const Clock& clock);
  ~Server();

  /// Binds and accepts. kPortInUse, kPermission, kUsage (no such address) name the address.
  Result<void> listen(const std::string& host, uint16_t port);
  uint16_t port() const { return port_; }

  void answer(RequestId id, Response response);
  /// For requests that get none (acks=0): frees their place.
  void skip_answer(RequestId id) { answer(id, {}); }
  /// Closes because of what the client did: one log line.
  void close(uint64_t connection, const std::string& reason);
  void stop_reading();        ///< no new connections, no new requests; answers still go out
  bool all_answered() const;  ///< nothing under way and nothing left to send
  void close_all();
  Stats stats() const;
  std::string peer(uint64_t connection) const;

 private:
  friend class Connection;
  void accept();
  void admit(boost::asio::ip::tcp::socket socket);
  bool make_room();
  void schedule_sweep();
  void sweep();
  void relieve_memory(int64_t now_ms);
  int64_t now_ms() const { return clock_.steady_us() / 1000; }

  // For connections.
  bool may_hold_more(uint32_t announced_bytes) const;
  /// Lets those read on who waited for memory, if there is some now.
  void wake_starved();
  void wait_for_memory(uint64_t connection) { starved_.insert(connection); }
  void forget(uint64_t connection);

  boost::asio::io_context& io_;
  FrameHandler& handler_;
  const Limits& limits_;
  const Clock& clock_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer sweep_timer_;
  boost::asio::steady_timer accept_timer_;  ///< waits when the process is out of descriptors
  uint16_t port_ = 0;
  uint64_t next_connection_ = 1;
  std::unordered_map<uint64_t, std::shared_ptr<Connection>> connections_;
  std::unordered_set<uint64_t> starved_;  ///< not read because of the total of held bytes
  bool wake_posted_ = false;
  int64_t full_since_ms_ = 0;  ///< partial frames fill the memory for requests since then; 0: they do not
  const Frame::HeldBytes held_ = std::make_shared<std::atomic<uint64_t>>(0);
  bool stopping_ = false;
  Stats stats_;
  LineLimiter lines_;
};

}  // namespace freshet::broker
