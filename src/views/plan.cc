#include "views/plan.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

namespace freshet::views {
namespace {

using Json = nlohmann::json;
using Kind = Origin::Kind;

std::string type_of(const Json& node) { return node.value("Node Type", ""); }
const Json& children_of(const Json& node) {
  static const Json kNone = Json::array();
  const auto found = node.find("Plans");
  return found == node.end() ? kNone : *found;
}
bool is_aggregating(const std::string& type) { return type == "Aggregating" || type == "MergingAggregated"; }

bool is_additive(std::string function) {
  for (const std::string_view suffix : {"OrDefault", "OrNull", "If"}) {
    if (function.ends_with(suffix)) function.resize(function.size() - suffix.size());
  }
  return function == "count" || function == "sum" || function == "sumWithOverflow" || function == "sumKahan";
}

/// Functions that hand their first argument on in another type.
bool is_cast(const std::string& name) {
  constexpr std::array<std::string_view, 7> kCasts = {"CAST",        "_CAST",      "accurateCast", "identity",
                                                      "materialize", "toNullable", "assumeNotNull"};
  if (std::find(kCasts.begin(), kCasts.end(), name) != kCasts.end()) return true;
  constexpr std::array<std::string_view, 4> kNumbers = {"toInt", "toUInt", "toFloat", "toDecimal"};
  return std::any_of(kNumbers.begin(), kNumbers.end(), [&](std::string_view prefix) {
    return name.size() > prefix.size() && name.starts_with(prefix) && name[prefix.size()] >= '0' &&
           name[prefix.size()] <= '9';
  });
}

Origin combined(const std::string& function, const std::vector<Origin>& arguments) {
  const auto all = [&](auto test) { return std::all_of(arguments.begin(), arguments.end(), test); };
  const auto is_constant = [](const Origin& o) { return o.kind == Kind::kConstant; };
  if (all(is_constant)) return {.kind = Kind::kConstant, .function = {}, .additive = false, .keys = {}};
  if (is_cast(function) && arguments[0].kind != Kind::kKey &&
      std::all_of(arguments.begin() + 1, arguments.end(), is_constant))
    return arguments[0];
  if (all([](const Origin& o) {
        return o.kind == Kind::kConstant || o.kind == Kind::kKey || o.kind == Kind::kOfKeys;
      })) {
    Origin out{.kind = Kind::kOfKeys, .function = {}, .additive = false, .keys = {}};
    for (const Origin& o : arguments) out.keys.insert(out.keys.end(), o.keys.begin(), o.keys.end());
    return out;
  }
  if (all([&](const Origin& o) { return o.kind == Kind::kConstant || o.kind == Kind::kRow; })) {
    return {.kind = Kind::kRow, .function = {}, .additive = false, .keys = {}};
  }
  const auto adds = [](const Origin& o) { return o.additive; };
  const bool sum = (function == "plus" || function == "minus" || function == "negate") && all(adds);
  const bool scaled =
      function == "multiply" && arguments.size() == 2 &&
      ((adds(arguments[0]) && is_constant(arguments[1])) || (is_constant(arguments[0]) && adds(arguments[1])));
  const bool divided = function == "divide" && arguments.size() == 2 && adds(arguments[0]) && is_constant(arguments[1]);
  return {.kind = Kind::kFormula, .function = function, .additive = sum || scaled || divided, .keys = {}};
}

Origin trace(const Json& node, const std::string& name);

Origin trace_below(const Json& node, const std::string& name) {
  const Json& children = children_of(node);
  return children.empty() ? Origin{} : trace(children[0], name);
}

/// The value of `name` among an Expression's outputs: its actions fill numbered slots, which later actions use again.
Origin trace_expression(const Json& node, const std::string& name) {
  const Json& expression = node.at("Expression");
  std::vector<Origin> slots;
  for (const Json& action : expression.at("Actions")) {
    const std::string type = type_of(action);
    std::vector<size_t> arguments = action.at("Arguments").get<std::vector<size_t>>();
    Origin origin{.kind = Kind::kConstant, .function = {}, .additive = false, .keys = {}};
    if (type == "INPUT") {
      origin = trace_below(node, expression.at("Inputs").at(arguments.at(0)).at("Name").get<std::string>());
    } else if (type != "COLUMN") {
      std::vector<Origin> inputs;
      for (const size_t slot : arguments) inputs.push_back(slots.at(slot));
      if (type == "ALIAS") origin = inputs.at(0);
      if (type == "FUNCTION" || type == "ARRAY_JOIN") origin = combined(action.value("Function", type), inputs);
    }
    const size_t result = action.at("Result").get<size_t>();
    if (slots.size() <= result) slots.resize(result + 1);
    slots[result] = std::move(origin);
  }
  const Json& outputs = expression.at("Outputs");
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].at("Name") == name) return slots.at(expression.at("Positions").at(i).get<size_t>());
  }
  return trace_below(node, name);
}

