#include <gtest/gtest.h>

#include "io/memory_file_system.h"
#include "log/log_test_batches.h"
#include "log/partition_log.h"
#include "record/batch_builder.h"

namespace freshet::log {
namespace {

struct Partition {
  io::MemoryFileSystem fs;
  LogOptions options;
  std::unique_ptr<PartitionLog> log;

  Partition() { open(); }
  void open() {
    RecoveryReport report;
    auto opened = PartitionLog::open(fs, "/p", options, report);
    ASSERT_TRUE(opened) << opened.error().message;
    log = std::move(*opened);
  }
  void append(int count, int64_t timestamp_ms = 1'000) {
    record::BatchBuilder builder;
    for (int i = 0; i < count; ++i) builder.add(timestamp_ms + i, std::nullopt, std::string(50, 'x'));
    std::string batch = *builder.build();
    ASSERT_TRUE(log->append(batch, 1));
    ASSERT_TRUE(log->sync());
  }
  size_t segments() {
    size_t count = 0;
    const std::vector<std::string> names = fs.list("/p").value();
    for (const std::string& name : names) count += name.ends_with(".log") ? 1 : 0;
    return count;
  }
};

TEST(DeleteBefore, MovesTheStartAndSurvivesAKillAndAPowerCut) {
  Partition p;
  p.append(10);
  p.append(10);
  ASSERT_TRUE(p.log->delete_before(Offset(13)));
  EXPECT_EQ(p.log->log_start(), Offset(13));
  EXPECT_EQ(p.log->read(Offset(12), 100).error().code, ErrorCode::kOffsetOutOfRange);
  EXPECT_TRUE(p.log->read(Offset(13), 100));
  p.log.reset();
  p.fs.kill();
  p.open();
  EXPECT_EQ(p.log->log_start(), Offset(13));
  p.log.reset();
  p.fs.power_cut();
  p.open();
  EXPECT_EQ(p.log->log_start(), Offset(13));
  EXPECT_EQ(p.log->log_end(), Offset(20));
}

TEST(DeleteBefore, NeverMovesBackAndNeverBeyondTheEnd) {
  Partition p;
  p.append(10);
  ASSERT_TRUE(p.log->delete_before(Offset(6)));
  ASSERT_TRUE(p.log->delete_before(Offset(2)));
  EXPECT_EQ(p.log->log_start(), Offset(6));
  EXPECT_EQ(p.log->delete_before(Offset(11)).error().code, ErrorCode::kOffsetOutOfRange);
  EXPECT_EQ(p.log->log_start(), Offset(6));
}

TEST(DeleteBefore, FreesWholeSegmentsAndWithTheEndEverything) {
  Partition p;
  p.log->set_segment_limits(500, -1);
  for (int i = 0; i < 5; ++i) p.append(5);
  const uint64_t before = p.log->size_bytes();
  ASSERT_GT(p.segments(), 3u);
  ASSERT_TRUE(p.log->delete_before(Offset(12)));
  EXPECT_LT(p.log->size_bytes(), before);
  ASSERT_TRUE(p.log->delete_before(Offset(25)));
  EXPECT_EQ(p.log->size_bytes(), 0u);
  EXPECT_EQ(p.segments(), 1u);
  EXPECT_EQ(p.log->log_start(), Offset(25));
  p.append(1);
  EXPECT_EQ(p.log->log_end(), Offset(26));
  p.open();
  EXPECT_EQ(p.log->log_start(), Offset(25));
}

TEST(DeleteBefore, DeletedOffsetsAreNotGivenAgainWhenTheTailIsLost) {
  Partition p;
  p.options.sync_before_visible = false;
  p.open();
  p.append(10);
  std::string unsynced = test_batch(3);
  ASSERT_TRUE(p.log->append(unsynced, 1));
  ASSERT_TRUE(p.log->delete_before(Offset(12)));
  p.log.reset();
  p.fs.power_cut();
  p.open();
  EXPECT_EQ(p.log->log_start(), Offset(12));
  EXPECT_EQ(p.log->log_end(), Offset(12));
}

TEST(DeleteBefore, ADamagedFileIsSaid) {
  Partition p;
  p.append(3);
  ASSERT_TRUE(p.log->delete_before(Offset(2)));
  ASSERT_TRUE(p.fs.replace_file("/p/log-start-offset", "two\n"));
  RecoveryReport report;
  const auto opened = PartitionLog::open(p.fs, "/p", p.options, report);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
}

TEST(DeleteBefore, SearchesByTimeLookOnlyAtWhatIsLeft) {
  Partition p;
  p.log->set_segment_limits(500, -1);
  p.append(5, 9'000);  // 0-4: 9000 to 9004
  p.append(5, 1'000);
  p.append(5, 5'000);  // 10-14
  ASSERT_TRUE(p.log->delete_before(Offset(3)));
  EXPECT_EQ(p.log->offset_for_timestamp(8'000)->offset, Offset(3));
  EXPECT_EQ(p.log->max_timestamp()->offset, Offset(4));
  ASSERT_TRUE(p.log->delete_before(Offset(5)));
  EXPECT_EQ(p.log->offset_for_timestamp(8'000)->offset, Offset(-1));
  EXPECT_EQ(p.log->offset_for_timestamp(0)->offset, Offset(5));
  EXPECT_EQ(p.log->max_timestamp()->offset, Offset(14));
}

TEST(DeleteBefore, SearchesByTimeLookIntoTheRestOfABatch) {
  Partition p;  // one segment
  p.append(10, 9'000);
  p.append(5, 1'000);
  p.append(5, 5'000);
  ASSERT_TRUE(p.log->delete_before(Offset(12)));
  EXPECT_EQ(p.log->offset_for_timestamp(1'000)->offset, Offset(12));
  EXPECT_EQ(p.log->offset_for_timestamp(4'000)->offset, Offset(15));
  EXPECT_EQ(p.log->offset_for_timestamp(6'000)->offset, Offset(-1));
  EXPECT_EQ(p.log->max_timestamp()->timestamp_ms, 5'004);
}

TEST(SegmentLimits, HoldFromTheNextBatchOn) {
  Partition p;
  p.append(5);
  p.append(5);
  EXPECT_EQ(p.segments(), 1u);
  p.log->set_segment_limits(500, -1);
  p.append(5);
  p.append(5);
  EXPECT_GE(p.segments(), 2u);
}

TEST(SegmentLimits, ASegmentSpansAtMostSegmentMs) {
  Partition p;
  p.log->set_segment_limits(1 << 30, 60'000);
  p.append(1, 1'000'000);
  p.append(1, 1'050'000);
  EXPECT_EQ(p.segments(), 1u);
  p.append(1, 1'070'000);
  EXPECT_EQ(p.segments(), 2u);
  p.open();  // what the last segment began with is read from it
  p.log->set_segment_limits(1 << 30, 60'000);
  p.append(1, 1'120'000);
  EXPECT_EQ(p.segments(), 2u);
  p.append(1, 1'131'000);
  EXPECT_EQ(p.segments(), 3u);
}

TEST(RemovableBytes, AreThoseOfWholeSegmentsBelow) {
  Partition p;
  p.log->set_segment_limits(500, -1);
  for (int i = 0; i < 4; ++i) p.append(5);
  EXPECT_EQ(p.log->removable_bytes(Offset(0)), 0u);
  const uint64_t all = p.log->removable_bytes(Offset(20));
  EXPECT_GT(all, 0u);
  EXPECT_LT(all, p.log->size_bytes());
  EXPECT_EQ(*p.log->apply_retention(0, -1, 0, Offset(20)), all);
}

TEST(DeleteBefore, FreesAFullDisk) {
  Partition p;
  p.log->set_segment_limits(500, -1);
  for (int i = 0; i < 6; ++i) p.append(5);
  p.fs.set_capacity(p.log->size_bytes());
  ASSERT_TRUE(p.log->delete_before(Offset(30)));
  EXPECT_EQ(p.log->log_start(), Offset(30));
}

TEST(DeleteBefore, WhatAKillLeftIsRemovedAtTheNextStart) {
  Partition p;
  p.log->set_segment_limits(500, -1);
  for (int i = 0; i < 6; ++i) p.append(5, 1'000 + (i == 1 ? 500 : i));
  const size_t before = p.segments();
  ASSERT_GT(before, 3u);
  p.fs.set_fault_hook([](uint64_t, std::string_view step, const std::string&) {
    io::Fault fault;
    if (step == "remove") fault.error = Error{ErrorCode::kIo, "no", {}, 0, 0};
    return fault;
  });
  EXPECT_FALSE(p.log->delete_before(Offset(22)));
  EXPECT_EQ(p.log->log_start(), Offset(22));
  EXPECT_EQ(p.log->max_timestamp()->timestamp_ms, 1'009);
  p.fs.set_fault_hook({});
  p.log.reset();
  p.fs.kill();
  p.open();
  EXPECT_EQ(p.log->log_start(), Offset(22));
  EXPECT_LT(p.segments(), before);
  EXPECT_EQ(p.log->max_timestamp()->timestamp_ms, 1'009);
}

TEST(Producers, AreListedById) {
  Partition p;
  for (const int64_t id : {7, 3}) {
    record::BatchBuilder builder;
    builder.add(1, std::nullopt, "x");
    builder.add(1, std::nullopt, "y");
    std::string batch = *builder.build({ProducerId(id), 2, 0});
    ASSERT_TRUE(p.log->produce(batch, 55));
  }
  const auto producers = p.log->producers();
  ASSERT_EQ(producers.size(), 2u);
  EXPECT_EQ(producers[0].id, ProducerId(3));
  EXPECT_EQ(producers[1].id, ProducerId(7));
  EXPECT_EQ(producers[1].epoch, 2);
  EXPECT_EQ(producers[1].last_sequence, 1);
  EXPECT_EQ(producers[1].written_ms, 55);
}

}  // namespace
}  // namespace freshet::log
