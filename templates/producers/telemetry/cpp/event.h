#pragma once

#include <chrono>
#include <string>

/// A product event of the stream {{stream}}. Replace it by your own.
struct Event {
  std::string event_id;
  std::chrono::system_clock::time_point ts;
  std::string user_id;
  std::string project;
  std::string action;
  double amount = 0;

  /// Events of one user stay in order: they go to one partition.
  const std::string& key() const { return user_id; }

  /// One JSON object as UTF-8. std::invalid_argument for what JSON or Freshet could not keep: NaN, text that is no
  /// UTF-8, no id.
  std::string to_json() const;
};

/// An example: somebody looks at things, puts some in the cart, buys few.
Event make_event();
