#include <algorithm>

#include "broker/core/handlers.h"

/// Fetch: which partitions are meant (sessions, KIP-227), then over to the Fetcher.
namespace freshet::broker {
namespace {

using kafka::FetchRequest;
using kafka::FetchResponse;
using kafka::KafkaError;

constexpr int16_t kTopicIdsSince = 13;
constexpr int32_t kNewSessionEpoch = 0;
constexpr int32_t kNoSessionEpoch = -1;

FetchPartition to_partition(const FetchRequest::Topic& topic, const FetchRequest::Partition& partition) {
  FetchPartition wanted;
  wanted.topic_id = topic.id;
  wanted.topic = topic.name;
  wanted.index = partition.index;
  wanted.fetch_offset = partition.fetch_offset;
  wanted.max_bytes = partition.max_bytes;
  wanted.leader_epoch = partition.current_leader_epoch;
  return wanted;
}

void update(FetchSession& session, const FetchRequest& request) {
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) session.update(to_partition(topic, partition));
  }
  for (const auto& topic : request.forgotten_topics) {
    for (const int32_t index : topic.partitions) session.forget(topic.id, std::string(topic.name), index);
  }
}

size_t partition_count(const FetchRequest& request) {
  size_t count = 0;
  for (const auto& topic : request.topics) count += topic.partitions.size();
  return count;
}

/// A fetch that names all its partitions: with a new session where the client wants one and there is room.
std::shared_ptr<FetchSession> full_session(Core& core, const Call& call, const FetchRequest& request) {
  FetchSessions& sessions = core.fetcher().sessions();
  if (request.session_id != 0) sessions.remove(request.session_id);
  std::shared_ptr<FetchSession> session;
  const size_t count = partition_count(request);
  const bool fits = count > 0 && count <= static_cast<size_t>(core.limits().max_session_partitions);
  if (request.session_epoch == kNewSessionEpoch && fits) session = sessions.create(core.now().steady_us / 1000);
  if (!session) session = std::make_shared<FetchSession>();
  session->by_topic_id = call.version >= kTopicIdsSince;
  update(*session, request);
  return session;
}

/// The session that an incremental fetch continues, or the error that makes the client begin a new one.
std::shared_ptr<FetchSession> continued_session(Core& core, const Call& call, const FetchRequest& request,
                                                KafkaError& error) {
  auto session = core.fetcher().sessions().find(request.session_id);
  if (!session) {
    error = KafkaError::kFetchSessionIdNotFound;
  } else if (session->by_topic_id != (call.version >= kTopicIdsSince)) {
    error = KafkaError::kFetchSessionTopicIdError;
  } else if (session->epoch != request.session_epoch) {
    error = KafkaError::kInvalidFetchSessionEpoch;
  } else if (session->partitions().size() + partition_count(request) >
             2 * static_cast<size_t>(core.limits().max_session_partitions)) {
    core.fetcher().sessions().remove(request.session_id);
    error = KafkaError::kFetchSessionIdNotFound;
  }
  if (error != KafkaError::kNone) return nullptr;
  session->epoch = FetchSessions::next_epoch(session->epoch);
  session->used_ms = core.now().steady_us / 1000;
  update(*session, request);
  return session;
}

}  // namespace

void handle(Core& core, const Call& call, const FetchRequest& request) {
  Fetch fetch;
  fetch.call = call;
  fetch.call.frame.reset();  // the session has copied what it needs
  fetch.isolation = request.isolation;
  fetch.min_bytes = request.min_bytes;
  fetch.max_bytes = std::min(request.max_bytes, core.limits().max_fetch_bytes);
  const int64_t wait_ms = std::clamp(request.max_wait_ms, 0, core.limits().max_fetch_wait_ms);
  fetch.deadline_us = core.now().steady_us + wait_ms * 1000;
  if (request.session_epoch == kNewSessionEpoch || request.session_epoch == kNoSessionEpoch) {
    fetch.session = full_session(core, call, request);
  } else {
    FetchResponse response;
    fetch.session = continued_session(core, call, request, response.error);
    if (!fetch.session) return core.reply(call, response);
    fetch.only_changes = true;
  }
  core.fetcher().start(std::move(fetch), core.now().steady_us);
}

}  // namespace freshet::broker
