#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace freshet::broker {

/// The bytes of one request, read from a socket straight into place. Memory grows with what really arrived (realloc,
/// which moves pages and not bytes once they are many), so that an announced size alone costs nothing.
class Frame {
 public:
  /// Received bytes of all frames that still live, whoever holds them. Frames may die on any thread.
  using HeldBytes = std::shared_ptr<std::atomic<uint64_t>>;

  /// `announced`: the size that the client wrote before the frame. `held`, if any, counts its bytes while it lives.
  explicit Frame(uint32_t announced, HeldBytes held = nullptr) : announced_(announced), held_(std::move(held)) {}
  ~Frame() {
    std::free(data_);
    if (held_) *held_ -= received_;
  }
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

  uint32_t announced() const { return announced_; }
  uint32_t received() const { return received_; }
  bool whole() const { return received_ == announced_; }
  std::string_view bytes() const { return {data_, received_}; }
  char* data() { return data_; }
  /// A part of bytes(), to be changed in place.
  std::span<char> writable(std::string_view part) { return {data_ + (part.data() - data_), part.size()}; }

  /// Room for at least one more byte: the free tail is [tail(), tail() + room()). False: no memory.
  bool grow(uint32_t first_bytes) {
    if (received_ < capacity_ || whole()) return true;
    const uint64_t wanted = capacity_ == 0 ? first_bytes : uint64_t{capacity_} * 4;
    const uint32_t next = wanted < announced_ ? static_cast<uint32_t>(wanted) : announced_;
    void* moved = std::realloc(data_, next);
    if (moved == nullptr) return false;
    data_ = static_cast<char*>(moved);
    capacity_ = next;
    return true;
  }
  char* tail() { return data_ + received_; }
  uint32_t room() const { return capacity_ - received_; }
  void advance(uint32_t bytes) {
    received_ += bytes;
    if (held_) *held_ += bytes;
  }

 private:
  const uint32_t announced_;
  const HeldBytes held_;
  uint32_t received_ = 0;
  uint32_t capacity_ = 0;
  char* data_ = nullptr;
};

/// Names one request: answers of a connection go out in the order of `sequence`.
struct RequestId {
  uint64_t connection = 0;
  uint64_t sequence = 0;
};

}  // namespace freshet::broker
