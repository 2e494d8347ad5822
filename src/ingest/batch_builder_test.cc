#include "ingest/batch_builder.h"

#include <gtest/gtest.h>

#include <map>

#include "record/batch_builder.h"

namespace freshet::ingest {
namespace {

constexpr PartitionId kFirst(0);

/// Record batches in memory, one after the other.
class MemorySource final : public Source {
 public:
  const Uuid& topic_id() const override { return id_; }
  int32_t partition_count() const override { return 2; }
  Bounds bounds(PartitionId id) const override { return {start, at(id).end}; }
  Result<Fetched> read(PartitionId id, Offset from, size_t) const override {
    const Log& log = at(id);
    if (from < start || from > log.end) return fail(ErrorCode::kOffsetOutOfRange, "offset {} is not there", from.value);
    for (const auto& [base, batch] : log.batches) {
      const auto view = record::BatchView::parse(*batch);
      if (view->next_offset() > from) return Fetched{{*batch, batch}, view->next_offset()};
    }
    return Fetched{{}, log.end};
  }
  int64_t appended_at_ms(PartitionId, Offset) const override { return 17; }
  Result<void> commit(std::span<const Commit>) override { return {}; }
  Result<std::vector<Commit>> committed() override { return std::vector<Commit>{}; }

  void append(PartitionId id, const std::vector<std::string>& values,
              record::Compression compression = record::Compression::kNone) {
    record::BatchBuilder builder(compression);
    for (const std::string& value : values) builder.add(1'768'739'696'000, "key", value);
    Log& log = logs_[id.value];
    auto batch = std::make_shared<std::string>(*builder.build({}, log.end));
    log.batches.emplace(log.end.value, batch);
    log.end = log.end + static_cast<int64_t>(values.size());
  }
  std::string& bytes(PartitionId id, int64_t base) { return *logs_[id.value].batches.at(base); }

  Offset start{0};

 private:
  struct Log {
    std::map<int64_t, std::shared_ptr<std::string>> batches;
    Offset end{0};
  };
  const Log& at(PartitionId id) const { return logs_.at(id.value); }
  Uuid id_;
  std::map<int32_t, Log> logs_ = {{0, {}}, {1, {}}};
};

project::Stream stream() {
  project::Stream stream;
  stream.name = stream.topic = "events";
  stream.columns = {{"event_id", "String", 1, 1}, {"amount", "Float64", 2, 1}};
  return stream;
}

std::string event(int n) { return fmt::format(R"({{"event_id":"e{}","amount":{}}})", n, n); }

struct BatchBuilderTest : testing::Test {
  BatchBuilderTest() { builder = *BatchBuilder::make(stream(), Uuid{}, Epoch(1), source); }

  BuildAnswer build(std::vector<Wanted> wanted, bool exact, bool seal) {
    BuildAction action{std::move(wanted), exact, 1000, 1 << 20, seal, 1'768'739'700'000};
    auto answer = builder->run(action);
    EXPECT_TRUE(answer) << answer.error().to_string();
    return answer ? *answer : BuildAnswer{};
  }
  static Wanted all(PartitionId id, int64_t first, int64_t end) { return {id, Offset(first), Offset(end)}; }

  MemorySource source;
  std::unique_ptr<BatchBuilder> builder;
};

TEST_F(BatchBuilderTest, ABatchMadeInPiecesIsBuiltAgainExactly) {
  source.append(kFirst, {event(1), "garbage", event(3)});
  source.append(PartitionId(1), {event(4)}, record::Compression::kZstd);
  build({all(kFirst, 0, 3)}, false, false);
  source.append(kFirst, {event(5), event(6)}, record::Compression::kLz4);
  const auto pieces = build({all(PartitionId(1), 0, 1), all(kFirst, 3, 5)}, false, true).sealed;
  ASSERT_NE(pieces, nullptr);

  std::vector<Wanted> wanted;
  for (const Range& range : pieces->ranges) wanted.push_back({range.partition, range.first, range.end});
  const auto again = build(wanted, true, true).sealed;
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->ranges, pieces->ranges);
  EXPECT_EQ(again->name, pieces->name);
  EXPECT_EQ(again->raw_print, pieces->raw_print);
  EXPECT_EQ(again->dead_print, pieces->dead_print);
  EXPECT_EQ(again->raw_bytes, pieces->raw_bytes);
  EXPECT_EQ(pieces->raw_print.rows, 5);
  EXPECT_EQ(pieces->dead_print.rows, 1);
}

TEST_F(BatchBuilderTest, EveryOffsetOfARangeIsARowADeadLetterOrSkipped) {
  source.append(kFirst, {event(1), "garbage", event(3), "[]"});
  const auto built = build({all(kFirst, 0, 4)}, false, true).sealed;
  ASSERT_EQ(built->gains.size(), 1u);
  EXPECT_EQ(built->gains[0].raw, 2);
  EXPECT_EQ(built->gains[0].dead, 2);
  EXPECT_EQ(built->gains[0].skipped, 0);
  EXPECT_EQ(built->gains[0].end, Offset(4));
  EXPECT_EQ(built->gains[0].anchor, *anchor_at(source, kFirst, Offset(3)));
}

TEST_F(BatchBuilderTest, ARangeMayBeginAndEndInsideOfARecordBatch) {
  source.append(kFirst, {event(1), event(2), event(3), event(4)}, record::Compression::kSnappy);
  const auto built = build({all(kFirst, 1, 3)}, true, true).sealed;
  EXPECT_EQ(built->raw_print.rows, 2);
  EXPECT_EQ(built->ranges, (std::vector<Range>{{kFirst, Offset(1), Offset(3)}}));
}

TEST_F(BatchBuilderTest, WhatTheLogLetGoOfIsSkippedAndCounted) {
  source.append(kFirst, {event(1), event(2)});
  source.append(kFirst, {event(3)});
  source.start = Offset(2);
  const auto built = build({all(kFirst, 0, 3)}, false, true).sealed;
  EXPECT_EQ(built->raw_print.rows, 1);
  EXPECT_EQ(built->gains[0].skipped, 2);
}

TEST_F(BatchBuilderTest, AnIntentWhoseRecordsAreGoneIsAnError) {
  source.append(kFirst, {event(1), event(2)});
  source.append(kFirst, {event(3)});
  source.start = Offset(2);
  const auto answer = builder->run({{all(kFirst, 0, 2)}, true, 0, 0, true, 1});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kOffsetOutOfRange);
}

TEST_F(BatchBuilderTest, RecordsOfADamagedBatchBecomeDeadLetters) {
  source.append(kFirst, {event(1), event(2)}, record::Compression::kZstd);
  source.append(kFirst, {event(3)});
  std::string& bytes = source.bytes(kFirst, 0);
  bytes[record::kBatchHeaderBytes] = 'x';
  const auto built = build({all(kFirst, 0, 3)}, false, true).sealed;
  EXPECT_EQ(built->raw_print.rows, 1);
  EXPECT_EQ(built->dead_print.rows, 2);
  EXPECT_EQ(built->gains[0].skipped, 0);
}

TEST_F(BatchBuilderTest, AFullBatchIsClosedWithoutBeingAsked) {
  for (int i = 0; i < 10; ++i) source.append(kFirst, {event(i), event(i)});
  BuildAction action{{all(kFirst, 0, 20)}, false, 6, 1 << 20, false, 1};
  const auto answer = builder->run(action);
  ASSERT_TRUE(answer);
  ASSERT_NE(answer->sealed, nullptr);
  EXPECT_EQ(answer->sealed->raw_print.rows, 6);
}

}  // namespace
}  // namespace freshet::ingest
