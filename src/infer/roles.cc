#include "infer/roles.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/strings.h"
#include "infer/names.h"

namespace freshet::infer {
namespace {

constexpr double kSecondsPerMonth = 30.0 * 86'400;
constexpr double kSecondsPerYear = 365.0 * 86'400;

bool mostly_there(const Column& column, const Proposal& proposal) { return column.absent * 20 <= proposal.objects; }

/// The columns that `score` likes, the best first; of equals the first.
std::vector<const Column*> ranked(const Proposal& proposal, const std::function<int(const Column&)>& score) {
  std::vector<std::pair<int, const Column*>> liked;
  for (const Column& column : proposal.columns) {
    if (const int points = score(column); points > 0) liked.push_back({points, &column});
  }
  std::ranges::stable_sort(liked, std::greater{}, [](const auto& entry) { return entry.first; });
  std::vector<const Column*> out;
  for (const auto& entry : liked) out.push_back(entry.second);
  return out;
}

Column& writable(Proposal& proposal, const Column* column) {
  return proposal.columns[static_cast<size_t>(column - proposal.columns.data())];
}

/// Values of an id are all different, but for what a producer sent twice.
int score_as_id(const Column& column, const Proposal& proposal) {
  const bool fits = column.choice.kind == Kind::kText || column.choice.kind == Kind::kUuid ||
                    (column.choice.kind == Kind::kInteger && !column.choice.bounded);
  if (!fits || column.choice.low_cardinality || column.absent * 100 > proposal.objects) return 0;
  if (column.field->scalars < 2 || column.field->repeats * 50 > column.field->scalars) return 0;
  return id_score(column.name);
}

void choose_id(Proposal& proposal) {
  const auto found = ranked(proposal, [&](const Column& column) { return score_as_id(column, proposal); });
  if (found.empty()) return;
  proposal.id = found.front()->name;
  proposal.id_repeats = found.front()->field->repeats;
  Column& column = writable(proposal, found.front());
  column.nullable = false;
  column.remark = proposal.id_repeats == 0 ? "all different: the event's id"
                                           : fmt::format("the event's id; {} came again", grouped(proposal.id_repeats));
}

void choose_key(const Observer& observer, Proposal& proposal) {
  if (observer.with_key() == 0) return;
  const auto found = ranked(proposal, [&](const Column& column) {
    // As often as records had a key, but for a few.
    const uint64_t equal = column.field->equals_key;
    return equal + observer.with_key() / 100 >= observer.with_key() ? 1 : 0;
  });
  if (!found.empty()) proposal.key = found.front()->name;
}

int score_as_time(const Column& column, const Proposal& proposal) {
  if (column.choice.kind != Kind::kTime && column.choice.kind != Kind::kDate) return 0;
  if (!mostly_there(column, proposal)) return 0;
  const int near_record = column.field->times.near_record * 10 >= column.field->values() * 9 ? 40 : 0;
  const int whole_day = column.choice.kind == Kind::kDate ? 60 : 0;
  const int hint = time_score(column.name);
  return std::max(1, 20 + (hint == 0 ? 20 : hint) + near_record - whole_day);
}

void choose_time_column(Proposal& proposal) {
  const auto found = ranked(proposal, [&](const Column& column) { return score_as_time(column, proposal); });
  if (found.empty()) return;
  proposal.time = found.front()->name;
  Column& column = writable(proposal, found.front());
  column.nullable = false;
  column.remark = "the event's time";
  if (column.absent > 0) column.remark += fmt::format("; {} without it lie at 1970-01-01", grouped(column.absent));
}

/// A table's sorting key: few values first, so that equal ones lie together, then the time.
void choose_order(Proposal& proposal) {
  constexpr size_t kMostDimensions = 2;
  std::vector<const Column*> keys = dimensions(proposal);
  if (keys.size() > kMostDimensions) keys.resize(kMostDimensions);
  std::ranges::stable_sort(keys, {}, &Column::distinct);
  for (const Column* key : keys) {
    writable(proposal, key).nullable = false;
    proposal.order_by.push_back(key->name);
  }
  const std::string by = keys.empty() ? "" : "few values first, so that equal ones lie together; then ";
  if (!proposal.time.empty()) {
    proposal.order_by.push_back(proposal.time);
    proposal.order_why = by + "the time, which queries filter by";
  } else {
    proposal.order_by.emplace_back("_timestamp");
    proposal.order_why = by + "the records' own time: no column is a time";
  }
}

void choose_partition(Proposal& proposal) {
  if (proposal.time.empty()) {
    proposal.partition_by = "toYYYYMM(_timestamp)";
    proposal.partition_why = "a month a partition, by the records' own time";
    return;
  }
  const Column& time = *proposal.column(proposal.time);
  const Times& times = time.field->times;
  const std::string name = sql_name(time.name);
  const double span_s = static_cast<double>(times.last_s) - static_cast<double>(times.first_s);
  if (span_s <= 48 * kSecondsPerMonth) {
    proposal.partition_by = fmt::format("toYYYYMM({})", name);
    proposal.partition_why = "a month a partition: old ones are dropped at once";
  } else if (span_s <= 48 * kSecondsPerYear) {
    proposal.partition_by = fmt::format("toYear({})", name);
    proposal.partition_why =
        "a year a partition: the events' times lie years apart, and one insert may touch 100 partitions";
  }
}

}  // namespace

void choose_roles(const Observer& observer, Proposal& proposal) {
  choose_id(proposal);
  choose_key(observer, proposal);
  choose_time_column(proposal);
  choose_order(proposal);
  choose_partition(proposal);
}

std::vector<const Column*> dimensions(const Proposal& proposal) {
  return ranked(proposal, [&](const Column& column) {
    const bool fits = column.choice.low_cardinality || (column.choice.bounded && column.choice.kind == Kind::kInteger);
    if (!fits || !column.distinct_exact || column.distinct < 2 || column.distinct > 1000) return 0;
    if (!mostly_there(column, proposal) || column.name == proposal.id || is_id_like(column.name)) return 0;
    const int by_count = column.distinct == 2 ? 15 : column.distinct <= 50 ? 30 : column.distinct <= 200 ? 20 : 5;
    return by_count + dimension_score(column.name) + (column.choice.bounded ? 0 : 5);
  });
}

std::vector<const Column*> measures(const Proposal& proposal) {
  return ranked(proposal, [&](const Column& column) {
    const Kind kind = column.choice.kind;
    const bool fits = kind == Kind::kFloat || kind == Kind::kDecimal ||
                      (kind == Kind::kInteger && !column.choice.bounded && column.choice.type.ends_with("Int64"));
    if (!fits || column.name == proposal.id || column.distinct < 2) return 0;
    const int score = measure_score(column.name);
    if (score != 0) return score;
    // Without a hint: floats are quantities more often than whole numbers are.
    return kind == Kind::kInteger ? 0 : 10;
  });
}

std::vector<const Column*> top_columns(const Proposal& proposal) {
  return ranked(proposal, [&](const Column& column) {
    const Kind kind = column.choice.kind;
    const bool fits = kind == Kind::kText || kind == Kind::kUuid || kind == Kind::kAddress ||
                      (kind == Kind::kInteger && is_id_like(column.name));
    if (!fits || column.nullable || column.name == proposal.id || !mostly_there(column, proposal)) return 0;
    const uint64_t values = column.field->scalars;
    if (column.distinct < 3 || column.field->repeats * 4 < values || column.field->texts.longest > 256) return 0;
    return 10 + top_score(column.name) + (column.distinct > 10 ? 10 : 0);
  });
}

}  // namespace freshet::infer
