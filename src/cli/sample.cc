#include "cli/sample.h"

#include <librdkafka/rdkafka.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>

#include "base/clock.h"
#include "cli/kafka_handle.h"
#include "cli/stop_signal.h"
#include "infer/sample_plan.h"

namespace freshet::cli {
namespace {

constexpr int kPollMs = 100;
constexpr int64_t kPatienceUs = 10'000'000;

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};
using FileHandle = std::unique_ptr<std::FILE, CloseFile>;

Result<FileHandle> open_file(const std::string& path) {
  if (path == "-") return FileHandle(stdin);
  FileHandle file(std::fopen(path.c_str(), "rb"));
  if (file) return Result<FileHandle>(std::move(file));
  const int reason = errno;
  return fail(reason == ENOENT   ? ErrorCode::kNotFound
              : reason == EACCES ? ErrorCode::kPermission
                                 : ErrorCode::kIo,
              "cannot open '{}': {}", path, std::strerror(reason));
}

/// Lines without their ends, and their numbers.
class LineReader {
 public:
  explicit LineReader(std::FILE* file) : file_(file) {}
  ~LineReader() { std::free(line_); }
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  /// The next line that is not empty; nothing at the end.
  std::optional<std::string_view> next() {
    while (true) {
      ssize_t size = ::getline(&line_, &capacity_, file_);
      if (size < 0) return std::nullopt;
      ++number_;
      while (size > 0 && (line_[size - 1] == '\n' || line_[size - 1] == '\r')) --size;
      if (size > 0) return std::string_view(line_, static_cast<size_t>(size));
    }
  }
  int64_t number() const { return number_; }
  bool failed() const { return std::ferror(file_) != 0; }

 private:
  std::FILE* file_;
  char* line_ = nullptr;
  size_t capacity_ = 0;
  int64_t number_ = 0;
};

/// What a file begins with when it is no plain text: said before all its lines are called no JSON.
Result<void> check_first_line(const std::string& path, std::string_view line) {
  const std::string source = path == "-" ? "standard input" : fmt::format("'{}'", path);
  if (line.starts_with("\x1f\x8b")) {
    return fail(ErrorCode::kDecode, "{} is compressed by gzip: unpack it first, `zcat FILE | freshet streams … -`",
                source);
  }
  if (line.starts_with("\xff\xfe") || line.starts_with("\xfe\xff")) {
    return fail(ErrorCode::kDecode, "{} is UTF-16, and JSON is UTF-8: `iconv -f UTF-16 -t UTF-8 FILE` makes it so",
                source);
  }
  if (line.starts_with("\ufeff")) {
    fmt::print(stderr,
               "warning: {} begins with a byte order mark, which is no JSON: its first record would be a dead "
               "letter; `tail -c +4 FILE` leaves the mark out\n",
               source);
  }
  return {};
}

Result<uint64_t> count_lines(const std::string& path) {
  ASSIGN_OR_RETURN(const FileHandle file, open_file(path));
  LineReader lines(file.get());
  uint64_t count = 0;
  while (lines.next()) ++count;
  return count;
}

bool is_regular(const std::string& path) {
  struct stat info{};
  return path != "-" && ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

/// One round of the plan: reads its slices to their ends.
class RoundReader {
 public:
  RoundReader(rd_kafka_s* consumer, const std::string& topic, const RecordVisitor& visit, SampleFacts& facts)
      : consumer_(consumer), topic_(topic), visit_(visit), facts_(facts) {}

  /// False when no more records are wanted.
  Result<bool> read(const infer::Round& round) {
    const std::unique_ptr<rd_kafka_topic_partition_list_t, decltype(&rd_kafka_topic_partition_list_destroy)> list(
        rd_kafka_topic_partition_list_new(static_cast<int>(round.size())), rd_kafka_topic_partition_list_destroy);
    open_.clear();
    for (const infer::Slice& slice : round) {
      rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), slice.partition)->offset = slice.first;
      open_[slice.partition] = slice.end;
    }
    if (const auto error = rd_kafka_assign(consumer_, list.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR)
      return fail(ErrorCode::kKafkaRefused, "cannot read topic '{}': {}", topic_, rd_kafka_err2str(error));
    const Clock& clock = system_clock();
    int64_t last_us = clock.steady_us();
    while (!open_.empty()) {
      if (stop_signals() > 0) return fail(ErrorCode::kCancelled, "stopped before the sample was complete");
      const std::unique_ptr<rd_kafka_message_t, decltype(&rd_kafka_message_destroy)> message(
          rd_kafka_consumer_poll(consumer_, kPollMs), rd_kafka_message_destroy);
      if (!message) {
        if (clock.steady_us() - last_us > kPatienceUs)
          return fail(ErrorCode::kTimeout, "no record of topic '{}' came for {} s", topic_, kPatienceUs / 1'000'000);
        continue;
      }
      ASSIGN_OR_RETURN(const bool more, take(*message));
      if (!more) return false;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) last_us = clock.steady_us();
    }
    return true;
  }

