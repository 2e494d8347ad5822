#include "log/producer_state.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "base/bytes.h"
#include "record/crc32c.h"

namespace freshet::log {
namespace {

/// version i16 | crc u32 over what follows | count i32 | entries
constexpr int16_t kSnapshotVersion = 1;
constexpr size_t kSnapshotHeaderBytes = 6;
/// producer id i64, epoch i16, last sequence i32, last offset i64, offset delta i32, timestamp i64, coordinator epoch
/// i32, first offset of the open transaction i64
constexpr size_t kSnapshotEntryBytes = 46;

bool follows(int32_t last, int32_t next) {
  return last == std::numeric_limits<int32_t>::max() ? next == 0 : next == last + 1;
}

}  // namespace

ProducerStates::Check ProducerStates::check(const record::BatchView& batch) const {
  if (!batch.idempotent()) return {};
  const auto found = producers_.find(batch.producer_id());
  const int16_t epoch = batch.producer_epoch();
  const int32_t first = batch.base_sequence(), last = batch.last_sequence();
  Check check;
  if (found == producers_.end()) {
    const auto refused = refused_.find(batch.producer_id());
    if (refused == refused_.end() || refused->second.epoch != epoch || refused->second.first_sequence == first) {
      return check;
    }
    check.verdict = ProduceVerdict::kOutOfOrderSequence;
    check.reason = fmt::format("producer {} sent sequence {} before {}, which could not be written",
                               batch.producer_id().value, first, refused->second.first_sequence);
    return check;
  }
  const State& state = found->second;
  if (epoch < state.epoch) {
    check.verdict = ProduceVerdict::kInvalidProducerEpoch;
    check.reason = fmt::format("producer {} wrote with epoch {}, but epoch {} has written already",
                               batch.producer_id().value, epoch, state.epoch);
    return check;
  }
  if (epoch > state.epoch) {
    if (first == 0) return check;
    check.verdict = ProduceVerdict::kOutOfOrderSequence;
    check.reason = fmt::format("producer {} begins epoch {} with sequence {} instead of 0", batch.producer_id().value,
                               epoch, first);
    return check;
  }
  for (size_t i = 0; i < state.cached; ++i) {
    const Batch& known = state.batches[i];
    if (known.first_sequence != first || known.last_sequence != last) continue;
    check.verdict = ProduceVerdict::kDuplicate;
    check.first = Offset(known.last_offset - known.offset_delta);
    check.end = Offset(known.last_offset + 1);
    return check;
  }
  const int32_t expected_after = state.cached == 0 ? -1 : state.batches[state.cached - 1].last_sequence;
  if (follows(expected_after, first)) return check;
  check.verdict = ProduceVerdict::kOutOfOrderSequence;
  check.reason = fmt::format("producer {} sent sequence {} after {}", batch.producer_id().value, first, expected_after);
  return check;
}

void ProducerStates::refused(const record::BatchView& batch) {
  if (!batch.idempotent() || batch.control()) return;
  if (producers_.contains(batch.producer_id())) return;  // its sequences say what comes next
  if (refused_.size() >= kRefusedLimit && !refused_.contains(batch.producer_id())) refused_.erase(refused_.begin());
  const Refused refused{batch.producer_epoch(), batch.base_sequence()};
  const auto [known, fresh] = refused_.try_emplace(batch.producer_id(), refused);
  if (!fresh && known->second.epoch < refused.epoch) known->second = refused;
}

void ProducerStates::record(const record::BatchView& batch, int64_t now_ms) {
  if (!batch.idempotent() || batch.control()) return;
  refused_.erase(batch.producer_id());
  if (producers_.size() >= kProducersLimit && !producers_.contains(batch.producer_id())) evict_oldest();
  State& state = producers_[batch.producer_id()];
  if (state.epoch != batch.producer_epoch()) {
    state.epoch = batch.producer_epoch();
    state.cached = 0;
  }
  if (state.cached == kCachedBatches) {
    std::move(state.batches.begin() + 1, state.batches.end(), state.batches.begin());
    --state.cached;
  }
  state.batches[state.cached++] = {batch.base_sequence(), batch.last_sequence(), batch.last_offset().value,
                                   batch.last_offset_delta()};
  state.written_ms = std::max(state.written_ms, now_ms);
}

void ProducerStates::add_history(const record::BatchView& batch) {
  if (!batch.idempotent() || batch.control()) return;
  const auto found = producers_.find(batch.producer_id());
  if (found == producers_.end() || found->second.epoch != batch.producer_epoch()) return;
  State& state = found->second;
  // The snapshot's own batch stays the last one.
  if (state.cached == 0 || batch.last_offset().value >= state.batches[state.cached - 1].last_offset) return;
  const Batch newest = state.batches[state.cached - 1];
  --state.cached;
  if (state.cached == kCachedBatches - 1) {
    std::move(state.batches.begin() + 1, state.batches.end(), state.batches.begin());
    --state.cached;
  }
  state.batches[state.cached++] = {batch.base_sequence(), batch.last_sequence(), batch.last_offset().value,
                                   batch.last_offset_delta()};
  state.batches[state.cached++] = newest;
}

void ProducerStates::expire(int64_t now_ms) {
  std::erase_if(producers_, [&](const auto& entry) {
    const State& state = entry.second;
    if (state.written_ms == 0) state.written_ms = now_ms;
    return now_ms - state.written_ms >= kExpirationMs;
  });
}

void ProducerStates::evict_oldest() {
  std::vector<int64_t> times;
  times.reserve(producers_.size());
  for (const auto& [id, state] : producers_) times.push_back(state.written_ms);
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 16);
  std::nth_element(times.begin(), middle, times.end());
  size_t left = times.size() / 16 + 1;
  const int64_t limit = *middle;
  std::erase_if(producers_,
                [&](const auto& entry) { return entry.second.written_ms <= limit && left > 0 && left-- > 0; });
}

