#pragma once

#include <chrono>
#include <cstdint>
#include <string>

/// A log event of the stream {{stream}}. Replace it by your own.
struct Event {
  std::string event_id;
  std::chrono::system_clock::time_point ts;
  std::string service;
  std::string level;
  std::string message;
  std::string host;
  std::string trace_id;
  uint16_t status = 0;
  double duration_ms = 0;

  /// Events of one service stay in order: they go to one partition.
  const std::string& key() const { return service; }

  /// One JSON object as UTF-8. std::invalid_argument for what JSON or Freshet could not keep: NaN, text that is no
  /// UTF-8, no id.
  std::string to_json() const;
};

/// An example: services that mostly answer, and sometimes do not.
Event make_event();
