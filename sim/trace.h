#pragma once

#include <fmt/format.h>

#include <deque>
#include <string>

#include "sim/timeline.h"

namespace freshet::sim {

/// What happened, of which the tail is shown when a run fails. Also where a failure is noted.
class Trace {
 public:
  Trace(const Timeline& timeline, bool live) : timeline_(timeline), live_(live) {}

  template <class... Args>
  void operator()(fmt::format_string<Args...> format, Args&&... args) {
    add(fmt::format(format, std::forward<Args>(args)...));
  }
  /// Something that must never be: the first such sentence ends the run.
  template <class... Args>
  void violation(fmt::format_string<Args...> format, Args&&... args) {
    std::string text = fmt::format(format, std::forward<Args>(args)...);
    add("VIOLATION: " + text);
    if (failure_.empty()) failure_ = std::move(text);
  }
  const std::string& failure() const { return failure_; }
  const std::deque<std::string>& tail() const { return lines_; }

 private:
  static constexpr size_t kTailLines = 80;
  void add(std::string text) {
    lines_.push_back(fmt::format("{:>12.6f} {}", static_cast<double>(timeline_.now_us()) / 1e6, text));
    if (live_) fmt::print("{}\n", lines_.back());
    if (lines_.size() > kTailLines) lines_.pop_front();
  }

  const Timeline& timeline_;
  const bool live_;
  std::deque<std::string> lines_;
  std::string failure_;
};

}  // namespace freshet::sim
