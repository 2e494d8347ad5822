#include "log/partition_log.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "io/io_test_folder.h"
#include "log/partition_log_harness.h"

namespace freshet::log {
namespace {

TEST(PartitionLog, ReadsBackWhatWasAppendedAcrossSegments) {
  Disk disk;
  disk.options.segment_bytes = 2000;
  disk.options.index_interval_bytes = 300;
  auto log = disk.open();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(append(*log, 3, 1000 + i * 10).first, Offset(i * 3));
  EXPECT_EQ(log->log_end(), Offset(300));
  ASSERT_TRUE(log->sync());
  EXPECT_EQ(log->high_watermark(), Offset(300));
  for (const int64_t from : {0, 1, 2, 3, 149, 150, 298, 299, 300}) {
    EXPECT_EQ(offsets_from(*log, Offset(from)), range(from, 300));
    EXPECT_EQ(offsets_from(*log, Offset(from), 1), range(from, 300));
  }
  EXPECT_EQ(log->read(Offset(301), 100).error().code, ErrorCode::kOffsetOutOfRange);
  EXPECT_EQ(log->read(Offset(-1), 100).error().code, ErrorCode::kOffsetOutOfRange);
  EXPECT_TRUE(log->read(Offset(300), 100)->batches.bytes.empty());
}

TEST(PartitionLog, ShowsOnlyWhatIsSynced) {
  Disk disk;
  auto log = disk.open();
  append(*log, 5);
  EXPECT_EQ(log->high_watermark(), Offset(0));
  EXPECT_TRUE(log->read(Offset(0), 1000)->batches.bytes.empty());
  EXPECT_EQ(log->max_timestamp()->offset, Offset(-1));
  ASSERT_TRUE(log->sync());
  append(*log, 5);
  EXPECT_EQ(offsets_from(*log, Offset(0)), range(0, 5));
  EXPECT_FALSE(log->read(Offset(6), 1000));

  disk.options.sync_before_visible = false;
  disk.fs.kill();
  log = disk.open();
  append(*log, 5);
  EXPECT_EQ(log->high_watermark(), log->log_end());
}

TEST(PartitionLog, PowerCutLosesNothingThatWasVisible) {
  for (uint64_t torn = 0; torn < 400; torn += 7) {
    Disk disk;
    disk.options.segment_bytes = 1000;
    auto log = disk.open();
    for (int i = 0; i < 10; ++i) append(*log, 2);
    ASSERT_TRUE(log->sync());
    append(*log, 2);
    append(*log, 2);
    const Offset visible = log->high_watermark();
    disk.fs.power_cut([&](const std::string&, uint64_t unsynced) { return std::min(unsynced, torn); });
    log = disk.open();
    EXPECT_GE(log->high_watermark(), visible);
    EXPECT_EQ(offsets_from(*log, Offset(0)), range(0, log->log_end().value));
    append(*log, 2);
    ASSERT_TRUE(log->sync());
    EXPECT_EQ(offsets_from(*log, Offset(0)), range(0, log->log_end().value));
  }
}

TEST(PartitionLog, RecoveryTruncatesATornBatchAndSaysSo) {
  Disk disk;
  auto log = disk.open();
  for (int i = 0; i < 4; ++i) append(*log, 3);
  log.reset();
  auto file = *disk.fs.open(kFolder + "/00000000000000000000.log", io::OpenMode::kCreateOrAppend);
  const uint64_t size = file->size();
  ASSERT_TRUE(file->truncate(size - 10));
  log = disk.open();
  EXPECT_EQ(log->log_end(), Offset(9));
  EXPECT_EQ(disk.report.truncated_bytes, size / 4 - 10);
  EXPECT_NE(disk.report.reason.find("offset 9"), std::string::npos) << disk.report.reason;
  log = disk.open();
  EXPECT_TRUE(disk.report.reason.empty());
}

TEST(PartitionLog, RecoveryTruncatesAtAWrongCrc) {
  Disk disk;
  auto log = disk.open();
  for (int i = 0; i < 4; ++i) append(*log, 3);
  const uint64_t size = log->size_bytes();
  log.reset();
  auto file = *disk.fs.open(kFolder + "/00000000000000000000.log", io::OpenMode::kCreateOrAppend);
  ASSERT_TRUE(file->write_at(size / 2 + 70, "!"));
  log = disk.open();
  EXPECT_EQ(log->log_end(), Offset(6));
  EXPECT_NE(disk.report.reason.find("CRC"), std::string::npos) << disk.report.reason;
}

TEST(PartitionLog, DamageBelowTheRecoveryPointIsAnErrorNotACut) {
  Disk disk;
  auto log = disk.open();
  for (int i = 0; i < 4; ++i) append(*log, 3);
  ASSERT_TRUE(log->close());
  EXPECT_EQ(log->recovery_point(), Offset(12));
  log.reset();
  auto file = *disk.fs.open(kFolder + "/00000000000000000000.log", io::OpenMode::kCreateOrAppend);
  ASSERT_TRUE(file->truncate(file->size() - 10));
  const auto refused = PartitionLog::open(disk.fs, kFolder, disk.options, disk.report, Offset(12));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kCorrupt);
}

TEST(PartitionLog, DamageInAnOlderSegmentIsAnError) {
  Disk disk;
  disk.options.segment_bytes = 1000;
  auto log = disk.open();
  for (int i = 0; i < 20; ++i) append(*log, 3);
  ASSERT_TRUE(log->sync());
  auto file = *disk.fs.open(kFolder + "/00000000000000000000.log", io::OpenMode::kCreateOrAppend);
  ASSERT_TRUE(file->write_at(16, "\x07"));
  EXPECT_EQ(log->read(Offset(0), 1000).error().code, ErrorCode::kCorrupt);
  log.reset();
  ASSERT_TRUE(disk.fs.remove(kFolder + "/00000000000000000000.index"));
  const auto refused = PartitionLog::open(disk.fs, kFolder, disk.options, disk.report);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kCorrupt);
}

