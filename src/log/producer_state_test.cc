#include "log/producer_state.h"

#include <gtest/gtest.h>

#include "log/log_test_batches.h"

namespace freshet::log {
namespace {

using enum ProduceVerdict;

struct Producers {
  ProducerStates states;
  Offset next{0};

  ProduceVerdict send(int64_t id, int16_t epoch, int32_t sequence, int count, int64_t now_ms = 1) {
    std::string bytes = test_batch(count, 5, {ProducerId(id), epoch, sequence});
    record::set_base_offset(bytes.data(), next);
    const auto batch = *record::BatchView::parse(bytes);
    const ProducerStates::Check check = states.check(batch);
    if (check.verdict == kAppended) {
      states.record(batch, now_ms);
      next = batch.next_offset();
    }
    last = check;
    return check.verdict;
  }
  ProducerStates::Check last;
};

TEST(ProducerState, TellsInOrderDuplicateAndGapApart) {
  Producers p;
  EXPECT_EQ(p.send(1, 0, 0, 3), kAppended);
  EXPECT_EQ(p.send(1, 0, 3, 2), kAppended);
  EXPECT_EQ(p.send(1, 0, 0, 3), kDuplicate);
  EXPECT_EQ(p.last.first, Offset(0));
  EXPECT_EQ(p.last.end, Offset(3));
  EXPECT_EQ(p.send(1, 0, 3, 2), kDuplicate);
  EXPECT_EQ(p.last.first, Offset(3));
  EXPECT_EQ(p.send(1, 0, 7, 1), kOutOfOrderSequence);
  EXPECT_FALSE(p.last.reason.empty());
  EXPECT_EQ(p.send(1, 0, 5, 1), kAppended);
}

TEST(ProducerState, RemembersFiveBatches) {
  Producers p;
  for (int i = 0; i < 6; ++i) EXPECT_EQ(p.send(1, 0, i, 1), kAppended);
  for (int i = 1; i < 6; ++i) EXPECT_EQ(p.send(1, 0, i, 1), kDuplicate);
  EXPECT_EQ(p.send(1, 0, 0, 1), kOutOfOrderSequence);
}

TEST(ProducerState, EpochsFenceAndReset) {
  Producers p;
  EXPECT_EQ(p.send(1, 0, 0, 3), kAppended);
  EXPECT_EQ(p.send(1, 1, 3, 1), kOutOfOrderSequence);
  EXPECT_EQ(p.send(1, 1, 0, 1), kAppended);
  EXPECT_EQ(p.send(1, 0, 3, 1), kInvalidProducerEpoch);
  EXPECT_EQ(p.send(1, 1, 1, 1), kAppended);
}

TEST(ProducerState, SequencesWrapAround) {
  Producers p;
  EXPECT_EQ(p.send(1, 0, 2'147'483'646, 2), kAppended);
  EXPECT_EQ(p.send(1, 0, 0, 1), kAppended);
  EXPECT_EQ(p.send(2, 0, 2'147'483'646, 4), kAppended);  // 2147483646, 2147483647, 0, 1
  EXPECT_EQ(p.send(2, 0, 2, 1), kAppended);
  EXPECT_EQ(p.send(2, 0, 2'147'483'646, 4), kDuplicate);
}

TEST(ProducerState, UnknownProducersAreAcceptedWithAnySequence) {
  Producers p;
  EXPECT_EQ(p.send(9, 3, 500, 2), kAppended);
  EXPECT_EQ(p.send(9, 3, 502, 2), kAppended);
}

TEST(ProducerState, ForgetsTheSilentByAppendTime) {
  Producers p;
  EXPECT_EQ(p.send(1, 0, 0, 1, 1000), kAppended);
  EXPECT_EQ(p.send(2, 0, 0, 1, 5000), kAppended);
  p.states.expire(1000 + ProducerStates::kExpirationMs);
  EXPECT_EQ(p.states.size(), 1u);
}

TEST(ProducerState, SnapshotKeepsTheLastBatch) {
  Producers p;
  EXPECT_EQ(p.send(1, 0, 0, 3), kAppended);
  EXPECT_EQ(p.send(1, 0, 3, 4), kAppended);
  EXPECT_EQ(p.send(2, 7, 2'147'483'646, 4), kAppended);
  const std::string snapshot = p.states.encode();
  ASSERT_TRUE(p.states.decode(snapshot));
  EXPECT_EQ(p.send(1, 0, 3, 4), kDuplicate);
  EXPECT_EQ(p.last.first, Offset(3));
  EXPECT_EQ(p.send(2, 7, 2'147'483'646, 4), kDuplicate);
  EXPECT_EQ(p.send(1, 0, 7, 1), kAppended);
  for (size_t size = 0; size < snapshot.size(); ++size)
    EXPECT_FALSE(p.states.decode(std::string_view(snapshot).substr(0, size)));
  std::string flipped = snapshot;
  flipped[20] = static_cast<char>(flipped[20] ^ 4);
  EXPECT_EQ(p.states.decode(flipped).error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace freshet::log
