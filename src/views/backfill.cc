#include "views/backfill.h"

#include <algorithm>
#include <charconv>

#include "clickhouse/ddl.h"
#include "views/source.h"

namespace freshet::views {
namespace {

constexpr size_t kMaxRanges = 64;
constexpr int kChunkTimeoutMs = 3'600'000;

uint64_t number(const std::string& text) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Result<std::vector<StoredRange>> stored_ranges(clickhouse::Client& client, const std::string& table) {
  ASSIGN_OR_RETURN(const auto rows,
                   client.rows(fmt::format("SELECT _epoch, _partition, min(_offset), max(_offset), count() FROM {} "
                                           "GROUP BY _epoch, _partition ORDER BY _epoch, _partition",
                                           table)));
  std::vector<StoredRange> ranges;
  for (const auto& row : rows) {
    ranges.push_back({static_cast<uint32_t>(number(row[0])), static_cast<uint32_t>(number(row[1])), number(row[2]),
                      number(row[3]) + 1, number(row[4])});
  }
  return ranges;
}

std::string condition_of(const Chunk& chunk) {
  std::string out;
  for (const StoredRange& range : chunk) {
    out += fmt::format("{}(_epoch = {} AND _partition = {} AND _offset >= {} AND _offset < {})",
                       out.empty() ? "" : " OR ", range.epoch, range.partition, range.first, range.end);
  }
  return out;
}

/// Two chunks may yield equal rows, which ClickHouse would take for a repeat: each has a token of its own.
std::string token_of(const std::string& storage, const Chunk& chunk) {
  const StoredRange& first = chunk.front();
  return fmt::format("backfill:{}:{}:{}:{}", storage, first.epoch, first.partition, first.first);
}

}  // namespace

std::vector<Chunk> cut_chunks(const std::vector<StoredRange>& stored, uint64_t rows_per_chunk) {
  std::vector<Chunk> chunks;
  uint64_t open_rows = rows_per_chunk;  // as if full: the first piece begins a chunk
  const auto add = [&](const StoredRange& piece) {
    if (chunks.empty() || open_rows + piece.rows > rows_per_chunk || chunks.back().size() >= kMaxRanges) {
      chunks.emplace_back();
      open_rows = 0;
    }
    open_rows += piece.rows;
    chunks.back().push_back(piece);
  };
  for (const StoredRange& range : stored) {
    const uint64_t pieces = std::max<uint64_t>(1, (range.rows + rows_per_chunk - 1) / rows_per_chunk);
    const uint64_t width = (range.end - range.first + pieces - 1) / pieces;
    for (uint64_t first = range.first; first < range.end; first += width) {
      add({range.epoch, range.partition, first, std::min(first + width, range.end), range.rows / pieces});
    }
  }
  return chunks;
}

Result<void> backfill(clickhouse::Client& client, const ViewDefinition& view, const BackfillInputs& inputs) {
  const std::string raw = clickhouse::qualified(inputs.database, view.stream);
  ASSIGN_OR_RETURN(const auto stored, stored_ranges(client, raw));
  std::string columns;
  for (const auto& column : view.shape.columns)
    columns += (columns.empty() ? "" : ", ") + clickhouse::quoted(column.name);
  for (const Chunk& chunk : cut_chunks(stored, inputs.rows_per_chunk)) {
    clickhouse::Query query;
    query.sql =
        fmt::format("INSERT INTO {} ({}) SELECT {} FROM ({})", clickhouse::qualified(inputs.database, inputs.storage),
                    columns, columns, with_source(view.select, raw, view.source_columns, condition_of(chunk)));
    query.settings = {{"async_insert", "0"},
                      {"deduplicate_insert", "enable"},
                      {"insert_deduplication_token", token_of(inputs.storage, chunk)},
                      {"max_partitions_per_insert_block", "0"}};
    query.timeout_ms = kChunkTimeoutMs;
    const auto answer = client.run(query);
    if (!answer) return std::unexpected(answer.error().to_error());
  }
  return {};
}

}  // namespace freshet::views