Origin trace(const Json& node, const std::string& name) {
  const std::string type = type_of(node);
  if (type == "Expression") return trace_expression(node, name);
  if (is_aggregating(type)) {
    for (const Json& aggregate : node.value("Aggregates", Json::array())) {
      if (aggregate.at("Name") != name) continue;
      const std::string function = aggregate.at("Function").at("Name").get<std::string>();
      return {.kind = Kind::kAggregate, .function = function, .additive = is_additive(function), .keys = {}};
    }
    return {.kind = Kind::kKey, .function = {}, .additive = false, .keys = {name}};
  }
  return trace_below(node, name);
}

struct Walk {
  PlanFacts facts;

  void visit(const Json& node, bool aside, bool below_aggregate) {
    const std::string type = type_of(node);
    const Json& children = children_of(node);
    if (children.empty() && (type == "ReadNothing" || type.starts_with("ReadFromMergeTree")))
      ++(aside ? facts.reads_aside : facts.reads);
    if (!aside) note(node, type, below_aggregate);
    const bool puts_aside = type.starts_with("Join") || type == "FilledJoin" || type.starts_with("CreatingSet");
    for (size_t i = 0; i < children.size(); ++i) {
      visit(children[i], aside || (puts_aside && i > 0), below_aggregate || is_aggregating(type));
    }
  }

 private:
  void note(const Json& node, const std::string& type, bool below_aggregate) {
    static const std::vector<std::pair<std::string, std::string>> kStateful = {
        {"Limit", "LIMIT"},
        {"Offset", "OFFSET"},
        {"LimitBy", "LIMIT BY"},
        {"NegativeLimit", "LIMIT"},
        {"FractionalLimit", "LIMIT"},
        {"Window", "a window function"},
        {"Distinct", "DISTINCT"},
        {"TotalsHaving", "WITH TOTALS"},
        {"Rollup", "WITH ROLLUP"},
        {"Cube", "WITH CUBE"},
        {"Fill", "WITH FILL"},
        {"Filling", "WITH FILL"},
        {"IntersectOrExcept", "INTERSECT or EXCEPT"}};
    for (const auto& [operator_name, words] : kStateful) {
      if (type == operator_name && facts.stateful.empty()) facts.stateful = words;
    }
    if (is_aggregating(type)) {
      facts.aggregates_twice = facts.aggregates_twice || below_aggregate;
      facts.aggregates = true;
    }
    if (type == "Filter" && contains_aggregate(node)) facts.filters_aggregates = true;
    if (type == "Union" && contains_aggregate(node)) facts.union_of_aggregates = true;
  }
  static bool contains_aggregate(const Json& node) {
    const Json& children = children_of(node);
    return std::any_of(children.begin(), children.end(),
                       [](const Json& child) { return is_aggregating(type_of(child)) || contains_aggregate(child); });
  }
};

}  // namespace

Result<PlanFacts> read_plan(const std::string& json, const std::vector<std::string>& columns) {
  try {
    const Json plan = Json::parse(json);
    const Json& root = plan.at(0).at("Plan");
    Walk walk;
    walk.visit(root, false, false);
    for (const std::string& column : columns) walk.facts.columns[column] = trace(root, column);
    return std::move(walk.facts);
  } catch (const std::exception& e) {
    return fail(ErrorCode::kInternal, "ClickHouse explains the view's query in a form that is not known: {}", e.what());
  }
}

}  // namespace freshet::views
