#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace freshet::kafka {

/// The bytes of one message as a list of pieces: own bytes, and slices of the log in place, in the order in which they
/// are sent. Movable; one thread at a time. Slices are kept alive by their owners until this object is gone.
class Pieces {
 public:
  /// Own bytes are appended here.
  std::string& own() { return own_; }
  /// Copies small slices into the own bytes (a system call's entry costs more), keeps large ones by reference.
  void append(const Slice& slice) {
    if (slice.bytes.size() <= kCopyBelow) {
      own_.append(slice.bytes);
      return;
    }
    cuts_.push_back({own_.size(), slice});
    referenced_bytes_ += slice.bytes.size();
  }

  size_t size_bytes() const { return own_.size() + referenced_bytes_; }
  /// Looks into this object and the slices: valid until it is moved, changed or destroyed.
  std::vector<std::string_view> views() const {
    std::vector<std::string_view> views;
    size_t from = 0;
    const std::string_view own = own_;
    for (const Cut& cut : cuts_) {
      if (cut.own_end > from) views.push_back(own.substr(from, cut.own_end - from));
      views.push_back(cut.slice.bytes);
      from = cut.own_end;
    }
    if (own.size() > from) views.push_back(own.substr(from));
    return views;
  }
  /// One copy of everything, for tests.
  std::string joined() const {
    std::string all;
    all.reserve(size_bytes());
    for (std::string_view view : views()) all.append(view);
    return all;
  }

 private:
  static constexpr size_t kCopyBelow = 512;
  struct Cut {
    size_t own_end;  ///< own bytes before this slice
    Slice slice;
  };
  std::string own_;
  std::vector<Cut> cuts_;
  size_t referenced_bytes_ = 0;
};

}  // namespace freshet::kafka