TEST(PartitionLog, AnOrderlyStopLeavesNothingToCheck) {
  Disk disk;
  auto log = disk.open();
  for (int i = 0; i < 2000; ++i) append(*log, 3);
  ASSERT_TRUE(log->close());
  std::string batch = test_batch(1);
  EXPECT_FALSE(log->append(batch, 1));
  const Offset point = log->recovery_point();
  log = disk.open(point);
  EXPECT_EQ(disk.report.checked_bytes, 0u);
  EXPECT_EQ(log->log_end(), Offset(6000));
  append(*log, 1);
  log = disk.open(point);
  EXPECT_EQ(disk.report.checked_bytes, batch.size());
  EXPECT_EQ(log->log_end(), Offset(6001));
}

TEST(PartitionLog, RebuildsIndexesThatAreMissingOrWrong) {
  Disk disk;
  disk.options.segment_bytes = 20000;
  disk.options.index_interval_bytes = 1000;
  auto log = disk.open();
  for (int i = 0; i < 500; ++i) append(*log, 3, 1000 + i);
  ASSERT_TRUE(log->close());
  const Offset point = log->recovery_point();
  log.reset();
  const std::string first = kFolder + "/00000000000000000000";
  ASSERT_TRUE(disk.fs.remove(first + ".index"));
  std::string second;
  const std::vector<std::string> names = *disk.fs.list(kFolder);
  for (const std::string& name : names) {
    if (name.ends_with(".timeindex") && name > "00000000000000000001") {
      second = kFolder + "/" + name;
      break;
    }
  }
  ASSERT_TRUE(disk.fs.replace_file(second, std::string(24, '\0')));
  for (int round = 0; round < 2; ++round) {
    log = disk.open(point);
    EXPECT_EQ(disk.report.rebuilt_indexes, round == 0 ? 2u : 0u);
    EXPECT_EQ(offsets_from(*log, Offset(1)), range(1, 1500));
    EXPECT_EQ(log->offset_for_timestamp(1250)->offset, Offset(746));
  }
}

