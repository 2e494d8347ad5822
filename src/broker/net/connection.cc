#include "broker/net/connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <cstring>

namespace freshet::broker {
namespace {
namespace asio = boost::asio;

constexpr size_t kChunkBytes = 16 << 10;
constexpr uint32_t kSizePrefixBytes = 4;
constexpr uint32_t kLeastFrameBytes = 8;  ///< api key, version, correlation id
constexpr size_t kGatherPieces = 64;
constexpr uint64_t kProgressWindowBytes = 1 << 20;
}  // namespace

void Connection::Transfer::moved(uint64_t count, int64_t now_ms) {
  bytes += count;
  // A new window now and then: what was fast an hour ago is no credit for stalling now.
  if (bytes >= kProgressWindowBytes) *this = {now_ms, 0};
}

bool Connection::Transfer::too_slow(int64_t now_ms, const Limits& limits) const {
  const auto earned_ms = static_cast<int64_t>(bytes) * 1000 / limits.transfer_min_bytes_per_s;
  return now_ms > start_ms + limits.transfer_grace_ms + earned_ms;
}

Connection::Connection(Server& server, asio::ip::tcp::socket socket, uint64_t id, std::string peer)
    : server_(server),
      socket_(std::move(socket)),
      id_(id),
      peer_(std::move(peer)),
      opened_ms_(server.now_ms()),
      chunk_(kChunkBytes),
      last_activity_ms_(opened_ms_) {}

/// Back-pressure: too many requests or bytes under way here, or too many bytes held for all clients.
bool Connection::must_wait() {
  const Limits& limits = server_.limits_;
  if (slots_.size() >= static_cast<size_t>(limits.max_requests_in_flight) ||
      queued_request_bytes_ >= limits.max_queued_request_bytes ||
      queued_answer_bytes_ >= limits.max_queued_answer_bytes) {
    waited_ = true;
    return true;
  }
  if (!server_.may_hold_more(frame_ ? frame_->announced() : 0)) {
    server_.wait_for_memory(id_);
    waited_ = true;
    return true;
  }
  return false;
}

void Connection::resume() {
  if (closed_ || parsing_) return;
  parse();
  read();
}

void Connection::read() {
  if (closed_ || stop_reading_ || read_under_way_ || must_wait()) return;
  if (frame_ && !frame_->grow(server_.limits_.first_frame_buffer_bytes)) return fail("no memory for its request");
  if (chunk_begin_ > 0) {
    std::memmove(chunk_.data(), chunk_.data() + chunk_begin_, chunk_end_ - chunk_begin_);
    chunk_end_ -= chunk_begin_;
    chunk_begin_ = 0;
  }
  // The rest of a frame goes straight to its place, and what follows it to the chunk, in one call.
  std::array<asio::mutable_buffer, 2> buffers;
  if (frame_) {
    buffers[0] = asio::buffer(frame_->tail(), frame_->room());
    const bool reaches_end = frame_->received() + frame_->room() == frame_->announced();
    if (reaches_end) buffers[1] = asio::buffer(chunk_.data() + chunk_end_, chunk_.size() - chunk_end_);
  } else {
    buffers[0] = asio::buffer(chunk_.data() + chunk_end_, chunk_.size() - chunk_end_);
  }
  read_under_way_ = true;
  socket_.async_read_some(buffers, [self = shared_from_this()](const boost::system::error_code& error, size_t bytes) {
    self->read_under_way_ = false;
    if (self->closed_) return;
    if (error) {
      self->close();
      return;
    }
    self->on_read(bytes);
  });
}

void Connection::on_read(size_t bytes) {
  last_activity_ms_ = server_.now_ms();
  server_.stats_.bytes_in += bytes;
  if (frame_) {
    const auto taken = static_cast<uint32_t>(std::min<size_t>(bytes, frame_->room()));
    frame_->advance(taken);
    reading_.moved(taken, last_activity_ms_);
    bytes -= taken;
  }
  chunk_end_ += bytes;
  parse();
  read();
}

/// Takes whole frames out of what was read, as long as the limits let it.
void Connection::parse() {
  parsing_ = true;
  while (!closed_) {
    if (frame_ && frame_->whole()) {
      deliver();
      continue;
    }
    if (chunk_begin_ == chunk_end_ || stop_reading_) break;
    if (frame_) {
      if (!fill_frame()) break;
      continue;
    }
    if (must_wait() || !begin_frame()) break;
  }
  parsing_ = false;
}

bool Connection::begin_frame() {
  constexpr size_t kFrontBytes = 2;
  if (chunk_end_ - chunk_begin_ < kSizePrefixBytes + kFrontBytes) {
    if (reading_.bytes == 0) reading_ = {last_activity_ms_, 1};
    return false;
  }
  const auto size = load_big<uint32_t>(chunk_.data() + chunk_begin_);
  const uint32_t most = server_.handler_.frame_limit({chunk_.data() + chunk_begin_ + kSizePrefixBytes, kFrontBytes});
  if (size < kLeastFrameBytes || size > most) {
    fail(fmt::format("it announced a request of {} bytes; between {} and {} are accepted", static_cast<int32_t>(size),
                     kLeastFrameBytes, most));
    return false;
  }
  chunk_begin_ += kSizePrefixBytes;
  frame_ = std::make_shared<Frame>(size, server_.held_);
  reading_ = {last_activity_ms_, 0};
  return true;
}

bool Connection::fill_frame() {
  if (!frame_->grow(server_.limits_.first_frame_buffer_bytes)) {
    fail("no memory for its request");
    return false;
  }
  const auto taken = static_cast<uint32_t>(std::min<size_t>(chunk_end_ - chunk_begin_, frame_->room()));
  std::memcpy(frame_->tail(), chunk_.data() + chunk_begin_, taken);
  frame_->advance(taken);
  chunk_begin_ += taken;
  return true;
}

void Connection::deliver() {
  slots_.push_back({frame_->announced(), std::nullopt});
  queued_request_bytes_ += frame_->announced();
  const RequestId id{id_, next_sequence_++};
  reading_ = {};
  server_.handler_.on_frame(id, std::exchange(frame_, nullptr));
}

void Connection::answer(uint64_t sequence, Response response) {
  if (closed_ || sequence < first_sequence_ || sequence - first_sequence_ >= slots_.size()) return;
  if (const uint64_t size = response.size_bytes(); size > server_.limits_.max_answer_bytes) {
    return fail(
        fmt::format("its answer would have {} bytes; at most {} are sent", size, server_.limits_.max_answer_bytes));
  }
  queued_answer_bytes_ += response.size_bytes();
  slots_[sequence - first_sequence_].response = std::move(response);
  flush();
}

/// Moves what is answered, up to the first request that is not, to the socket.
void Connection::flush() {
  uint64_t released = 0;
  while (!slots_.empty() && slots_.front().response) {
    released += slots_.front().frame_bytes;
    for (Slice& piece : slots_.front().response->pieces) out_.push_back(std::move(piece));
    slots_.pop_front();
    ++first_sequence_;
  }
  if (released > 0) {
    queued_request_bytes_ -= released;
    last_activity_ms_ = server_.now_ms();
    const auto self = shared_from_this();
    write();
    resume();
  }
}

void Connection::write() {
  if (closed_ || write_under_way_ || out_.empty()) return;
  if (writing_.start_ms == 0) writing_ = {server_.now_ms(), 0};
  std::vector<asio::const_buffer> buffers;
  buffers.reserve(std::min(out_.size(), kGatherPieces));
  for (const Slice& piece : out_) {
    if (buffers.size() == kGatherPieces) break;
    buffers.emplace_back(piece.bytes.data(), piece.bytes.size());
  }
  buffers.front() += out_offset_;
  write_under_way_ = true;
  socket_.async_write_some(buffers, [self = shared_from_this()](const boost::system::error_code& error, size_t bytes) {
    self->write_under_way_ = false;
    if (self->closed_) return;
    if (error) {
      self->close();
      return;
    }
    self->on_written(bytes);
  });
}

void Connection::on_written(size_t bytes) {
  last_activity_ms_ = server_.now_ms();
  server_.stats_.bytes_out += bytes;
  writing_.moved(bytes, last_activity_ms_);
  queued_answer_bytes_ -= bytes;
  while (bytes > 0) {
    const size_t left = out_.front().bytes.size() - out_offset_;
    if (bytes < left) {
      out_offset_ += bytes;
      break;
    }
    bytes -= left;
    out_.pop_front();
    out_offset_ = 0;
  }
  if (out_.empty()) writing_ = {};
  write();
  resume();
}

std::optional<std::string> Connection::overdue(int64_t now_ms) {
  const Limits& limits = server_.limits_;
  const bool partial = frame_ || reading_.bytes > 0;
  if (partial) {
    if (std::exchange(waited_, false)) reading_.start_ms = now_ms;  // its silence was our doing
    if (reading_.too_slow(now_ms, limits)) return "it began a request and did not finish it in time";
  }
  if (!out_.empty() && writing_.too_slow(now_ms, limits)) return "it does not read its answers";
  if (!finished_a_request() && now_ms > opened_ms_ + limits.first_request_timeout_ms) return "it never sent a request";
  if (!partial && all_answered() && now_ms > last_activity_ms_ + limits.idle_timeout_ms) return "it was idle";
  return std::nullopt;
}

void Connection::fail(const std::string& reason) { server_.close(id_, reason); }

void Connection::close() {
  if (std::exchange(closed_, true)) return;
  boost::system::error_code ignored;
  socket_.close(ignored);
  frame_.reset();
  slots_.clear();
  out_.clear();
  const auto self = shared_from_this();
  server_.forget(id_);
}

}  // namespace freshet::broker
