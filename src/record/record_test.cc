#include <gtest/gtest.h>
#include <snappy.h>

#include <random>

#include "record/batch.h"
#include "record/batch_builder.h"
#include "record/crc32c.h"
#include "record/record_reader.h"

namespace freshet::record {
namespace {

constexpr Compression kAll[] = {Compression::kNone, Compression::kGzip, Compression::kSnappy, Compression::kLz4,
                                Compression::kZstd};

std::string sample(Compression compression, int count = 100) {
  BatchBuilder builder(compression);
  for (int i = 0; i < count; ++i) {
    const std::string key = "key" + std::to_string(i),
                      value(static_cast<size_t>(i * 7 % 300), static_cast<char>('a' + i % 26));
    const Header headers[] = {{"h1", "v1"}, {"null", std::nullopt}, {"h1", "v2"}};
    builder.add(1'700'000'000'000 + i * 3 % 50, i % 5 == 0 ? std::nullopt : std::optional<std::string_view>(key),
                i % 7 == 0 ? std::nullopt : std::optional<std::string_view>(value),
                i % 3 == 0 ? std::span<const Header>(headers) : std::span<const Header>());
  }
  return *builder.build({ProducerId(7), 2, 10}, Offset(1000));
}

TEST(Crc32c, HasTheKnownValues) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(crc32c(""), 0u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);  // RFC 3720, appendix B.4
}

TEST(Batch, EveryCompressionYieldsTheSameRecords) {
  for (const Compression compression : kAll) {
    const std::string bytes = sample(compression);
    const auto batch = BatchView::parse(bytes);
    ASSERT_TRUE(batch) << batch.error().message;
    EXPECT_TRUE(batch->crc_matches());
    EXPECT_EQ(batch->compression(), compression);
    EXPECT_EQ(batch->base_offset(), Offset(1000));
    EXPECT_EQ(batch->next_offset(), Offset(1100));
    EXPECT_EQ(batch->last_sequence(), 109);
    EXPECT_EQ(batch->max_timestamp_ms(), 1'700'000'000'049);
    RecordReader reader;
    ASSERT_TRUE(reader.start(*batch)) << compression_name(compression);
    Record record;
    int i = 0;
    for (; reader.next(record); ++i) {
      EXPECT_EQ(record.offset, Offset(1000 + i));
      EXPECT_EQ(record.timestamp_ms, 1'700'000'000'000 + i * 3 % 50);
      EXPECT_EQ(record.key.has_value(), i % 5 != 0);
      EXPECT_EQ(record.value.has_value(), i % 7 != 0);
      EXPECT_EQ(record.value.value_or("").size(), i % 7 == 0 ? 0u : static_cast<size_t>(i * 7 % 300));
      EXPECT_EQ(record.headers.size(), i % 3 == 0 ? 3 : 0);
      EXPECT_EQ(record.headers.find("h1").value_or("none"), i % 3 == 0 ? "v2" : "none");
    }
    EXPECT_EQ(reader.error(), nullptr);
    EXPECT_EQ(i, 100);
  }
}

TEST(Batch, ReadsSnappyWithoutFraming) {
  std::string bytes = sample(Compression::kSnappy);
  std::string plain, raw;
  ASSERT_TRUE(decompress(Compression::kSnappy, std::string_view(bytes).substr(kBatchHeaderBytes), plain));
  snappy::Compress(plain.data(), plain.size(), &raw);
  std::string again;
  ASSERT_TRUE(decompress(Compression::kSnappy, raw, again));
  EXPECT_EQ(again, plain);
}

TEST(Batch, RefusesBombs) {
  const std::string zeros(size_t{64} << 20, '\0');
  for (const Compression compression :
       {Compression::kGzip, Compression::kSnappy, Compression::kLz4, Compression::kZstd}) {
    std::string packed, out;
    ASSERT_TRUE(compress(compression, zeros, packed));
    const auto result = decompress(compression, packed, out, size_t{1} << 20);
    ASSERT_FALSE(result) << compression_name(compression);
    EXPECT_EQ(result.error().code, ErrorCode::kTooLarge);
    EXPECT_LE(out.capacity(), size_t{4} << 20);
  }
}

TEST(Batch, RefusesCutOffCompressedData) {
  for (const Compression compression :
       {Compression::kGzip, Compression::kSnappy, Compression::kLz4, Compression::kZstd}) {
    std::string packed;
    ASSERT_TRUE(compress(compression, std::string(5000, 'x') + std::string(500, 'y'), packed));
    for (size_t size = 0; size + 1 < packed.size(); ++size) {
      if (compression == Compression::kSnappy && size == 16) continue;  // framing without a block: whole, and empty
      std::string out;
      EXPECT_FALSE(decompress(compression, std::string_view(packed).substr(0, size), out))
          << compression_name(compression) << size;
    }
  }
}

TEST(Batch, ChecksCountsBeforeTheyAreUsed) {
  std::string bytes = sample(Compression::kNone, 3);
  store_big(bytes.data() + 57, int32_t{2'000'000'000});
  store_big(bytes.data() + 23, int32_t{2'000'000'000});
  EXPECT_FALSE(BatchView::parse(bytes));
  bytes = sample(Compression::kNone, 3);
  store_big(bytes.data() + 8, int32_t{0x7fffffff});
  EXPECT_FALSE(BatchView::parse(bytes));
  bytes = sample(Compression::kNone, 3);
  bytes[16] = 1;
  EXPECT_EQ(BatchView::parse(bytes).error().code, ErrorCode::kUnsupported);
  EXPECT_FALSE(BatchView::parse("short"));
}

TEST(Batch, CheckProducedAcceptsGoodAndRefusesBad) {
  RecordReader reader;
  const std::string good = sample(Compression::kLz4);
  EXPECT_TRUE(check_produced(good, reader));
  EXPECT_FALSE(check_produced(good + good, reader));
  std::string flipped = good;
  flipped[100] = static_cast<char>(flipped[100] ^ 1);
  EXPECT_FALSE(check_produced(flipped, reader));
  std::string gap = sample(Compression::kNone, 3);
  store_big(gap.data() + 23, int32_t{5});
  store_big(gap.data() + 17, crc32c(std::string_view(gap).substr(21)));
  EXPECT_FALSE(check_produced(gap, reader));
  std::string no_sequence = sample(Compression::kNone, 3);
  store_big(no_sequence.data() + 53, int32_t{-1});
  store_big(no_sequence.data() + 17, crc32c(std::string_view(no_sequence).substr(21)));
  EXPECT_FALSE(check_produced(no_sequence, reader));
}

TEST(Batch, OffsetAndEpochDoNotTouchTheCrc) {
  std::string bytes = sample(Compression::kZstd);
  set_base_offset(bytes.data(), Offset(77));
  set_leader_epoch(bytes.data(), 5);
  const auto batch = BatchView::parse(bytes);
  ASSERT_TRUE(batch);
  EXPECT_TRUE(batch->crc_matches());
  EXPECT_EQ(batch->base_offset(), Offset(77));
  EXPECT_EQ(batch->leader_epoch(), 5);
}

TEST(Batch, LogAppendTimeReplacesEveryTimestamp) {
  std::string bytes = sample(Compression::kGzip);
  set_log_append_time(bytes, 42);
  RecordReader reader;
  const auto batch = check_produced(bytes, reader);
  ASSERT_TRUE(batch);
  ASSERT_TRUE(reader.start(*batch));
  Record record;
  while (reader.next(record)) EXPECT_EQ(record.timestamp_ms, 42);
}

TEST(Batch, AWrongMaxTimestampIsFoundAndPutRight) {
  std::string bytes = sample(Compression::kLz4);
  set_max_timestamp(bytes, 5);
  RecordReader reader;
  int64_t largest_ms = 0;
  ASSERT_TRUE(check_produced(bytes, reader, &largest_ms));
  EXPECT_EQ(largest_ms, 1'700'000'000'049);
  set_max_timestamp(bytes, largest_ms);
  EXPECT_EQ(bytes, sample(Compression::kLz4));
}

TEST(Batch, SequencesWrapAround) {
  BatchBuilder builder;
  for (int i = 0; i < 3; ++i) builder.add(1, std::nullopt, "v");
  const std::string bytes = *builder.build({ProducerId(1), 0, 2'147'483'646});
  EXPECT_EQ(BatchView::parse(bytes)->last_sequence(), 0);
}

}  // namespace
}  // namespace freshet::record
