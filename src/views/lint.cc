#include "views/lint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "views/sql_text.h"

namespace freshet::views {
namespace {

using Kind = Origin::Kind;

bool contains(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

bool is_identifier(const std::string& name) {
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; });
}

class Lint {
 public:
  Lint(const StorageShape& shape, const PlanFacts& plan) : shape_(shape), plan_(plan), listed_(summed_columns(shape)) {
    for (const std::string& column : shape.sorting_key) {
      for (const std::string& key : origin(column).keys) ordered_keys_.insert(key);
    }
  }

  void names() {
    for (const auto& column : shape_.columns) {
      if (!is_identifier(column.name)) {
        add(column.name, fmt::format("a column would be called '{}': give its expression a name, like `{} AS total`",
                                     column.name, column.name));
      } else if (column.name.starts_with("__")) {
        add(column.name, fmt::format("column '{}': names that begin with '__' are kept for Freshet", column.name));
      }
    }
  }

  void engine() {
    constexpr std::array<std::string_view, 7> kKnown = {
        "MergeTree",          "SummingMergeTree",    "AggregatingMergeTree",
        "ReplacingMergeTree", "CollapsingMergeTree", "VersionedCollapsingMergeTree",
        "CoalescingMergeTree"};
    if (std::find(kKnown.begin(), kKnown.end(), shape_.engine) == kKnown.end()) {
      add("ENGINE", fmt::format("a view cannot be stored in the engine {}: use SummingMergeTree, AggregatingMergeTree, "
                                "ReplacingMergeTree or MergeTree",
                                shape_.engine));
    }
    if (shape_.engine_full.find("non_replicated_deduplication_window") != std::string::npos) {
      add("non_replicated_deduplication_window",
          "the setting non_replicated_deduplication_window is Freshet's own: leave it out");
    }
    if (plan_.aggregates && !is_summing() && !is_aggregating()) {
      add("ENGINE", fmt::format("{} keeps the partial result of every insert as a row of its own: with GROUP BY use "
                                "SummingMergeTree (counts and "
                                "sums) or AggregatingMergeTree (states)",
                                shape_.engine));
    }
  }

  void query(const std::vector<std::string>& sources) {
    if (!plan_.stateful.empty()) {
      add(plan_.stateful,
          fmt::format(
              "{} would see each insert alone, never all rows: leave it out here, and use it when you query the view",
              plan_.stateful));
    }
    if (plan_.filters_aggregates) {
      add("HAVING",
          "HAVING would see the partial sums of one insert: leave it out here, and filter when you query the view");
    }
    if (plan_.aggregates_twice)
      add("GROUP", "a GROUP BY over a GROUP BY would see the groups of one insert only: keep one of them");
    if (plan_.union_of_aggregates)
      add("UNION", "put UNION ALL into a subquery and one GROUP BY around it, not GROUP BY into its parts");
    if (plan_.reads_aside > 0) {
      add("JOIN",
          "a stream on the right side of a JOIN, or inside IN, would be read as a whole at each insert, and later rows "
          "would change the "
          "past: only the stream that feeds the view can be read, on the left");
    } else if (static_cast<int>(sources.size()) > plan_.reads) {
      add("SELECT",
          "a subquery that reads a stream inside an expression would be evaluated at each insert anew: leave it out");
    }
  }

  void columns() {
    if (!is_summing() && !is_aggregating()) return;
    for (const std::string& key : shape_.sorting_key) {
      const Kind kind = origin(key).kind;
      if (kind == Kind::kAggregate || kind == Kind::kFormula) {
        add(key, fmt::format("'{}' is calculated by an aggregate function and cannot be in ORDER BY, where rows are "
                             "merged by equal values",
                             key));
      }
    }
    for (const auto& column : shape_.columns) {
      if (contains(shape_.sorting_key, column.name)) continue;
      const Origin& from = origin(column.name);
      if ((from.kind == Kind::kKey || from.kind == Kind::kOfKeys) && !keys_are_ordered(from)) {
        add(column.name, fmt::format("'{}' is in GROUP BY but not in ORDER BY: rows that differ only in it would be "
                                     "merged into one. Add it to ORDER BY",
                                     column.name));
      } else if (is_summing()) {
        summing(column, from);
      } else {
        aggregating(column, from);
      }
    }
  }

  std::vector<Finding> take() { return std::move(findings_); }

 private:
  bool is_summing() const { return shape_.engine == "SummingMergeTree"; }
  bool is_aggregating() const { return shape_.engine == "AggregatingMergeTree"; }
  void add(std::string name, std::string message) { findings_.push_back({std::move(name), std::move(message)}); }
  const Origin& origin(const std::string& column) const {
    static const Origin kNone{.kind = Kind::kConstant, .function = {}, .additive = false, .keys = {}};
    const auto found = plan_.columns.find(column);
    return found == plan_.columns.end() ? kNone : found->second;
  }
  bool keys_are_ordered(const Origin& from) const {
    return std::all_of(from.keys.begin(), from.keys.end(),
                       [&](const std::string& key) { return ordered_keys_.contains(key); });
  }
  bool is_aggregated(const Origin& from) const { return from.kind == Kind::kAggregate || from.kind == Kind::kFormula; }

