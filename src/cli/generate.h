#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The demo's story: what a shop, or a fleet of services, tells in events. A pure function of its seed and of the times
/// it is given: no clock, no randomness of its own, about 3 million events a second on one core.
///
/// Stream `events` (template telemetry): 10,000 users, Zipf distributed, each on a walk view → cart → checkout in one
/// project; which project is busy follows a wave over the day, each with its own peak. Every two minutes one project
/// answers with errors for ten seconds.
/// Stream `logs` (template sre-errors): services log what they do; in the burst one of them fails slowly.
namespace freshet::cli {

struct GeneratedEvent {
  std::string_view key;    ///< the user, or the host: what belongs together lies in one partition
  std::string_view value;  ///< one JSON object
};

/// Belongs to one thread.
class Generator {
 public:
  enum class Story { kEvents, kLogs };
  static constexpr int kUsers = 10'000;
  static constexpr int64_t kBurstEveryMs = 120'000;
  static constexpr int64_t kBurstLengthMs = 10'000;

  /// The story is told by `seed`. Event ids come from `id_seed` and the event's number: the same pair of seeds gives
  /// the same ids again, another one gives ids that are all different.
  Generator(Story story, uint64_t seed, uint64_t id_seed);

  /// The next event, at `now_ms` since 1970. Its views look into the generator until the next call.
  GeneratedEvent next(int64_t now_ms);
  /// How many were made.
  uint64_t count() const { return count_; }

  /// Whether `now_ms` lies in an error burst.
  static bool is_burst(int64_t now_ms) { return now_ms % kBurstEveryMs < kBurstLengthMs; }

 private:
  struct Visitor {
    uint8_t stage = 0;  ///< 0 looks around, 1 viewed, 2 has a cart
    uint8_t project = 0;
    uint16_t price_cents_100 = 0;
  };

  uint64_t random();
  double uniform();
  uint32_t zipf_user();
  void advance_time(int64_t now_ms);
  uint32_t busy_project();
  void write_head(int64_t now_ms);
  GeneratedEvent next_event(int64_t now_ms);
  GeneratedEvent next_log(int64_t now_ms);

  Story story_;
  uint64_t state_;
  uint64_t id_seed_;
  uint64_t count_ = 0;
  std::vector<double> alias_chance_;
  std::vector<uint32_t> alias_other_;
  std::vector<Visitor> visitors_;
  std::array<double, 8> project_weights_{};  ///< cumulative, of the current minute
  int64_t weights_minute_ = -1;
  int64_t second_ = -1;
  std::array<char, 20> second_text_{};  ///< "2026-01-18T12:34:56."
  std::string key_;
  std::string value_;
};

}  // namespace freshet::cli
