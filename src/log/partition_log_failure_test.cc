#include "log/partition_log_harness.h"

namespace freshet::log {
namespace {

const io::Fault kRefused{.error = Error{ErrorCode::kIo, "bad disk", {}, 0, 0}, .write_only = {}};

TEST(PartitionLogFailures, AFullDiskLeavesTheLogUsable) {
  Disk disk;
  auto log = disk.open();
  append(*log, 3);
  ASSERT_TRUE(log->sync());
  const uint64_t size = log->size_bytes();
  disk.fs.set_capacity(size + 40);
  std::string batch = test_batch(3);
  const auto full = log->append(batch, 1);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::kDiskFull);
  EXPECT_EQ(*disk.fs.file_size(kFolder + "/00000000000000000000.log"), size);
  EXPECT_EQ(log->log_end(), Offset(3));
  disk.fs.set_capacity(std::nullopt);
  EXPECT_EQ(append(*log, 3).first, Offset(3));
  ASSERT_TRUE(log->sync());
  EXPECT_EQ(offsets_from(*log, Offset(0)), range(0, 6));
  log = disk.open();
  EXPECT_TRUE(disk.report.reason.empty());
  EXPECT_EQ(log->log_end(), Offset(6));
}

TEST(PartitionLogFailures, AShortWriteThatCannotBeCutBackIsCutByTheNextAppend) {
  Disk disk;
  auto log = disk.open();
  append(*log, 3);
  disk.fs.fail_once(1, {.error = {}, .write_only = 30}, "append");
  disk.fs.fail_once(1, kRefused, "truncate");
  std::string batch = test_batch(3);
  EXPECT_FALSE(log->append(batch, 1));
  EXPECT_EQ(append(*log, 3).first, Offset(3));
  ASSERT_TRUE(log->sync());
  EXPECT_EQ(offsets_from(*log, Offset(0)), range(0, 6));
}

TEST(PartitionLogFailures, ARefusedSyncTakesBackWhatWasNotVisible) {
  Disk disk;
  auto log = disk.open();
  std::string batch = test_batch(2, 1, {ProducerId(4), 0, 0});
  ASSERT_TRUE(log->produce(batch, 1));
  ASSERT_TRUE(log->sync());
  batch = test_batch(2, 1, {ProducerId(4), 0, 2});
  ASSERT_TRUE(log->produce(batch, 1));
  disk.fs.fail_once(1, kRefused, "sync");
  EXPECT_FALSE(log->sync());
  EXPECT_EQ(log->log_end(), Offset(2));
  const auto again = log->produce(batch, 1);  // not a duplicate: its first copy is gone
  ASSERT_TRUE(again);
  EXPECT_EQ(again->verdict, ProduceVerdict::kAppended);
  EXPECT_EQ(again->first, Offset(2));
  ASSERT_TRUE(log->sync());
  EXPECT_EQ(offsets_from(*log, Offset(0)), range(0, 4));
}

TEST(PartitionLogFailures, CountsWhatRefusedSyncsCutAlsoInRollAndCheckpoint) {
  Disk disk;
  disk.options.segment_bytes = 200;
  auto log = disk.open();
  append(*log, 1);
  disk.fs.fail_once(1, kRefused, "sync");
  std::string large = test_batch(1, 1, {}, record::Compression::kNone, 150);
  EXPECT_FALSE(log->append(large, 1));
  EXPECT_EQ(log->cuts(), 1U);
  EXPECT_EQ(log->log_end(), Offset(0));
  append(*log, 1);
  disk.fs.fail_once(1, kRefused, "sync");
  EXPECT_FALSE(log->checkpoint());
  EXPECT_EQ(log->cuts(), 2U);
  EXPECT_EQ(append(*log, 1).first, Offset(0));
  ASSERT_TRUE(log->sync());
  EXPECT_EQ(log->cuts(), 2U);
}

TEST(PartitionLogFailures, EveryFaultAtEveryStepLeavesASoundLog) {
  for (uint64_t n = 1; n < 60; ++n) {
    Disk disk;
    disk.options.segment_bytes = 600;
    auto log = disk.open();
    int64_t acknowledged = 0;
    disk.fs.fail_once(n, {.error = {}, .write_only = 11});
    for (int i = 0; i < 12; ++i) {
      std::string batch = test_batch(2);
      const auto appended = log->append(batch, i);
      if (appended && log->sync()) acknowledged = appended->end.value;
      if (i == 8) (void)log->checkpoint();
    }
    EXPECT_GE(log->log_end().value, acknowledged) << n;
    EXPECT_EQ(offsets_from(*log, Offset(0)), range(0, log->high_watermark().value)) << n;
    disk.fs.power_cut();
    log = disk.open();
    ASSERT_TRUE(log) << n;
    EXPECT_GE(log->log_end().value, acknowledged) << n;
    EXPECT_EQ(offsets_from(*log, Offset(0)), range(0, log->log_end().value)) << n;
  }
}

TEST(PartitionLogFailures, ACutThatFailsIsTriedAgainBeforeTheNextWrite) {
  Disk disk;
  auto log = disk.open();
  append(*log, 3);
  ASSERT_TRUE(log->sync());
  append(*log, 3);
  disk.fs.fail_once(1, kRefused, "sync");
  disk.fs.fail_once(1, kRefused, "truncate");
  EXPECT_FALSE(log->sync());
  EXPECT_EQ(log->cuts(), 1U);
  EXPECT_EQ(offsets_from(*log, Offset(0)), range(0, 3));
  EXPECT_EQ(append(*log, 2).first, Offset(3));
  ASSERT_TRUE(log->sync());
  EXPECT_EQ(offsets_from(*log, Offset(0)), range(0, 5));
}

TEST(PartitionLogFailures, WhatIsNotCutYetIsNoDuplicate) {
  Disk disk;
  auto log = disk.open();
  std::string batch = test_batch(2, 1, {ProducerId(4), 0, 0});
  ASSERT_TRUE(log->produce(batch, 1));
  disk.fs.fail_once(1, kRefused, "sync");
  disk.fs.fail_once(1, kRefused, "truncate");
  EXPECT_FALSE(log->sync());
  EXPECT_EQ(log->produce(batch, 1)->verdict, ProduceVerdict::kAppended);
  ASSERT_TRUE(log->sync());
  EXPECT_EQ(offsets_from(*log, Offset(0)), range(0, 2));
}

TEST(PartitionLogFailures, AHalfMadeSegmentThatStaysIsRemovedBeforeTheNextWrite) {
  Disk disk;
  disk.options.segment_bytes = 200;
  auto log = disk.open();
  append(*log, 1);
  int failures = 0;
  disk.fs.set_fault_hook([&](uint64_t, std::string_view step, const std::string& path) {
    const bool now = path.find("00000000000000000001.") != std::string::npos && failures < 2 &&
                     ((step == "create" && path.ends_with(".timeindex")) || step == "remove");
    failures += now ? 1 : 0;
    return now ? kRefused : io::Fault{};
  });
  std::string large = test_batch(1, 1, {}, record::Compression::kNone, 150);
  EXPECT_FALSE(log->append(large, 1));
  EXPECT_EQ(failures, 2);
  EXPECT_EQ(append(*log, 1, 1000, 1).first, Offset(1));  // fits into the old one
  ASSERT_TRUE(log->sync());
  EXPECT_EQ(offsets_from(*log, Offset(0)), range(0, 2));
  disk.fs.power_cut();
  log = disk.open();
  EXPECT_EQ(offsets_from(*log, Offset(0)), range(0, 2));
}

TEST(PartitionLogFailures, AnUnknownProducersSecondBatchDoesNotOvertakeTheFirstThatFailed) {
  Disk disk;
  auto log = disk.open();
  std::string first = test_batch(2, 1, {ProducerId(4), 0, 0});
  std::string second = test_batch(2, 1, {ProducerId(4), 0, 2});
  disk.fs.fail_once(1, kRefused, "append");
  EXPECT_FALSE(log->produce(first, 1));
  EXPECT_EQ(log->produce(second, 1)->verdict, ProduceVerdict::kOutOfOrderSequence);
  EXPECT_EQ(log->produce(first, 1)->verdict, ProduceVerdict::kAppended);
  EXPECT_EQ(log->produce(second, 1)->verdict, ProduceVerdict::kAppended);
}

TEST(PartitionLogFailures, NorWhenItFailedBeforeItWasLookedAt) {
  Disk disk;
  auto log = disk.open();
  append(*log, 1);
  disk.fs.fail_once(1, kRefused, "sync");
  disk.fs.fail_once(1, kRefused, "truncate");
  disk.fs.fail_once(1, kRefused, "truncate");
  EXPECT_FALSE(log->sync());
  std::string first = test_batch(2, 1, {ProducerId(4), 0, 0});
  std::string second = test_batch(2, 1, {ProducerId(4), 0, 2});
  EXPECT_FALSE(log->produce(first, 1));
  EXPECT_EQ(log->produce(second, 1)->verdict, ProduceVerdict::kOutOfOrderSequence);
  EXPECT_EQ(log->produce(first, 1)->verdict, ProduceVerdict::kAppended);
}

TEST(PartitionLogFailures, NorWhenTheCutFailedAfterItsTruncate) {
  for (const char* step : {"list", "remove"}) {
    Disk disk;
    auto log = disk.open();
    std::string first = test_batch(2, 1, {ProducerId(4), 0, 0});
    std::string second = test_batch(2, 1, {ProducerId(4), 0, 2});
    ASSERT_TRUE(log->produce(first, 1));
    bool truncated = false;
    disk.fs.set_fault_hook([&](uint64_t, std::string_view name, const std::string&) {
      if (name == "sync" && !truncated) return kRefused;
      if (name == "truncate") truncated = true;
      return truncated && name == step ? kRefused : io::Fault{};
    });
    EXPECT_FALSE(log->sync());
    disk.fs.set_fault_hook({});
    EXPECT_EQ(log->produce(second, 1)->verdict, ProduceVerdict::kOutOfOrderSequence) << step;
    EXPECT_EQ(log->produce(first, 1)->verdict, ProduceVerdict::kAppended) << step;
  }
}

TEST(PartitionLogFailures, NorWhenItWasRefusedElsewhere) {
  Disk disk;
  auto log = disk.open();
  std::string first = test_batch(2, 1, {ProducerId(4), 0, 0});
  std::string second = test_batch(2, 1, {ProducerId(4), 0, 2});
  log->refused(first);
  log->refused(second);
  EXPECT_EQ(log->produce(second, 1)->verdict, ProduceVerdict::kOutOfOrderSequence);
  EXPECT_EQ(log->produce(first, 1)->verdict, ProduceVerdict::kAppended);
}

TEST(PartitionLogFailures, NorTheFirstThatARefusedSyncTookBack) {
  Disk disk;
  auto log = disk.open();
  std::string first = test_batch(2, 1, {ProducerId(4), 0, 0});
  std::string second = test_batch(2, 1, {ProducerId(4), 0, 2});
  std::string third = test_batch(2, 1, {ProducerId(4), 0, 4});
  ASSERT_TRUE(log->produce(first, 1));
  ASSERT_TRUE(log->produce(second, 1));
  disk.fs.fail_once(1, kRefused, "sync");
  EXPECT_FALSE(log->sync());
  EXPECT_EQ(log->produce(third, 1)->verdict, ProduceVerdict::kOutOfOrderSequence);
  EXPECT_EQ(log->produce(second, 1)->verdict, ProduceVerdict::kOutOfOrderSequence);
  EXPECT_EQ(log->produce(first, 1)->verdict, ProduceVerdict::kAppended);
  EXPECT_EQ(log->produce(second, 1)->verdict, ProduceVerdict::kAppended);
  // A newer instance of the producer is not held to it.
  std::string newer = test_batch(2, 1, {ProducerId(5), 0, 0});
  disk.fs.fail_once(1, kRefused, "append");
  EXPECT_FALSE(log->produce(newer, 1));
  newer = test_batch(2, 1, {ProducerId(5), 1, 0});
  EXPECT_EQ(log->produce(newer, 1)->verdict, ProduceVerdict::kAppended);
}

}  // namespace
}  // namespace freshet::log