 private:
  Result<bool> take(const rd_kafka_message_t& message) {
    if (message.err == RD_KAFKA_RESP_ERR__TRANSPORT || message.err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return true;
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR && message.err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
      return fail(ErrorCode::kKafkaRefused, "{}", rd_kafka_message_errstr(&message));
    const auto slice = open_.find(message.partition);
    if (slice == open_.end()) return true;  // read on by the client, not wanted any more
    const bool beyond = message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF || message.offset >= slice->second;
    if (beyond || message.offset + 1 == slice->second) open_.erase(slice);
    if (beyond) return true;
    const auto bytes = [](const void* at, size_t size) -> std::optional<std::string_view> {
      if (at == nullptr) return std::nullopt;
      return std::string_view(static_cast<const char*>(at), size);
    };
    ++facts_.visited;
    return visit_({.value = bytes(message.payload, message.len),
                   .key = bytes(message.key, message.key_len),
                   .timestamp_ms = std::max<int64_t>(0, rd_kafka_message_timestamp(&message, nullptr)),
                   .place = fmt::format("partition {} offset {}", message.partition, message.offset)});
  }

  rd_kafka_s* consumer_;
  const std::string& topic_;
  const RecordVisitor& visit_;
  SampleFacts& facts_;
  std::map<int32_t, int64_t> open_;  ///< partitions whose slice is not read yet, and its end
};

}  // namespace

Result<SampleFacts> visit_lines(const std::string& path, int64_t limit, const RecordVisitor& visit) {
  SampleFacts facts;
  const bool spread = limit > 0 && is_regular(path);
  if (spread) {
    ASSIGN_OR_RETURN(facts.available, count_lines(path));
  }
  ASSIGN_OR_RETURN(const FileHandle file, open_file(path));
  LineReader lines(file.get());
  const auto wanted = static_cast<uint64_t>(limit);
  for (uint64_t index = 0; limit <= 0 || facts.visited < wanted; ++index) {
    const auto line = lines.next();
    if (!line) break;
    if (index == 0) RETURN_IF_ERROR(check_first_line(path, *line));
    // Of every available/limit lines one.
    const bool skipped = spread && facts.available > wanted &&
                         (index + 1) * wanted / facts.available == index * wanted / facts.available;
    if (skipped) continue;
    ++facts.visited;
    if (!visit({.value = line, .key = {}, .timestamp_ms = 0, .place = fmt::format("line {}", lines.number())})) break;
  }
  if (lines.failed()) return fail(ErrorCode::kIo, "cannot read '{}': {}", path, std::strerror(errno));
  return facts;
}

Result<bool> has_topic(const std::string& broker, const std::string& topic) {
  ASSIGN_OR_RETURN(const KafkaHandle consumer,
                   make_consumer(broker, {{"group.id", "freshet-sample"}, {"allow.auto.create.topics", "false"}}));
  const auto topics = read_topics(consumer.get(), topic);
  if (!topics && topics.error().code != ErrorCode::kUnknownTopic) return std::unexpected(topics.error());
  return topics.has_value();
}

Result<SampleFacts> visit_topic(const std::string& broker, const std::string& topic, int64_t limit,
                                const RecordVisitor& visit) {
  // librdkafka wants a group's name; partitions are assigned by hand. Little is fetched ahead: most of it is skipped.
  ASSIGN_OR_RETURN(const KafkaHandle consumer, make_consumer(broker, {{"group.id", "freshet-sample"},
                                                                      {"enable.auto.commit", "false"},
                                                                      {"enable.partition.eof", "true"},
                                                                      {"auto.offset.reset", "earliest"},
                                                                      {"allow.auto.create.topics", "false"},
                                                                      {"queued.min.messages", "1000"},
                                                                      {"fetch.wait.max.ms", "50"}}));
  rd_kafka_poll_set_consumer(consumer.get());
  ASSIGN_OR_RETURN(const auto topics, read_topics(consumer.get(), topic));
  SampleFacts facts;
  std::vector<infer::PartitionRange> ranges;
  for (const int32_t partition : topics.front().partitions) {
    ASSIGN_OR_RETURN(const auto range, read_watermarks(consumer.get(), topic, partition));
    ranges.push_back({partition, range.first, range.second});
    facts.available += static_cast<uint64_t>(range.second - range.first);
  }
  facts.partitions = static_cast<int32_t>(ranges.size());
  watch_stop_signals();
  RoundReader reader(consumer.get(), topic, visit, facts);
  Result<bool> more = true;
  for (const infer::Round& round : infer::plan_sample(ranges, limit)) {
    more = reader.read(round);
    if (!more || !*more) break;
  }
  rd_kafka_assign(consumer.get(), nullptr);
  rd_kafka_consumer_close(consumer.get());
  RETURN_IF_ERROR(more);
  return facts;
}

}  // namespace freshet::cli
