#include "broker/core/fetcher.h"

#include <algorithm>
#include <limits>

#include "kafka/errors.h"

namespace freshet::broker {
namespace {

using kafka::KafkaError;
using Answered = kafka::FetchResponse::Partition;

Answered refused(int32_t index, KafkaError error) {
  Answered answered;
  answered.index = index;
  answered.error = error;
  answered.high_watermark = -1;
  answered.records = kafka::Records(Slice{});
  return answered;
}

/// One partition, at most `limit` bytes; `first`: nothing was read for this answer yet, so one batch may be larger.
Answered read_partition(const log::PartitionLog& log, const FetchPartition& wanted, size_t limit, bool first,
                        kafka::IsolationLevel isolation) {
  if (wanted.leader_epoch > 0) return refused(wanted.index, KafkaError::kUnknownLeaderEpoch);
  const Offset high_watermark = log.high_watermark();
  Answered answered;
  answered.index = wanted.index;
  answered.high_watermark = high_watermark.value;
  answered.last_stable_offset = high_watermark.value;
  answered.log_start_offset = log.log_start().value;
  answered.records = kafka::Records(Slice{});
  if (isolation == kafka::IsolationLevel::kReadCommitted) answered.aborted_transactions.emplace();
  const int64_t from = wanted.fetch_offset;
  if (from < answered.log_start_offset || from > std::max(high_watermark, log.log_end()).value) {
    return refused(wanted.index, KafkaError::kOffsetOutOfRange);
  }
  if (from >= high_watermark.value || limit == 0) return answered;
  const size_t most = std::min<size_t>(limit, static_cast<size_t>(std::max(wanted.max_bytes, 0)));
  Result<log::Read> read = log.read(Offset(from), most);
  if (!read) {
    const bool range = read.error().code == ErrorCode::kOffsetOutOfRange;
    return refused(wanted.index, range ? KafkaError::kOffsetOutOfRange : KafkaError::kKafkaStorageError);
  }
  // The log gives at least one batch; only the first of an answer may exceed what was asked for.
  if (first || read->batches.bytes.size() <= most) answered.records = kafka::Records(std::move(read->batches));
  return answered;
}

void add(kafka::FetchResponse& response, const FetchPartition& wanted, Answered answered) {
  const bool same = !response.topics.empty() && response.topics.back().id == wanted.topic_id &&
                    response.topics.back().name == wanted.topic;
  if (!same) {
    auto& topic = response.topics.emplace_back();
    topic.name = wanted.topic;
    topic.id = wanted.topic_id;
  }
  response.topics.back().partitions.push_back(std::move(answered));
}

/// Whether the partition has something that its client does not know.
bool is_news(const FetchPartition& wanted, const Answered& answered) {
  return !answered.records.bytes().empty() || answered.error != KafkaError::kNone || wanted.told_error ||
         wanted.told_high_watermark != answered.high_watermark || wanted.told_log_start != answered.log_start_offset;
}

}  // namespace

std::optional<kafka::FetchResponse> Fetcher::evaluate(Fetch& fetch, bool may_wait) {
  struct Entry {
    std::list<FetchPartition>::iterator wanted;
    Answered answered;
  };
  std::list<FetchPartition>& partitions = fetch.session->partitions();
  std::vector<Entry> entries;
  entries.reserve(partitions.size());
  size_t size = 0;
  bool urgent = false;
  const auto limit = static_cast<size_t>(std::max(fetch.max_bytes, 0));
  for (auto wanted = partitions.begin(); wanted != partitions.end(); ++wanted) {
    const auto topic = wanted->topic_id.is_zero() ? catalog_.find(wanted->topic) : catalog_.find(wanted->topic_id);
    const auto* log = topic ? topic->partition(wanted->index) : nullptr;
    Answered answered;
    if (log == nullptr) {
      const bool unknown_id = !topic && !wanted->topic_id.is_zero();
      answered =
          refused(wanted->index, unknown_id ? KafkaError::kUnknownTopicId : KafkaError::kUnknownTopicOrPartition);
    } else {
      // A limit of 0 still lets one batch through, so that a client with a tiny one gets on.
      const size_t left = size == 0 ? std::max<size_t>(limit, 1) : limit > size ? limit - size : 0;
      answered = read_partition(**log, *wanted, left, size == 0, fetch.isolation);
    }
    size += answered.records.bytes().size();
    urgent = urgent || answered.error != KafkaError::kNone;
    entries.push_back({wanted, std::move(answered)});
  }
  if (may_wait && !urgent && size < static_cast<size_t>(std::max(fetch.min_bytes, 0))) return std::nullopt;

  kafka::FetchResponse response;
  response.session_id = fetch.session->id;
  for (Entry& entry : entries) {
    FetchPartition& wanted = *entry.wanted;
    if (fetch.only_changes && !is_news(wanted, entry.answered)) continue;
    wanted.told_high_watermark = entry.answered.high_watermark;
    wanted.told_log_start = entry.answered.log_start_offset;
    wanted.told_error = entry.answered.error != KafkaError::kNone;
    if (!entry.answered.records.bytes().empty()) fetch.session->move_to_end(entry.wanted);
    add(response, wanted, std::move(entry.answered));
  }
  return response;
}

void Fetcher::start(Fetch fetch, int64_t now_us) {
  const bool may_wait = fetch.deadline_us > now_us && fetch.min_bytes > 0;
  if (const auto response = evaluate(fetch, may_wait)) return answer_(fetch.call, *response);
  park(std::move(fetch));
}

void Fetcher::park(Fetch fetch) {
  const uint64_t id = next_id_++;
  Parked parked{std::move(fetch), {}};
  for (const FetchPartition& wanted : parked.fetch.session->partitions()) {
    const auto topic = wanted.topic_id.is_zero() ? catalog_.find(wanted.topic) : catalog_.find(wanted.topic_id);
    const auto* log = topic ? topic->partition(wanted.index) : nullptr;
    if (log == nullptr) continue;
    parked.watched.push_back(log->get());
    watchers_[log->get()].push_back(id);
  }
  deadlines_.emplace(parked.fetch.deadline_us, id);
  parked_.emplace(id, std::move(parked));
}

void Fetcher::unpark(uint64_t id) {
  const auto found = parked_.find(id);
  if (found == parked_.end()) return;
  for (const log::PartitionLog* log : found->second.watched) {
    const auto watched = watchers_.find(log);
    if (watched == watchers_.end()) continue;
    std::erase(watched->second, id);
    if (watched->second.empty()) watchers_.erase(watched);
  }
  const auto [first, last] = deadlines_.equal_range(found->second.fetch.deadline_us);
  const auto deadline = std::find_if(first, last, [&](const auto& entry) { return entry.second == id; });
  if (deadline != last) deadlines_.erase(deadline);
  parked_.erase(found);
}

void Fetcher::advanced(const log::PartitionLog* log) {
  const auto watched = watchers_.find(log);
  if (watched == watchers_.end()) return;
  const std::vector<uint64_t> waiting = watched->second;
  for (const uint64_t id : waiting) {
    const auto found = parked_.find(id);
    if (found == parked_.end()) continue;
    const auto response = evaluate(found->second.fetch, true);
    if (!response) continue;
    const Call call = found->second.fetch.call;
    unpark(id);
    answer_(call, *response);
  }
}

void Fetcher::expire(int64_t now_us) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now_us) {
    const uint64_t id = deadlines_.begin()->second;
    Fetch& fetch = parked_.at(id).fetch;
    const auto response = evaluate(fetch, false);
    const Call call = fetch.call;
    unpark(id);
    answer_(call, *response);
  }
}

int64_t Fetcher::next_deadline_us() const {
  return deadlines_.empty() ? std::numeric_limits<int64_t>::max() : deadlines_.begin()->first;
}

void Fetcher::disconnected(uint64_t connection) {
  std::vector<uint64_t> gone;
  for (const auto& [id, parked] : parked_) {
    if (parked.fetch.call.id.connection == connection) gone.push_back(id);
  }
  for (const uint64_t id : gone) unpark(id);
}

}  // namespace freshet::broker
