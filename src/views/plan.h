#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/error.h"

/// What a view's SELECT does, from `EXPLAIN json = 1, actions = 1` with optimizations off: the semantic half of the
/// lints needs no SQL parser.
namespace freshet::views {

/// Where an output column comes from.
struct Origin {
  enum class Kind {
    kConstant,
    kKey,        ///< a GROUP BY key as it is: keys[0]
    kOfKeys,     ///< a function of GROUP BY keys
    kAggregate,  ///< an aggregate function as it is, or cast
    kFormula,    ///< a calculation over aggregates
    kRow,        ///< a value of a single row: there is no GROUP BY below
  };
  Kind kind = Kind::kRow;
  std::string function;           ///< of kAggregate: "countIf"
  bool additive = false;          ///< two partial values can be added: sums, counts, and what is linear in them
  std::vector<std::string> keys;  ///< of kKey and kOfKeys
};

struct PlanFacts {
  std::map<std::string, Origin> columns;  ///< by output name
  bool aggregates = false;                ///< there is a GROUP BY or an aggregate function
  bool aggregates_twice = false;          ///< one over the other
  bool union_of_aggregates = false;
  bool filters_aggregates = false;  ///< HAVING
  int reads = 0;                    ///< of streams, where new rows flow in
  int reads_aside = 0;              ///< of streams on the right of a JOIN, or inside IN
  std::string stateful;             ///< "LIMIT", "DISTINCT", a window, …: first operator that needs all rows at once
};

/// `json`: the answer of EXPLAIN; `columns`: the output's names. kInternal when it has another shape than expected.
Result<PlanFacts> read_plan(const std::string& json, const std::vector<std::string>& columns);

}  // namespace freshet::views
