#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/random.h"
#include "sim/timeline.h"

namespace freshet::sim {

/// An event that a producer was asked to send. Its number is its id: "e17".
struct Event {
  bool acknowledged = false;
  bool abandoned = false;  ///< its topic was deleted meanwhile: it may be anywhere, or nowhere
  bool bad = false;        ///< no decoder takes it
  std::string value;
};

class Events {
 public:
  /// Number of a new one.
  size_t make(Random& random, int64_t wall_ms) {
    Event event;
    event.bad = random.chance(0.03);
    const std::string id = "e" + std::to_string(list_.size());
    const int64_t months_ago = static_cast<int64_t>(random.chance(0.1) ? random.below(3) : 0);
    event.value = "{\"event_id\": \"" + id +
                  "\", \"ts\": " + std::to_string(wall_ms - months_ago * 30 * 24 * 3'600'000) + ", \"project\": \"p" +
                  std::to_string(random.below(5)) +
                  "\", \"amount\": " + (event.bad ? std::string("\"none\"") : std::to_string(random.below(1000))) + "}";
    list_.push_back(std::move(event));
    return list_.size() - 1;
  }
  Event& at(size_t number) { return list_[number]; }
  const std::vector<Event>& list() const { return list_; }

 private:
  std::vector<Event> list_;
};

}  // namespace freshet::sim