  void summing(const clickhouse::ColumnDefinition& column, const Origin& from) {
    AggregateType type;
    if (parse_aggregate_type(column.type, type)) return state(column, from, type);
    const bool numeric = is_numeric_type(column.type) && !contains(shape_.partition_key, column.name);
    const bool summed = numeric && (listed_.empty() || contains(listed_, column.name));
    if (is_aggregated(from) && !from.additive) {
      const std::string what = from.kind == Kind::kAggregate ? from.function + "()" : "a formula over aggregates";
      add(column.name, fmt::format("'{}' is {}, which SummingMergeTree would add up: store sum and count as columns "
                                   "and calculate when you query, or use "
                                   "AggregatingMergeTree with {}State(…)",
                                   column.name, what, from.kind == Kind::kAggregate ? from.function : "avg"));
    } else if (is_aggregated(from) && !summed) {
      add(column.name, fmt::format("'{}' is an aggregate that SummingMergeTree would not add up (it is {}): name it in "
                                   "SummingMergeTree's list of columns, "
                                   "in a numeric type",
                                   column.name, column.type));
    } else if (summed && is_narrow_type(column.type)) {
      add(column.name,
          fmt::format(
              "'{}' is {}, and a sum of many rows would wrap around: use toUInt64(…), toInt64(…) or toFloat64(…)",
              column.name, column.type));
    } else if (summed && (from.kind == Kind::kConstant || from.kind == Kind::kKey || from.kind == Kind::kOfKeys) &&
               plan_.aggregates) {
      add(column.name, fmt::format("'{}' is a number that SummingMergeTree would add up at every merge: put it into "
                                   "ORDER BY, or leave it out",
                                   column.name));
    } else if (!summed && from.kind == Kind::kRow && !contains(shape_.partition_key, column.name)) {
      add(column.name, fmt::format("'{}' is neither in ORDER BY nor a number to sum: an arbitrary value would survive. "
                                   "Put it into ORDER BY, or leave it out",
                                   column.name));
    }
  }

  void aggregating(const clickhouse::ColumnDefinition& column, const Origin& from) {
    AggregateType type;
    if (parse_aggregate_type(column.type, type)) return state(column, from, type);
    if (from.kind == Kind::kKey || from.kind == Kind::kOfKeys || (from.kind == Kind::kConstant && plan_.aggregates))
      return;
    const std::string function = from.kind == Kind::kAggregate ? from.function : "sum";
    const bool simple = function == "sum" || function == "min" || function == "max" || function == "any";
    add(column.name, fmt::format("'{}' is a plain {}, of which AggregatingMergeTree keeps an arbitrary one: use {}(…)",
                                 column.name, column.type,
                                 function.starts_with("count") ? "sumSimpleState(1) or " + function + "State"
                                 : simple                      ? function + "SimpleState"
                                                               : function + "State"));
  }

  /// A column with a state must be fed by the same function.
  void state(const clickhouse::ColumnDefinition& column, const Origin& from, const AggregateType& type) {
    if (!type.simple || from.kind != Kind::kAggregate) return;
    const bool same = from.function.starts_with(type.function) || (type.function.starts_with("sum") && from.additive);
    if (same) return;
    add(column.name, fmt::format("'{}' is {}, but is filled by {}(): use {}(…)", column.name, column.type,
                                 from.function, type.function));
  }

  const StorageShape& shape_;
  const PlanFacts& plan_;
  const std::vector<std::string> listed_;
  std::set<std::string> ordered_keys_;
  std::vector<Finding> findings_;
};

/// Functions whose value is another one each time: a recount would differ.
std::string unsteady_function(const std::string& select) {
  constexpr std::array<std::string_view, 17> kUnsteady = {"now",
                                                          "now64",
                                                          "nowInBlock",
                                                          "today",
                                                          "yesterday",
                                                          "rand",
                                                          "rand32",
                                                          "rand64",
                                                          "randConstant",
                                                          "generateUUIDv4",
                                                          "generateUUIDv7",
                                                          "rowNumberInBlock",
                                                          "rowNumberInAllBlocks",
                                                          "blockNumber",
                                                          "randomString",
                                                          "UTCTimestamp",
                                                          "runningAccumulate"};
  bool in_literal = false;
  for (size_t i = 0; i < select.size(); ++i) {
    if (in_literal && select[i] == '\\') {
      ++i;
    } else if (select[i] == '\'') {
      in_literal = !in_literal;
    } else if (select[i] == '(' && !in_literal) {
      size_t begin = i;
      while (begin > 0 &&
             (std::isalnum(static_cast<unsigned char>(select[begin - 1])) != 0 || select[begin - 1] == '_'))
        --begin;
      const std::string name = select.substr(begin, i - begin);
      if (std::find(kUnsteady.begin(), kUnsteady.end(), name) != kUnsteady.end()) return name;
    }
  }
  return "";
}

}  // namespace

std::vector<Finding> lint(const StorageShape& shape, const PlanFacts& plan, const std::string& select,
                          const std::vector<std::string>& sources) {
  Lint lint(shape, plan);
  lint.names();
  lint.engine();
  lint.query(sources);
  lint.columns();
  std::vector<Finding> findings = lint.take();
  if (const std::string function = unsteady_function(select); !function.empty()) {
    findings.push_back({function, fmt::format("{}() has another value each time, so the view could never be checked or "
                                              "built again: use the columns of the "
                                              "event",
                                              function)});
  }
  return findings;
}

}  // namespace freshet::views
