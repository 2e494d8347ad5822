#pragma once

#include <fmt/format.h>

#include <string_view>

/// Log lines of the program (not the event log): one line each on stderr, `2026-11-22T12:00:00.123Z WARN engine: …`.
/// Thread-safe. `component` is the layer or part that speaks.
namespace freshet {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

void set_log_level(LogLevel level);
void log_line(LogLevel level, std::string_view component, std::string_view message);

template <class... Args>
void log_info(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::kInfo, component, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_warn(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::kWarn, component, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_error(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::kError, component, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace freshet