TEST(PartitionLog, FindsOffsetsByTimestamp) {
  Disk disk;
  disk.options.segment_bytes = 3000;
  disk.options.index_interval_bytes = 200;
  auto log = disk.open();
  for (int i = 0; i < 200; ++i) append(*log, 2, 1000 + (i % 10 == 9 ? 0 : i * 10));  // some are late
  ASSERT_TRUE(log->sync());
  for (int64_t timestamp = 990; timestamp < 3100; timestamp += 7) {
    int64_t expected = -1;
    for (int i = 0; i < 200 && expected < 0; ++i) {
      for (int k = 0; k < 2 && expected < 0; ++k) {
        if (1000 + (i % 10 == 9 ? 0 : i * 10) + k >= timestamp) expected = i * 2 + k;
      }
    }
    EXPECT_EQ(log->offset_for_timestamp(timestamp)->offset, Offset(expected)) << timestamp;
  }
  EXPECT_EQ(log->max_timestamp()->timestamp_ms, 1000 + 198 * 10 + 1);
  EXPECT_EQ(log->max_timestamp()->offset, Offset(397));
}

TEST(PartitionLog, RetentionKeepsWhatIsNotConfirmed) {
  Disk disk;
  disk.options.segment_bytes = 1000;
  auto log = disk.open();
  for (int i = 0; i < 30; ++i) append(*log, 3, 1000);
  ASSERT_TRUE(log->sync());
  EXPECT_EQ(*log->apply_retention(1'000'000, 1000, -1, Offset(0)), 0u);
  EXPECT_GT(*log->apply_retention(1'000'000, 1000, -1, Offset(40)), 0u);
  EXPECT_LE(log->log_start(), Offset(40));
  EXPECT_GT(log->log_start(), Offset(0));
  const Slice held = log->read(log->log_start(), 1 << 20)->batches;
  const std::string copy(held.bytes);
  EXPECT_GT(*log->apply_retention(1'000'000, -1, 1500, Offset(90)), 0u);
  EXPECT_GE(log->size_bytes(), 1500u);
  EXPECT_EQ(held.bytes, copy);  // a reader keeps what it holds
  ASSERT_TRUE(log->apply_retention(1'000'000, 1000, -1, Offset(90)));
  EXPECT_EQ(log->log_start(), Offset(90));
  EXPECT_EQ(log->size_bytes(), 0u);
  log = disk.open();
  EXPECT_EQ(log->log_end(), Offset(90));
  EXPECT_EQ(append(*log, 1).first, Offset(90));
}

TEST(PartitionLog, TheEndCanBeRaisedOverALostTail) {
  Disk disk;
  auto log = disk.open();
  append(*log, 3);
  ASSERT_TRUE(log->sync());
  ASSERT_TRUE(log->ensure_end_at_least(Offset(10)));
  ASSERT_TRUE(log->ensure_end_at_least(Offset(5)));
  EXPECT_EQ(log->high_watermark(), Offset(10));
  EXPECT_TRUE(log->read(Offset(7), 100)->batches.bytes.empty());
  EXPECT_EQ(append(*log, 2).first, Offset(10));
  ASSERT_TRUE(log->sync());
  EXPECT_EQ(offsets_from(*log, Offset(0)), (std::vector<int64_t>{0, 1, 2, 10, 11}));
  EXPECT_EQ(offsets_from(*log, Offset(7)), (std::vector<int64_t>{10, 11}));
  log = disk.open();
  EXPECT_EQ(offsets_from(*log, Offset(0)), (std::vector<int64_t>{0, 1, 2, 10, 11}));

  Disk empty;
  log = empty.open();
  ASSERT_TRUE(log->ensure_end_at_least(Offset(4)));
  log = empty.open();
  EXPECT_EQ(log->log_start(), Offset(4));
  EXPECT_EQ(log->log_end(), Offset(4));
}

TEST(PartitionLog, KnowsWhenARecordWasAppended) {
  Disk disk;
  auto log = disk.open();
  append(*log, 3, 100);
  append(*log, 3, 100);
  append(*log, 3, 250);
  EXPECT_EQ(log->appended_at_ms(Offset(0)), 100);
  EXPECT_EQ(log->appended_at_ms(Offset(5)), 100);
  EXPECT_EQ(log->appended_at_ms(Offset(6)), 250);
  EXPECT_EQ(log->appended_at_ms(Offset(9)), 0);
}

