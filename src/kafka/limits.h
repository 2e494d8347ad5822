#pragma once

#include <cstddef>
#include <cstdint>

/// What a frame may cost, checked before anything is allocated for it.
namespace freshet::kafka {

/// Elements of all arrays of one message together. A frame of 1-byte strings would otherwise cost sixteen times its
/// size.
inline constexpr size_t kMaxElements = 250'000;
/// Kafka's socket.request.max.bytes: a frame's size without its own four bytes.
inline constexpr int32_t kMaxFrameBytes = 100 << 20;
/// A frame of anything but Produce: no honest request comes near.
inline constexpr int32_t kMaxSmallFrameBytes = 8 << 20;

}  // namespace freshet::kafka
