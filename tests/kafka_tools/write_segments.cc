// Writes a data folder for Apache Kafka's tools: every compression, idempotent producers, several segments, late
// records, a gap, one partition stopped in order and one as if killed, with its tail torn and recovered. Usage:
// write_segments FOLDER. Prints "TOPIC-PARTITION RECORDS", one line each.
#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <string>

#include "log/log_manager.h"
#include "record/batch_builder.h"

namespace {

using namespace freshet;

constexpr record::Compression kCompressions[] = {record::Compression::kNone, record::Compression::kGzip,
                                                 record::Compression::kSnappy, record::Compression::kLz4,
                                                 record::Compression::kZstd};
constexpr int64_t kStartMs = 1'700'000'000'000;

Uuid topic_id() {
  Uuid id;
  id.bytes.fill(0x42);
  return id;
}

/// Batch `i` of a partition: sizes, compressions, producers and late records vary with it.
Result<std::string> batch(int i, std::map<int64_t, int32_t>& sequences) {
  record::BatchBuilder builder(kCompressions[i % 5]);
  const int records = 1 + i * 7 % 40;
  for (int k = 0; k < records; ++k) {
    const std::string key = fmt::format("user-{}", (i * 31 + k) % 97);
    const std::string value = fmt::format(R"({{"event_id":"{}-{}","amount":{}}})", i, k, k * 1.5) +
                              std::string(static_cast<size_t>(i * k % 200), 'x');
    const record::Header headers[] = {{"source", "test"}, {"empty", std::nullopt}};
    const int64_t late_ms = i % 11 == 10 ? 60'000 : 0;
    builder.add(kStartMs + i * 25 + k - late_ms, k % 9 == 0 ? std::nullopt : std::optional<std::string_view>(key),
                k % 13 == 12 ? std::nullopt : std::optional<std::string_view>(value),
                k % 4 == 0 ? std::span<const record::Header>(headers) : std::span<const record::Header>());
  }
  record::Producer producer;
  if (i % 3 != 0) {
    producer = {ProducerId(1000 + i % 3), 0, sequences[i % 3]};
    sequences[i % 3] += records;
  }
  return builder.build(producer);
}

Result<void> write(const std::string& folder) {
  log::LogOptions options;
  options.segment_bytes = 200'000;
  options.cluster_id_if_new = topic_id();
  std::vector<std::string> warnings;
  ASSIGN_OR_RETURN(auto manager, log::LogManager::open(io::real_file_system(), folder, options, warnings));
  RETURN_IF_ERROR(manager->create("events", topic_id(), 3, {}, false));
  for (int32_t p = 0; p < 3; ++p) {
    const auto log = manager->partition(topic_id(), PartitionId(p));
    std::map<int64_t, int32_t> sequences;
    for (int i = 0; i < 1000; ++i) {
      ASSIGN_OR_RETURN(std::string bytes, batch(i, sequences));
      RETURN_IF_ERROR(log->produce(bytes, kStartMs + i * 25));
      if (i % 100 == 0) RETURN_IF_ERROR(log->sync());
      if (p == 1 && i == 500) RETURN_IF_ERROR(log->ensure_end_at_least(log->log_end() + 1000));
    }
    RETURN_IF_ERROR(log->sync());
    // Partition 2 is left as a kill leaves it; the others stop in order.
    if (p != 2) RETURN_IF_ERROR(log->close());
  }
  return {};
}

/// Tears the last batch of partition 2, and opens everything again.
Result<void> tear_and_recover(const std::string& folder) {
  io::FileSystem& fs = io::real_file_system();
  ASSIGN_OR_RETURN(const std::vector<std::string> names, fs.list(folder + "/events-2"));
  std::string last;
  for (const std::string& name : names) {
    if (name.ends_with(".log")) last = folder + "/events-2/" + name;
  }
  {
    ASSIGN_OR_RETURN(auto file, fs.open(last, io::OpenMode::kCreateOrAppend));
    RETURN_IF_ERROR(file->truncate(file->size() - 17));
  }
  log::LogOptions options;
  std::vector<std::string> warnings;
  ASSIGN_OR_RETURN(auto manager, log::LogManager::open(fs, folder, options, warnings));
  if (warnings.size() != 1) return fail(ErrorCode::kInternal, "recovery did not say what it cut");
  record::RecordReader reader;
  record::Record record;
  for (int32_t p = 0; p < 3; ++p) {
    const auto log = manager->partition(topic_id(), PartitionId(p));
    std::map<int64_t, int32_t> sequences;
    uint64_t records = 0;
    for (Offset at = log->log_start(); at < log->high_watermark();) {
      ASSIGN_OR_RETURN(const log::Read read, log->read(at, 1 << 20));
      for (std::string_view rest = read.batches.bytes; !rest.empty();) {
        ASSIGN_OR_RETURN(const auto view, record::BatchView::parse(rest));
        RETURN_IF_ERROR(reader.start(view));
        while (reader.next(record)) ++records;
        rest.remove_prefix(view.size_bytes());
      }
      at = read.next;
    }
    fmt::print("events-{} {}\n", p, records);
    RETURN_IF_ERROR(log->checkpoint());
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: write_segments FOLDER\n");
    return 1;
  }
  Result<void> done = write(argv[1]);
  if (done) done = tear_and_recover(argv[1]);
  if (!done) fmt::print(stderr, "{}\n", done.error().to_string());
  return done ? 0 : 1;
}
