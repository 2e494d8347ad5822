#include "cli/record_filter.h"

#include <regex.h>
#include <simdjson.h>

#include <cmath>
#include <cstdlib>
#include <optional>

#include "base/strings.h"

namespace freshet::cli {
namespace {

namespace dom = simdjson::dom;

enum class Operator { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual, kMatches };

struct RegexDeleter {
  void operator()(regex_t* regex) const {
    ::regfree(regex);
    delete regex;
  }
};

struct Condition {
  std::string field;
  std::vector<std::string> path;  ///< the field's parts between dots
  Operator op = Operator::kEqual;
  std::string text;
  std::optional<double> number;  ///< of the text, when it is one
  std::unique_ptr<regex_t, RegexDeleter> regex;
};

std::optional<double> number_of(const std::string& text) {
  if (text.empty() || text.find_first_not_of("+-.0123456789eE") != text.npos) return std::nullopt;
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (end != text.c_str() + text.size() || !std::isfinite(number)) return std::nullopt;
  return number;
}

Result<Condition> parse_condition(const std::string& text) {
  const size_t at = text.find_first_of("=!<>~");
  const std::string_view rest = at == text.npos ? std::string_view() : std::string_view(text).substr(at);
  Condition condition;
  size_t size = 1;
  if (rest.starts_with("!=") || rest.starts_with("<=") || rest.starts_with(">=")) {
    condition.op = rest[0] == '!'   ? Operator::kNotEqual
                   : rest[0] == '<' ? Operator::kLessEqual
                                    : Operator::kGreaterEqual;
    size = 2;
  } else if (rest.starts_with('<') || rest.starts_with('>') || rest.starts_with('~') || rest.starts_with('=')) {
    condition.op = rest[0] == '<'   ? Operator::kLess
                   : rest[0] == '>' ? Operator::kGreater
                   : rest[0] == '~' ? Operator::kMatches
                                    : Operator::kEqual;
  } else {
    return fail(ErrorCode::kUsage, "--where '{}': a field, one of = != ~ < <= > >=, and a value are wanted", text);
  }
  condition.field = std::string(trim(std::string_view(text).substr(0, at)));
  if (condition.field.empty()) return fail(ErrorCode::kUsage, "--where '{}': a field's name is missing", text);
  condition.text = std::string(trim(rest.substr(size)));
  condition.number = number_of(condition.text);
  for (const std::string_view part : split(condition.field, '.')) condition.path.emplace_back(part);
  if (condition.op == Operator::kMatches) {
    auto compiled = std::make_unique<regex_t>();
    const int error = ::regcomp(compiled.get(), condition.text.c_str(), REG_EXTENDED | REG_NOSUB);
    if (error != 0) {
      char reason[128] = "";
      ::regerror(error, compiled.get(), reason, sizeof reason);
      return fail(ErrorCode::kUsage, "--where '{}': {}", text, reason);
    }
    condition.regex.reset(compiled.release());
  }
  return condition;
}

std::optional<dom::element> child(const dom::element& parent, std::string_view name) {
  dom::element found;
  if (parent.is_object()) {
    if (parent.at_key(name).get(found) == simdjson::SUCCESS) return found;
  } else if (parent.is_array() && !name.empty() && name.find_first_not_of("0123456789") == name.npos &&
             name.size() < 10) {
    if (parent.at(std::strtoul(std::string(name).c_str(), nullptr, 10)).get(found) == simdjson::SUCCESS) return found;
  }
  return std::nullopt;
}

std::optional<dom::element> field_of(const dom::element& document, const Condition& condition) {
  if (auto found = child(document, condition.field)) return found;
  std::optional<dom::element> at = document;
  for (const std::string& part : condition.path) {
    at = child(*at, part);
    if (!at) break;
  }
  return at;
}

/// A string as it is; anything else as its JSON.
std::string text_of(const dom::element& element) {
  std::string_view text;
  if (element.get_string().get(text) == simdjson::SUCCESS) return std::string(text);
  return simdjson::minify(element);
}

/// Below, at or above zero; nothing when the two cannot be compared.
std::optional<int> compared(const dom::element& element, const Condition& condition) {
  double number = 0;
  if (element.is_number()) {
    if (!condition.number || element.get_double().get(number) != simdjson::SUCCESS) return std::nullopt;
    return number < *condition.number ? -1 : number > *condition.number ? 1 : 0;
  }
  if (!element.is_string()) return std::nullopt;
  return text_of(element).compare(condition.text);
}

bool equals(const dom::element& element, const Condition& condition) {
  if (text_of(element) == condition.text) return true;
  if (!element.is_number() || !condition.number) return false;
  // Whole numbers that a double cannot hold are the same when their digits are.
  if (element.type() != dom::element_type::DOUBLE && std::abs(*condition.number) >= 0x1p53) return false;
  return compared(element, condition) == std::optional<int>(0);
}

bool found_in(const std::string& text, const regex_t& regex) {
  regmatch_t whole = {};
  whole.rm_so = 0;
  whole.rm_eo = static_cast<regoff_t>(text.size());
  return ::regexec(&regex, text.c_str(), 1, &whole, REG_STARTEND) == 0;
}

bool holds(const std::optional<dom::element>& field, const Condition& condition) {
  if (!field) return condition.op == Operator::kNotEqual;
  switch (condition.op) {
    case Operator::kEqual:
      return equals(*field, condition);
    case Operator::kNotEqual:
      return !equals(*field, condition);
    case Operator::kMatches:
      return found_in(text_of(*field), *condition.regex);
    default:
      break;
  }
  const auto order = compared(*field, condition);
  if (!order) return false;
  return condition.op == Operator::kLess        ? *order < 0
         : condition.op == Operator::kLessEqual ? *order <= 0
         : condition.op == Operator::kGreater   ? *order > 0
                                                : *order >= 0;
}

}  // namespace

struct RecordFilter::Impl {
  std::vector<Condition> conditions;
  dom::parser parser;
};

RecordFilter::RecordFilter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RecordFilter::RecordFilter(RecordFilter&&) noexcept = default;
RecordFilter& RecordFilter::operator=(RecordFilter&&) noexcept = default;
RecordFilter::~RecordFilter() = default;

Result<RecordFilter> RecordFilter::parse(const std::vector<std::string>& conditions) {
  auto impl = std::make_unique<Impl>();
  for (const std::string& text : conditions) {
    ASSIGN_OR_RETURN(Condition condition, parse_condition(text));
    impl->conditions.push_back(std::move(condition));
  }
  return RecordFilter(std::move(impl));
}

bool RecordFilter::matches(std::string_view value) {
  if (impl_->conditions.empty()) return true;
  dom::element document;
  const bool is_json = impl_->parser.parse(value.data(), value.size()).get(document) == simdjson::SUCCESS;
  for (const Condition& condition : impl_->conditions) {
    if (!holds(is_json ? field_of(document, condition) : std::nullopt, condition)) return false;
  }
  return true;
}

}  // namespace freshet::cli
