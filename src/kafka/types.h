#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/bytes.h"
#include "base/hash.h"

/// Types that messages share, and the traits by which reader and writer tell the kinds of fields apart.
namespace freshet::kafka {

/// Record batches in a message. Read: looks into the frame, without owner. Written: by reference, never copied; the
/// owner keeps them in place until the response has been sent.
struct Records {
  Slice slice;
  bool is_null = true;

  Records() = default;
  explicit Records(Slice batches) : slice(std::move(batches)), is_null(false) {}
  std::string_view bytes() const { return slice.bytes; }
  bool operator==(const Records& other) const { return is_null == other.is_null && bytes() == other.bytes(); }
};

/// What the *_authorized_operations fields say when nobody asked.
inline constexpr int32_t kNoAuthorizedOperations = std::numeric_limits<int32_t>::min();

enum class IsolationLevel : int8_t { kReadUncommitted = 0, kReadCommitted = 1 };

struct LeaderIdAndEpoch {
  int32_t leader_id = -1;
  int32_t leader_epoch = -1;
  bool operator==(const LeaderIdAndEpoch&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.leader_id);
    io(m.leader_epoch);
  }
};

struct NodeEndpoint {
  int32_t node_id = 0;
  std::string host;
  int32_t port = 0;
  std::optional<std::string> rack;
  bool operator==(const NodeEndpoint&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.node_id);
    io(m.host);
    io(m.port);
    io(m.rack);
  }
};

template <class T>
inline constexpr bool kIsText = std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>;
template <class T>
inline constexpr bool kIsArray = false;
template <class T>
inline constexpr bool kIsArray<std::vector<T>> = true;
template <class T>
inline constexpr bool kIsNullable = false;
template <class T>
inline constexpr bool kIsNullable<std::optional<T>> = true;
/// Its null is a length of -1; that of a nullable structure is a byte of its own.
template <class T>
inline constexpr bool kIsNullableSized = false;
template <class T>
inline constexpr bool kIsNullableSized<std::optional<T>> = kIsText<T> || kIsArray<T>;

}  // namespace freshet::kafka
