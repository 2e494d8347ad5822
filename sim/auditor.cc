#include "sim/auditor.h"

#include <charconv>
#include <map>

#include "record/record_reader.h"

namespace freshet::sim {
namespace {

/// Number of the event in a value or id; -1 when it is none.
int64_t number_of(std::string_view text) {
  const size_t at =
      text.find("e", text.find("\"e") == std::string_view::npos || text[0] != '{' ? 0 : text.find(": \"e"));
  int64_t number = -1;
  if (at != std::string_view::npos) std::from_chars(text.data() + at + 1, text.data() + text.size(), number);
  return number;
}

void audit_rows(const Events& events, const SimTable& table, bool bad, std::vector<int>& seen, Trace& trace) {
  for (const auto& [id, part] : table.parts) {
    for (const RawRow& row : part.rows) {
      const int64_t number = number_of(row.id);
      if (number < 0 || number >= static_cast<int64_t>(events.list().size())) {
        trace.violation("{} holds '{}', which nobody produced", table.name, row.id);
        continue;
      }
      if (events.list()[static_cast<size_t>(number)].bad != bad)
        trace.violation("{} holds e{}, which is not for it", table.name, number);
      if (++seen[static_cast<size_t>(number)] == 2) {
        trace.violation("{} holds e{} twice (partition {}, offset {}, epoch {})", table.name, number, row.partition,
                        row.offset, row.epoch);
      }
    }
  }
}

void audit_events(const Events& events, const SimClickHouse& clickhouse, Trace& trace) {
  std::vector<int> seen(events.list().size());
  audit_rows(events, clickhouse.raw(), false, seen, trace);
  audit_rows(events, clickhouse.dead(), true, seen, trace);
  for (size_t i = 0; i < seen.size(); ++i) {
    const Event& event = events.list()[i];
    if (seen[i] == 0 && event.acknowledged && !event.abandoned) trace.violation("e{} was acknowledged, and is lost", i);
  }
}

void audit_views(const SimClickHouse& clickhouse, Trace& trace) {
  std::map<int64_t, Sum> expected;
  for (const auto& [id, part] : clickhouse.raw().parts) {
    for (const RawRow& row : part.rows) {
      ++expected[row.bucket].count;
      expected[row.bucket].amount += row.amount;
    }
  }
  for (const SimTable& view : clickhouse.views()) {
    std::map<int64_t, Sum> found;
    for (const auto& [id, part] : view.parts) {
      for (const auto& [bucket, sum] : part.sums) {
        found[bucket].count += sum.count;
        found[bucket].amount += sum.amount;
      }
    }
    for (const auto& [bucket, sum] : expected) {
      if (found[bucket] == sum) continue;
      trace.violation("{} counts {} in bucket {}, raw {}", view.name, found[bucket].count, bucket, sum.count);
    }
    if (found.size() != expected.size())
      trace.violation("{} has {} buckets, raw {}", view.name, found.size(), expected.size());
  }
}

/// Nothing that an idempotent producer sent is in a partition twice.
void audit_log(const Program& program, int32_t partition, Trace& trace) {
  const log::PartitionLog& log = *program.partition(partition);
  std::map<int64_t, int64_t> offsets;
  record::RecordReader reader;
  for (Offset at = log.log_start(); at < log.high_watermark();) {
    const auto read = log.read(at, 1 << 20);
    if (!read || read->batches.bytes.empty())
      return trace.violation("partition {} cannot be read at {}", partition, at.value);
    for (std::string_view rest = read->batches.bytes; !rest.empty();) {
      const auto batch = record::BatchView::parse(rest);
      if (!batch || !reader.start(*batch)) return trace.violation("partition {} holds damage", partition);
      record::Record record;
      while (reader.next(record)) {
        const auto [found, first] = offsets.emplace(number_of(*record.value), record.offset.value);
        if (!first && found->second != record.offset.value) {
          trace.violation("the log's partition {} holds e{} twice: at {} and {}", partition, found->first,
                          found->second, record.offset.value);
        }
      }
      rest.remove_prefix(batch->size_bytes());
    }
    at = read->next;
  }
}

/// raw + duplicates + dead letters + late + skipped = position - start, and the tables hold what the lane says.
void audit_equation(const Program& program, const SimClickHouse& clickhouse, Trace& trace) {
  const auto rows_of = [&](ingest::Table table, int32_t partition) {
    for (const ingest::StoredRows& stored : clickhouse.stored(table, program.epoch())) {
      if (stored.partition.value == partition) return stored.rows;
    }
    return int64_t{0};
  };
  const int32_t partitions = static_cast<int32_t>(4);
  for (int32_t i = 0; i < partitions; ++i) {
    const ingest::PartitionState& state = program.lane()->state(PartitionId(i));
    const int64_t position = program.lane()->position(PartitionId(i)).value;
    if (state.raw + state.dead + state.duplicates + state.late + state.skipped != position - state.start) {
      trace.violation("partition {}: {} raw + {} dead + {} skipped is not {} - {}", i, state.raw, state.dead,
                      state.skipped, position, state.start);
    }
    if (state.raw != rows_of(ingest::Table::kRaw, i) || state.dead != rows_of(ingest::Table::kDead, i)) {
      trace.violation("partition {}: the lane counts {} and {}, the tables hold {} and {}", i, state.raw, state.dead,
                      rows_of(ingest::Table::kRaw, i), rows_of(ingest::Table::kDead, i));
    }
    if (state.skipped != 0) trace.violation("partition {}: {} offsets were skipped", i, state.skipped);
  }
}

}  // namespace

void audit(const Events& events, const Program& program, const SimClickHouse& clickhouse, Trace& trace) {
  audit_events(events, clickhouse, trace);
  audit_views(clickhouse, trace);
  for (int32_t i = 0; i < 4; ++i) audit_log(program, i, trace);
  audit_equation(program, clickhouse, trace);
}

}  // namespace freshet::sim
