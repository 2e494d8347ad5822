#include "ingest/batch_builder.h"

#include <algorithm>
#include <span>

#include "base/log_line.h"
#include "columns/fixed_column.h"
#include "columns/low_cardinality_column.h"
#include "columns/nested_columns.h"
#include "columns/string_column.h"
#include "record/batch.h"
#include "record/crc32c.h"

namespace freshet::ingest {
namespace {

constexpr size_t kReadBytes = size_t{4} << 20;
constexpr int64_t kMaxTimestampMs = 10'413'791'999'999;  ///< 2299-12-31, the end of DateTime64(3)

/// Service columns, in this order behind the declared ones. docs/project.md tells what they hold.
enum ServiceColumn : size_t { kEpoch, kPartition, kOffset, kTimestamp, kBatch, kInsertedAt };
constexpr std::pair<const char*, const char*> kServiceColumns[] = {
    {"_epoch", "UInt32"},  {"_partition", "UInt32"},
    {"_offset", "UInt64"}, {"_timestamp", "DateTime64(3, 'UTC')"},
    {"_batch", "UInt64"},  {"_inserted_at", "DateTime64(3, 'UTC')"}};
/// Columns of the dead letters before the service columns.
enum DeadColumn : size_t { kStream, kTopic, kKey, kValue, kError, kField, kHeaders, kDeadDeclared };
constexpr std::pair<const char*, const char*> kDeadColumns[] = {{"stream", "LowCardinality(String)"},
                                                                {"topic", "LowCardinality(String)"},
                                                                {"key", "Nullable(String)"},
                                                                {"value", "Nullable(String)"},
                                                                {"error", "String"},
                                                                {"field", "LowCardinality(String)"},
                                                                {"headers", "Map(String, String)"}};

Result<void> add_columns(columns::Block& block, std::span<const std::pair<const char*, const char*>> list) {
  for (const auto& [name, type] : list) {
    ASSIGN_OR_RETURN(const schema::Type parsed, schema::parse_type(type));
    block.add(name, parsed);
  }
  return {};
}

template <class T>
columns::FixedColumn<T>& fixed(columns::Block& block, size_t index) {
  return columns::as<columns::FixedColumn<T>>(block.column(index));
}
void append_text(columns::Column& column, std::string_view value) {
  columns::as<columns::StringColumn>(column).append(value);
}
void append_low(columns::Column& column, std::string_view value) {
  columns::as<columns::LowCardinalityColumn>(column).append(value);
}
void append_nullable(columns::Column& column, std::optional<std::string_view> value) {
  auto& nullable = columns::as<columns::NullableColumn>(column);
  if (!value) return nullable.append_null();
  append_text(nullable.values(), *value);
  nullable.appended_value();
}

/// What differs from row to row.
void append_position(columns::Block& block, size_t declared, PartitionId partition, Offset offset,
                     int64_t timestamp_ms) {
  fixed<uint32_t>(block, declared + kPartition).append(static_cast<uint32_t>(partition.value));
  fixed<uint64_t>(block, declared + kOffset).append(static_cast<uint64_t>(offset.value));
  fixed<int64_t>(block, declared + kTimestamp).append(std::clamp<int64_t>(timestamp_ms, 0, kMaxTimestampMs));
}

/// What is the same in the whole batch.
void append_constants(columns::Block& block, size_t declared, Epoch epoch, uint64_t batch, int64_t inserted_at_ms) {
  const size_t rows = block.rows();
  fixed<uint32_t>(block, declared + kEpoch).append_repeated(epoch.value, rows);
  fixed<uint64_t>(block, declared + kBatch).append_repeated(batch, rows);
  fixed<int64_t>(block, declared + kInsertedAt).append_repeated(inserted_at_ms, rows);
}

}  // namespace

uint32_t record_anchor(const record::Record& record) {
  std::string bytes;
  append_big(bytes, record.timestamp_ms);
  append_varint(bytes, record.key ? static_cast<int64_t>(record.key->size()) : -1);
  if (record.key) bytes += *record.key;
  if (record.value) bytes += *record.value;
  const uint32_t crc = record::crc32c(bytes);
  return crc == 0 ? 1 : crc;  // 0 means: not known
}

std::optional<uint32_t> anchor_at(const Source& source, PartitionId partition, Offset offset) {
  const auto fetched = source.read(partition, offset, 1);
  if (!fetched || fetched->batches.bytes.empty()) return std::nullopt;
  const auto batch = record::BatchView::parse(fetched->batches.bytes);
  record::RecordReader reader;
  if (!batch || batch->control() || !reader.start(*batch)) return std::nullopt;
  record::Record record;
  while (reader.next(record)) {
    if (record.offset == offset) return record_anchor(record);
  }
  return std::nullopt;
}

Result<std::unique_ptr<BatchBuilder>> BatchBuilder::make(const project::Stream& stream, const Uuid& project,
                                                         Epoch epoch, const Source& source) {
  std::unique_ptr<BatchBuilder> builder(new BatchBuilder(stream, project, epoch, source));
  RETURN_IF_ERROR(builder->prepare());
  return builder;
}

Result<void> BatchBuilder::prepare() {
  ASSIGN_OR_RETURN(decoder_, decode::make_decoder(stream_));
  RETURN_IF_ERROR(decode::add_declared_columns(stream_, open_.raw));
  declared_ = open_.raw.column_count();
  RETURN_IF_ERROR(add_columns(open_.raw, kServiceColumns));
  RETURN_IF_ERROR(add_columns(open_.dead, kDeadColumns));
  return add_columns(open_.dead, kServiceColumns);
}

void BatchBuilder::reset() {
  open_.raw.clear();
  open_.dead.clear();
  open_.ranges.clear();
  open_.gains.clear();
  open_.appended.clear();
  open_.value_bytes = 0;
  open_.rows = 0;
}

bool BatchBuilder::full(const BuildAction& action) const {
  if (action.exact) return false;
  return open_.rows >= action.max_rows ||
         static_cast<int64_t>(open_.raw.size_bytes() + open_.dead.size_bytes()) >= action.max_bytes;
}

Result<BuildAnswer> BatchBuilder::run(const BuildAction& action) {
  if (action.exact) reset();
  for (const Wanted& wanted : action.wanted) {
    if (full(action)) break;
    if (auto taken = take(wanted, action); !taken) {
      reset();
      return std::unexpected(std::move(taken).error());
    }
  }
  BuildAnswer answer;
  answer.ranges = open_.ranges;
  answer.rows = open_.rows;
  answer.bytes = static_cast<int64_t>(open_.raw.size_bytes() + open_.dead.size_bytes());
  if (action.seal || full(action)) answer.sealed = seal(action.inserted_at_ms);
  return answer;
}

Result<void> BatchBuilder::take(const Wanted& wanted, const BuildAction& action) {
  Offset at = wanted.first;
  while (at < wanted.end && !full(action)) {
    const Bounds bounds = source_.bounds(wanted.partition);
    if (at < bounds.start && !action.exact) {
      log_warn("ingest", "stream {} partition {}: the log does not hold offsets {} to {} any more; they are skipped",
               stream_.name, wanted.partition.value, at.value, bounds.start.value - 1);
      at = std::min(bounds.start, wanted.end);
      continue;
    }
    ASSIGN_OR_RETURN(const Fetched fetched, source_.read(wanted.partition, at, kReadBytes));
    std::string_view rest = fetched.batches.bytes;
    if (rest.empty() && action.exact) {
      return fail(ErrorCode::kOffsetOutOfRange, "partition {} ends before offset {}", wanted.partition.value, at.value);
    }
    if (rest.empty()) break;
    while (!rest.empty() && at < wanted.end && !full(action)) {
      ASSIGN_OR_RETURN(const record::BatchView batch, record::BatchView::parse(rest));
      rest.remove_prefix(batch.size_bytes());
      if (batch.next_offset() <= at) continue;
      ASSIGN_OR_RETURN(at, take_batch(batch, wanted.partition, at, action.exact ? wanted.end : batch.next_offset()));
    }
  }
  if (at == wanted.first) return {};
  gain(wanted.partition).end = at;
  gain(wanted.partition).skipped += at - wanted.first;  // what became rows is taken off when the batch is closed
  if (!open_.ranges.empty() && open_.ranges.back().partition == wanted.partition &&
      open_.ranges.back().end == wanted.first && !action.exact) {
    open_.ranges.back().end = at;
  } else {
    open_.ranges.push_back({wanted.partition, wanted.first, at});
  }
  return {};
}

/// Records of one record batch from `from` up to `end`; yields the offset after them.
Result<Offset> BatchBuilder::take_batch(const record::BatchView& batch, PartitionId partition, Offset from,
                                        Offset end) {
  const Offset stop = std::min(end, batch.next_offset());
  if (batch.control()) return stop;
  note_append_time(partition, batch.base_offset(), stop - std::max(from, batch.base_offset()));
  records_.clear();
  values_.clear();
  record::Record record;
  const auto started = reader_.start(batch);
  while (started && reader_.next(record)) {
    if (record.offset < from) continue;
    if (record.offset >= stop) break;
    values_.push_back(record.value);
    records_.push_back(record);
  }
  take_records(partition);
  const Offset seen = records_.empty() ? Offset(-1) : records_.back().offset;
  const Error* damage = started ? reader_.error() : &started.error();
  if (damage != nullptr) {
    // The broker takes in no such batch: it was damaged on the disk. Nothing is passed over in silence.
    for (Offset offset = std::max(from, seen + 1); offset < stop; offset = offset + 1) {
      record::Record lost;
      lost.offset = offset;
      lost.timestamp_ms = batch.base_timestamp_ms();
      dead_letter(lost, partition, "the record batch cannot be read: " + damage->message, "");
    }
  }
  gain(partition).anchor = seen + 1 == stop ? record_anchor(records_.back()) : 0;
  return stop;
}

/// Decodes `records_` at once; those that fail become dead letters.
void BatchBuilder::take_records(PartitionId partition) {
  failures_.clear();
  decoder_->decode_batch(values_, open_.raw, failures_);
  auto failure = failures_.begin();
  for (size_t i = 0; i < records_.size(); ++i) {
    const record::Record& record = records_[i];
    if (record.value) open_.value_bytes += record.value->size();
    if (failure != failures_.end() && failure->index == i) {
      dead_letter(record, partition, failure->failure.message, failure->failure.field);
      ++failure;
      continue;
    }
    append_position(open_.raw, declared_, partition, record.offset, record.timestamp_ms);
  }
  const auto good = static_cast<int64_t>(records_.size() - failures_.size());
  open_.rows += good;
  gain(partition).raw += good;
}

void BatchBuilder::dead_letter(const record::Record& record, PartitionId partition, std::string_view error,
                               std::string_view field) {
  ++open_.rows;
  columns::Block& dead = open_.dead;
  append_low(dead.column(kStream), stream_.name);
  append_low(dead.column(kTopic), stream_.topic);
  append_nullable(dead.column(kKey), record.key);
  append_nullable(dead.column(kValue), record.value);
  append_text(dead.column(kError), error);
  append_low(dead.column(kField), field);
  auto& headers = columns::as<columns::MapColumn>(dead.column(kHeaders));
  for (const record::Header& header : record.headers) {
    append_text(headers.keys(), header.key);
    append_text(headers.values(), header.value.value_or(std::string_view()));
  }
  headers.close_row();
  append_position(dead, kDeadDeclared, partition, record.offset, record.timestamp_ms);
  ++gain(partition).dead;
}

void BatchBuilder::note_append_time(PartitionId partition, Offset first, int64_t rows) {
  const int64_t appended_at_ms = source_.appended_at_ms(partition, first);
  if (appended_at_ms == 0) return;
  if (open_.appended.empty() || open_.appended.back().appended_at_ms != appended_at_ms) {
    open_.appended.push_back({appended_at_ms, 0});
  }
  open_.appended.back().rows += rows;
}

PartitionGain& BatchBuilder::gain(PartitionId partition) {
  for (auto at = open_.gains.rbegin(); at != open_.gains.rend(); ++at) {
    if (at->partition == partition) return *at;
  }
  return open_.gains.emplace_back(PartitionGain{partition, Offset(0), 0, 0, 0, 0});
}

std::shared_ptr<const BuiltBatch> BatchBuilder::seal(int64_t inserted_at_ms) {
  auto batch = std::make_shared<BuiltBatch>();
  batch->ranges = std::move(open_.ranges);
  batch->name = batch_name(project_, stream_.name, epoch_, batch->ranges);
  batch->inserted_at_ms = inserted_at_ms;
  append_constants(open_.raw, declared_, epoch_, batch->name.high, inserted_at_ms);
  append_constants(open_.dead, kDeadDeclared, epoch_, batch->name.high, inserted_at_ms);
  const auto print = [](const columns::Block& block, std::string& bytes) {
    if (block.rows() == 0) return BlockPrint{};
    bytes.reserve(block.size_bytes() + block.size_bytes() / 16 + 4096);
    block.write_native(bytes);
    return BlockPrint{static_cast<int64_t>(block.rows()), hash128(bytes)};
  };
  batch->raw_print = print(open_.raw, batch->raw_bytes);
  batch->dead_print = print(open_.dead, batch->dead_bytes);
  batch->gains = std::move(open_.gains);
  for (PartitionGain& gain : batch->gains) gain.skipped -= gain.raw + gain.dead;
  batch->appended = std::move(open_.appended);
  batch->value_bytes = open_.value_bytes;
  batch->unknown_fields = decoder_->unknown_fields() - unknown_fields_;
  unknown_fields_ = decoder_->unknown_fields();
  columns::Block next_raw = open_.raw.empty_like();
  columns::Block next_dead = open_.dead.empty_like();
  batch->raw = std::move(open_.raw);
  batch->dead = std::move(open_.dead);
  open_.raw = std::move(next_raw);
  open_.dead = std::move(next_dead);
  reset();
  return batch;
}

}  // namespace freshet::ingest
