#include "broker/core/fetch_sessions.h"

#include <algorithm>
#include <string_view>
#include <tuple>

namespace freshet::broker {

void FetchSession::update(const FetchPartition& wanted) {
  const Key key{wanted.topic_id, wanted.topic, wanted.index};
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    partitions_.push_back(wanted);
    by_key_.emplace(key, std::prev(partitions_.end()));
    return;
  }
  FetchPartition& known = *found->second;
  known.fetch_offset = wanted.fetch_offset;
  known.max_bytes = wanted.max_bytes;
  known.leader_epoch = wanted.leader_epoch;
}

void FetchSession::forget(const Uuid& topic_id, const std::string& topic, int32_t index) {
  const auto found = by_key_.find({topic_id, topic, index});
  if (found == by_key_.end()) return;
  partitions_.erase(found->second);
  by_key_.erase(found);
}

void FetchSession::move_to_end(std::list<FetchPartition>::iterator partition) {
  partitions_.splice(partitions_.end(), partitions_, partition);
}

std::shared_ptr<FetchSession> FetchSessions::create(int64_t now_ms) {
  if (sessions_.size() >= static_cast<size_t>(limits_.max_fetch_sessions)) {
    const auto oldest = std::min_element(sessions_.begin(), sessions_.end(), [](const auto& a, const auto& b) {
      return a.second->used_ms < b.second->used_ms;
    });
    if (oldest == sessions_.end() || now_ms - oldest->second->used_ms < limits_.fetch_session_idle_ms) return nullptr;
    sessions_.erase(oldest);
  }
  int32_t id = 0;
  while (id == 0 || sessions_.contains(id)) {
    const uint64_t mixed[2] = {seed_, ++created_};
    id = static_cast<int32_t>(hash64({reinterpret_cast<const char*>(mixed), sizeof mixed}) & INT32_MAX);
  }
  auto session = std::make_shared<FetchSession>();
  session->id = id;
  session->epoch = 1;
  session->used_ms = now_ms;
  sessions_.emplace(id, session);
  return session;
}

std::shared_ptr<FetchSession> FetchSessions::find(int32_t id) const {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : found->second;
}

}  // namespace freshet::broker
