#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/net/server.h"

namespace freshet::broker {

/// One client's socket: frames in, answers out in the order of their requests. Reads stop while too much is under way,
/// so that a fast producer waits in its own socket. I/O thread only.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Server& server, boost::asio::ip::tcp::socket socket, uint64_t id, std::string peer);

  void start() { read(); }
  void answer(uint64_t sequence, Response response);
  /// Goes on reading if a limit had stopped it.
  void resume();
  void stop_reading() { stop_reading_ = true; }
  bool all_answered() const { return slots_.empty() && out_.empty(); }
  /// What is wrong with the client's timing by now, or nothing.
  std::optional<std::string> overdue(int64_t now_ms);
  void close();

  const std::string& peer() const { return peer_; }
  bool finished_a_request() const { return next_sequence_ > 0; }
  uint64_t partial_bytes() const { return frame_ ? frame_->received() : 0; }

 private:
  /// A request under way; the answers of those behind it wait for its own.
  struct Slot {
    uint32_t frame_bytes = 0;
    std::optional<Response> response;
  };
  /// Progress of a transfer against the least rate.
  struct Transfer {
    int64_t start_ms = 0;
    uint64_t bytes = 0;
    void moved(uint64_t count, int64_t now_ms);
    bool too_slow(int64_t now_ms, const Limits& limits) const;
  };

  bool must_wait();
  void read();
  void on_read(size_t bytes);
  void parse();
  bool begin_frame();
  bool fill_frame();
  void deliver();
  void flush();
  void write();
  void on_written(size_t bytes);
  void fail(const std::string& reason);

  Server& server_;
  boost::asio::ip::tcp::socket socket_;
  const uint64_t id_;
  const std::string peer_;
  const int64_t opened_ms_;

  // Reading: `chunk_` takes what is not the rest of a frame that was begun.
  std::vector<char> chunk_;
  size_t chunk_begin_ = 0;
  size_t chunk_end_ = 0;
  std::shared_ptr<Frame> frame_;
  Transfer reading_;
  bool read_under_way_ = false;
  bool parsing_ = false;
  bool stop_reading_ = false;
  bool waited_ = false;  ///< stopped by a limit since the last look at the deadlines

  // Answers.
  std::deque<Slot> slots_;
  uint64_t first_sequence_ = 0;  ///< of slots_.front()
  uint64_t next_sequence_ = 0;
  uint64_t queued_request_bytes_ = 0;
  std::deque<Slice> out_;
  size_t out_offset_ = 0;  ///< bytes of out_.front() already sent
  uint64_t queued_answer_bytes_ = 0;
  Transfer writing_;
  bool write_under_way_ = false;

  int64_t last_activity_ms_;
  bool closed_ = false;
};

}  // namespace freshet::broker