TEST(PartitionLog, KnowsThatRoughlyHoweverMuchCameSince) {
  Disk disk;
  disk.options.sync_before_visible = false;
  auto log = disk.open();
  for (int i = 0; i < 50'000; ++i) append(*log, 1, 1000 + i);
  int64_t before = 0;
  for (int i = 0; i < 50'000; ++i) {
    const int64_t at = log->appended_at_ms(Offset(i));
    ASSERT_LE(at, 1000 + i) << i;
    ASSERT_GE(at, before) << i;
    ASSERT_GE(at, 1000 + i - 150) << i;  // three thousandths of the time
    before = at;
  }
  EXPECT_EQ(log->appended_at_ms(Offset(0)), 1000);
}

TEST(PartitionLog, SequencesSurviveKillRollAndClose) {
  for (const bool orderly : {false, true}) {
    Disk disk;
    disk.options.segment_bytes = 1500;
    auto log = disk.open();
    const auto batch_of = [](int i) { return test_batch(2, 1000, {ProducerId(5), 1, i * 2}); };
    for (int i = 0; i < 60; ++i) {
      std::string batch = batch_of(i);
      ASSERT_EQ(log->produce(batch, 7)->verdict, ProduceVerdict::kAppended);
    }
    std::optional<Offset> point;
    if (orderly) {
      ASSERT_TRUE(log->close());
      point = log->recovery_point();
    }
    disk.fs.kill();
    log = disk.open(point);
    for (int i = 55; i < 60; ++i) {  // all five that may have been in flight
      std::string batch = batch_of(i);
      const auto produced = log->produce(batch, 8);
      EXPECT_EQ(produced->verdict, ProduceVerdict::kDuplicate) << i;
      EXPECT_EQ(produced->first, Offset(i * 2));
    }
    std::string next = batch_of(60), gap = batch_of(70);
    EXPECT_EQ(log->produce(gap, 8)->verdict, ProduceVerdict::kOutOfOrderSequence);
    EXPECT_EQ(log->produce(next, 8)->verdict, ProduceVerdict::kAppended);
  }
}

TEST(PartitionLog, ReadersRunBesideTheWriter) {
  io::TestFolder folder;
  RecoveryReport report;
  LogOptions options;
  options.segment_bytes = 20'000;
  options.index_interval_bytes = 500;
  const auto log = *PartitionLog::open(io::real_file_system(), folder / "t-0", options, report);
  std::atomic<bool> done = false;
  const auto reader = [&] {
    Offset at{0};
    while (!done || at < log->high_watermark()) {
      at = std::max(at, log->log_start());
      const auto read = log->read(at, 5000);
      if (!read) {  // retention was faster
        EXPECT_EQ(read.error().code, ErrorCode::kOffsetOutOfRange);
        continue;
      }
      for (std::string_view rest = read->batches.bytes; !rest.empty();) {
        const auto batch = *record::BatchView::parse(rest);
        EXPECT_TRUE(batch.crc_matches());
        rest.remove_prefix(batch.size_bytes());
      }
      at = read->next;
      EXPECT_TRUE(log->offset_for_timestamp(1000 + at.value));
      (void)log->appended_at_ms(at);
    }
    EXPECT_EQ(at, log->log_end());
  };
  std::vector<std::jthread> readers;
  for (int i = 0; i < 2; ++i) readers.emplace_back(reader);
  for (int i = 0; i < 500; ++i) {
    append(*log, 3, 1000 + i);
    if (i % 7 == 0) {
      ASSERT_TRUE(log->sync());
    }
    if (i % 100 == 99) {
      ASSERT_TRUE(log->apply_retention(1000 + i, -1, 40'000, log->high_watermark()));
    }
  }
  ASSERT_TRUE(log->sync());
  done = true;
}

TEST(PartitionLog, WorksOnRealFiles) {
  io::TestFolder folder;
  RecoveryReport report;
  LogOptions options;
  options.segment_bytes = 100'000;
  auto log = *PartitionLog::open(io::real_file_system(), folder / "t-0", options, report);
  for (int i = 0; i < 300; ++i) append(*log, 10, 1000 + i, 200);
  ASSERT_TRUE(log->sync());
  EXPECT_EQ(offsets_from(*log, Offset(5)), range(5, 3000));
  log.reset();
  log = *PartitionLog::open(io::real_file_system(), folder / "t-0", options, report);
  EXPECT_EQ(report.rebuilt_indexes, 0u);
  EXPECT_EQ(offsets_from(*log, Offset(5)), range(5, 3000));
}

}  // namespace
}  // namespace freshet::log