std::string ProducerStates::encode() const {
  std::string out;
  out.reserve(kSnapshotHeaderBytes + 4 + producers_.size() * kSnapshotEntryBytes);
  append_big(out, kSnapshotVersion);
  append_big(out, uint32_t{0});
  append_big(out, static_cast<int32_t>(producers_.size()));
  std::vector<ProducerId> ids;  // sorted: the same states yield the same bytes
  ids.reserve(producers_.size());
  for (const auto& [id, state] : producers_) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  for (const ProducerId id : ids) {
    const State& state = producers_.at(id);
    const Batch last = state.cached == 0 ? Batch{} : state.batches[state.cached - 1];
    append_big(out, id.value);
    append_big(out, state.epoch);
    append_big(out, last.last_sequence);
    append_big(out, last.last_offset);
    append_big(out, last.offset_delta);
    append_big(out, state.written_ms);
    append_big(out, int32_t{-1});  // coordinator epoch
    append_big(out, int64_t{-1});  // no open transaction
  }
  store_big(out.data() + 2, record::crc32c(std::string_view(out).substr(kSnapshotHeaderBytes)));
  return out;
}

Result<void> ProducerStates::decode(std::string_view snapshot) {
  producers_.clear();
  ByteReader reader(snapshot);
  const auto version = reader.big<int16_t>();
  const auto crc = reader.big<uint32_t>();
  const bool crc_matches = reader.ok() && crc == record::crc32c(reader.rest());
  const auto count = reader.big<int32_t>();
  if (!reader.ok() || version != kSnapshotVersion || !crc_matches || count < 0 ||
      static_cast<uint64_t>(count) * kSnapshotEntryBytes != reader.remaining()) {
    return fail(ErrorCode::kCorrupt, "a producer snapshot is damaged");
  }
  producers_.reserve(static_cast<size_t>(count));
  for (int32_t i = 0; i < count; ++i) {
    State& state = producers_[ProducerId(reader.big<int64_t>())];
    state.epoch = reader.big<int16_t>();
    Batch last;
    last.last_sequence = reader.big<int32_t>();
    last.last_offset = reader.big<int64_t>();
    last.offset_delta = reader.big<int32_t>();
    state.written_ms = std::max<int64_t>(reader.big<int64_t>(), 0);
    reader.skip(12);
    if (last.last_sequence < 0 || last.offset_delta < 0) continue;
    const int64_t first = int64_t{last.last_sequence} - last.offset_delta;
    constexpr int64_t kSequences = int64_t{std::numeric_limits<int32_t>::max()} + 1;
    last.first_sequence = static_cast<int32_t>(first < 0 ? first + kSequences : first);
    state.batches[0] = last;
    state.cached = 1;
  }
  return {};
}

std::vector<ProducerSummary> ProducerStates::summaries() const {
  std::vector<ProducerSummary> list;
  list.reserve(producers_.size());
  for (const auto& [id, state] : producers_) {
    const int32_t last = state.cached == 0 ? -1 : state.batches[static_cast<size_t>(state.cached) - 1].last_sequence;
    list.push_back({id, state.epoch, last, state.written_ms > 0 ? state.written_ms : -1});
  }
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return list;
}

}  // namespace freshet::log
