#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "broker/core/call.h"
#include "broker/core/catalog.h"
#include "broker/core/fetch_sessions.h"
#include "kafka/fetch.h"

namespace freshet::broker {

/// A fetch with the partitions that it wants.
struct Fetch {
  Call call;
  std::shared_ptr<FetchSession> session;  ///< its partitions; with id 0 for this one request only
  bool only_changes = false;              ///< incremental: leave out partitions without news
  kafka::IsolationLevel isolation = kafka::IsolationLevel::kReadUncommitted;
  int32_t min_bytes = 0;
  int32_t max_bytes = 0;
  int64_t deadline_us = 0;
};

/// Answers fetches at once where there is enough to send, and parks the others until a high watermark moves or their
/// time is up. One thread at a time; time is a parameter.
class Fetcher {
 public:
  using Answer = std::function<void(const Call&, const kafka::FetchResponse&)>;
  Fetcher(const Limits& limits, uint64_t session_seed, const Catalog& catalog, Answer answer)
      : catalog_(catalog), sessions_(limits, session_seed), answer_(std::move(answer)) {}

  FetchSessions& sessions() { return sessions_; }
  void start(Fetch fetch, int64_t now_us);
  /// The log has more to read, or is gone.
  void advanced(const log::PartitionLog* log);
  void expire(int64_t now_us);
  int64_t next_deadline_us() const;
  /// Its fetches are dropped.
  void disconnected(uint64_t connection);
  size_t parked() const { return parked_.size(); }

 private:
  struct Parked {
    Fetch fetch;
    std::vector<const log::PartitionLog*> watched;
  };
  /// Nothing when there is too little to send and it may still wait.
  std::optional<kafka::FetchResponse> evaluate(Fetch& fetch, bool may_wait);
  void park(Fetch fetch);
  void unpark(uint64_t id);

  const Catalog& catalog_;
  FetchSessions sessions_;
  const Answer answer_;
  uint64_t next_id_ = 1;
  std::unordered_map<uint64_t, Parked> parked_;
  std::multimap<int64_t, uint64_t> deadlines_;
  std::unordered_map<const log::PartitionLog*, std::vector<uint64_t>> watchers_;
};

}  // namespace freshet::broker
