#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/strings.h"
#include "infer/names.h"
#include "infer/proposal.h"
#include "infer/roles.h"
#include "project/names.h"

namespace freshet::infer {
namespace {

constexpr size_t kMaxColumns = 1000;  // the project's limit
/// Fields in fewer records than one in so many are typing errors and experiments.
constexpr uint64_t kRareOneIn = 2000;
constexpr uint64_t kAbsentOneIn = 200;

class Columns {
 public:
  Columns(const Observer& observer, Proposal& proposal) : observer_(observer), proposal_(proposal) {}

  void add_children(const Field& object, const std::string& prefix) {
    for (const auto& [key, child] : object.children()) add(prefix + std::string(key), *child);
  }
  void finish() {
    keep_most_frequent();
    separate_nested_arrays();
  }

 private:
  void add(const std::string& name, const Field& field) {
    if (const auto fault = project::column_name_fault(name)) {
      return leave_out(name, field, "its name cannot be a column's");
    }
    if (field.records * kRareOneIn < observer_.objects()) return leave_out(name, field, "too rare");
    const bool only_by_dots = field.values() == 0 && !field.children().empty();
    TypeChoice choice = only_by_dots ? TypeChoice{.kind = Kind::kObject} : choose_type(field, name);
    if (choice.kind == Kind::kObject) {
      if (has_columns(field, name)) return add_children(field, name + ".");
      choice = {.kind = Kind::kText, .type = "String", .why = "objects whose names cannot be columns': JSON text"};
    }
    add_column(name, field, std::move(choice));
    // {"a": 1, "b.c": 2, "b": 3}: what was seen under dots only stands beside the plain value.
    if (field.objects == 0 && !only_by_dots) add_children(field, name + ".");
  }

  static bool has_columns(const Field& object, const std::string& name) {
    return std::ranges::any_of(object.children(), [&](const auto& child) {
      return !project::column_name_fault(name + "." + std::string(child.first));
    });
  }

  void leave_out(const std::string& name, const Field& field, std::string why) {
    proposal_.left_out.push_back({shown_text(name), field.records, std::move(why)});
  }

  void add_column(const std::string& name, const Field& field, TypeChoice choice) {
    Column column{
        .name = name, .choice = std::move(choice), .records = field.records, .nulls = field.nulls, .field = &field};
    const uint64_t present = field.records - std::min(field.records, field.nulls);
    column.absent = observer_.objects() - std::min(observer_.objects(), present);
    column.distinct = field.distinct.count();
    column.distinct_exact = field.distinct.exact();
    const bool can_be_null = column.choice.kind != Kind::kArray && column.choice.kind != Kind::kMap;
    // What is absent once in two hundred times was a mistake; NULL costs every query a second look.
    const bool matters = column.absent * kAbsentOneIn > observer_.objects();
    column.nullable = can_be_null && matters && column.choice.default_is_value;
    proposal_.columns.push_back(std::move(column));
  }

  void keep_most_frequent() {
    std::vector<Column>& columns = proposal_.columns;
    if (columns.size() <= kMaxColumns) return;
    std::vector<uint64_t> records;
    for (const Column& column : columns) records.push_back(column.records);
    std::ranges::nth_element(records, records.begin() + kMaxColumns - 1, std::greater{});
    const uint64_t least = records[kMaxColumns - 1];
    std::vector<Column> kept;
    for (Column& column : columns) {
      if (column.records >= least && kept.size() < kMaxColumns) {
        kept.push_back(std::move(column));
      } else {
        proposal_.left_out.push_back({column.name, column.records, "a stream has at most 1,000 columns"});
      }
    }
    columns = std::move(kept);
  }

  /// ClickHouse takes columns `a.x` and `a.y` of type Array for one Nested structure and wants them equally long.
  void separate_nested_arrays() {
    std::set<std::string> taken;
    for (Column& column : proposal_.columns) {
      const size_t dot = column.name.find('.');
      if (dot == std::string::npos || column.choice.kind != Kind::kArray) continue;
      if (taken.insert(column.name.substr(0, dot)).second) continue;
      column.choice = {.kind = Kind::kText,
                       .type = "String",
                       .why = "array, as JSON text: two arrays in one object would have to be equally long"};
    }
  }

  const Observer& observer_;
  Proposal& proposal_;
};

std::string share(uint64_t count, uint64_t of) { return fmt::format("{} of {} records", grouped(count), grouped(of)); }

/// What stands in a row whose record has no value.
const char* default_of(Kind kind) {
  switch (kind) {
    case Kind::kBool:
      return "false";
    case Kind::kInteger:
    case Kind::kFloat:
    case Kind::kDecimal:
      return "0";
    case Kind::kTime:
    case Kind::kDate:
      return "1970-01-01";
    case Kind::kUuid:
    case Kind::kAddress:
      return "zeros";
    case Kind::kArray:
      return "[]";
    case Kind::kMap:
      return "{}";
    default:
      return "''";
  }
}

/// Why a column that is absent now and then is Nullable, or why not.
void remark_absence(const Proposal& proposal, Column& column) {
  if (!column.remark.empty() || column.absent == 0) return;
  const char* fallback = default_of(column.choice.kind);
  column.remark = fmt::format("absent in {}: ", share(column.absent, proposal.objects));
  column.remark += column.nullable ? fmt::format("NULL, since {} could be a value", fallback) : fallback;
}

Result<void> check_sample(const Observer& observer, const ProposeOptions& options) {
  if (observer.records() == 0) return fail(ErrorCode::kDecode, "there are no records to look at: {}", options.origin);
  if (observer.objects() > 0) return {};
  if (observer.top_level_arrays() > 0) {
    return fail(
        ErrorCode::kDecode,
        "there are arrays in the {}, and a record is one JSON object: write each element as a record of its own "
        "(`jq -c '.[]'` does it for a file)",
        options.origin);
  }
  return fail(ErrorCode::kDecode, "no JSON object is in the {}, and json is the one format of streams", options.origin);
}

}  // namespace

const Column* Proposal::column(std::string_view wanted) const {
  const auto found = std::ranges::find(columns, wanted, &Column::name);
  return found == columns.end() ? nullptr : &*found;
}

Result<Proposal> propose(const Observer& observer, const ProposeOptions& options) {
  RETURN_IF_ERROR(check_sample(observer, options));
  Proposal proposal;
  proposal.name = options.name;
  proposal.topic = options.topic;
  proposal.partitions = options.partitions;
  proposal.origin = options.origin;
  proposal.records = observer.records();
  proposal.objects = observer.objects();
  proposal.with_key = observer.with_key();
  proposal.forgotten = observer.root().forgotten;
  Columns columns(observer, proposal);
  columns.add_children(observer.root(), "");
  columns.finish();
  if (proposal.columns.empty()) {
    return fail(ErrorCode::kDecode,
                "no field of the {} can be a column: a name is a letter, then letters, digits and '_'", options.origin);
  }
  choose_roles(observer, proposal);
  for (Column& column : proposal.columns) remark_absence(proposal, column);
  proposal.views = suggest_views(proposal);
  return proposal;
}

}  // namespace freshet::infer
