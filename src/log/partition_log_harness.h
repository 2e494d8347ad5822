#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/memory_file_system.h"
#include "log/log_test_batches.h"
#include "log/partition_log.h"
#include "record/record_reader.h"

/// For tests: a partition on a disk in memory.
namespace freshet::log {

inline const std::string kFolder = "/data/log/t-0";

struct Disk {
  io::MemoryFileSystem fs;
  LogOptions options;
  RecoveryReport report;

  std::unique_ptr<PartitionLog> open(std::optional<Offset> recovery_point = std::nullopt) {
    auto log = PartitionLog::open(fs, kFolder, options, report, recovery_point);
    if (!log) ADD_FAILURE() << log.error().message;
    return log ? std::move(*log) : nullptr;
  }
};

inline Appended append(PartitionLog& log, int count, int64_t timestamp_ms = 1000, size_t value_bytes = 20) {
  std::string batch = test_batch(count, timestamp_ms, {}, record::Compression::kNone, value_bytes);
  const auto appended = log.append(batch, timestamp_ms);
  if (!appended) ADD_FAILURE() << appended.error().message;
  return appended.value_or(Appended{});
}

inline std::vector<int64_t> offsets_from(const PartitionLog& log, Offset from, size_t max_bytes = 1 << 20) {
  std::vector<int64_t> offsets;
  record::RecordReader reader;
  record::Record record;
  while (true) {
    const auto read = log.read(from, max_bytes);
    if (!read) {
      ADD_FAILURE() << read.error().message;
      return offsets;
    }
    if (read->batches.bytes.empty()) return offsets;
    for (std::string_view rest = read->batches.bytes; !rest.empty();) {
      const auto batch = *record::BatchView::parse(rest);
      EXPECT_TRUE(batch.crc_matches());
      EXPECT_TRUE(reader.start(batch));
      while (reader.next(record)) {
        if (record.offset >= from) offsets.push_back(record.offset.value);
      }
      rest.remove_prefix(batch.size_bytes());
    }
    from = read->next;
  }
}

inline std::vector<int64_t> range(int64_t from, int64_t end) {
  std::vector<int64_t> all;
  for (; from < end; ++from) all.push_back(from);
  return all;
}

}  // namespace freshet::log
