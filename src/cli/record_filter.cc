#include "cli/record_filter.h"

#include <regex.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/strings.h"
#include "decode/json_text.h"

namespace freshet::cli {
namespace {

using decode::Cursor;

enum class Operator { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual, kMatches };

struct RegexDeleter {
  void operator()(regex_t* regex) const {
    ::regfree(regex);
    delete regex;
  }
};

/// A number as its digits, so that none is too large or too long to be compared: 0.DIGITS * 10^point.
struct Decimal {
  bool negative = false;
  std::string digits;  ///< neither the first nor the last one is 0; empty: zero
  int64_t point = 0;
};

/// Nothing when the text is no number. Also takes what JSON does not: "+5", ".5", "07".
std::optional<Decimal> decimal_of(std::string_view text) {
  constexpr int64_t kFarExponent = 1'000'000'000'000;
  Decimal number;
  if (text.starts_with('+') || text.starts_with('-')) {
    number.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  const std::string_view mantissa = text.substr(0, text.find_first_of("eE"));
  if (mantissa.size() < text.size()) {
    std::string_view exponent = text.substr(mantissa.size() + 1);
    if (exponent.starts_with('+')) exponent.remove_prefix(1);
    const bool down = exponent.starts_with('-');
    const auto [end, error] = std::from_chars(exponent.data(), exponent.data() + exponent.size(), number.point);
    if (end != exponent.data() + exponent.size() || error == std::errc::invalid_argument) return std::nullopt;
    if (error == std::errc::result_out_of_range) number.point = down ? -kFarExponent : kFarExponent;
    number.point = std::clamp(number.point, -kFarExponent, kFarExponent);
  }
  const size_t dot = std::min(mantissa.find('.'), mantissa.size());
  number.digits = std::string(mantissa.substr(0, dot));
  if (dot < mantissa.size()) number.digits += mantissa.substr(dot + 1);
  if (number.digits.empty() || number.digits.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  const size_t zeros = std::min(number.digits.find_first_not_of('0'), number.digits.size());
  number.point += static_cast<int64_t>(dot) - static_cast<int64_t>(zeros);
  number.digits.erase(0, zeros);
  number.digits.resize(number.digits.find_last_not_of('0') + 1);
  return number.digits.empty() ? Decimal{} : number;
}

/// Below, at or above zero.
int compared(const Decimal& a, const Decimal& b) {
  if (a.negative != b.negative) return a.negative ? -1 : 1;
  const int sign = a.negative ? -1 : 1;
  if (a.digits.empty() || b.digits.empty())
    return sign * (static_cast<int>(!a.digits.empty()) - static_cast<int>(!b.digits.empty()));
  if (a.point != b.point) return a.point < b.point ? -sign : sign;
  return sign * a.digits.compare(b.digits);
}

struct Condition {
  std::string field;
  std::vector<std::string> path;  ///< the field's parts between dots
  Operator op = Operator::kEqual;
  std::string text;
  std::optional<Decimal> number;  ///< of the text, when it is one
  std::unique_ptr<regex_t, RegexDeleter> regex;
};

/// What other languages write where an operator stands, and what is meant.
Result<void> check_operator(const std::string& text, std::string_view rest) {
  using Pair = std::pair<std::string_view, std::string_view>;
  for (const auto& [written, meant] : {Pair{"===", "="}, {"=~", "~"}, {"=<", "<="}, {"=>", ">="}, {"<>", "!="}}) {
    if (!rest.starts_with(written)) continue;
    return fail(ErrorCode::kUsage, "--where '{}': '{}' is no operator, did you mean '{}'?", text, written, meant);
  }
  return {};
}

Result<Condition> parse_condition(const std::string& text) {
  const size_t at = text.find_first_of("=!<>~");
  const std::string_view rest = at == text.npos ? std::string_view() : std::string_view(text).substr(at);
  RETURN_IF_ERROR(check_operator(text, rest));
  Condition condition;
  size_t size = 1;
  if (rest.starts_with("==")) {
    size = 2;  // as = is
  } else if (rest.starts_with("!=") || rest.starts_with("<=") || rest.starts_with(">=")) {
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
  condition.number = decimal_of(condition.text);
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

/// A name or an index within the value at the cursor, which has been checked. Of a name that is there twice the last
/// one counts, as in a stream.
std::optional<Cursor> child(Cursor at, std::string_view name) {
  const char open = at.peek();
  if (open != '{' && open != '[') return std::nullopt;
  const bool by_index = !name.empty() && name.size() < 10 && name.find_first_not_of("0123456789") == name.npos;
  if (open == '[' && !by_index) return std::nullopt;
  size_t left = 0;
  if (open == '[') std::from_chars(name.data(), name.data() + name.size(), left);
  std::optional<Cursor> found;
  std::string scratch;
  ++at.at;
  while (at.peek() != '}' && at.peek() != ']') {
    if (at.peek() == ',') ++at.at;
    if (open == '{') {
      const bool same = decode::unescaped(at.token(), scratch) == std::optional(name);
      at.at += 2;  // the key and its colon
      if (same) found = at;
    } else if (left-- == 0) {
      return at;
    }
    decode::skip_value(at);
  }
  return found;
}

std::optional<Cursor> field_of(const Cursor& document, const Condition& condition) {
  if (auto found = child(document, condition.field)) return found;
  std::optional<Cursor> at = document;
  for (const std::string& part : condition.path) {
    at = child(*at, part);
    if (!at) break;
  }
  return at;
}

bool is_string(const Cursor& value) { return value.peek() == '"'; }

std::optional<Decimal> number_at(const Cursor& value) {
  const char first = value.peek();
  return first == '-' || (first >= '0' && first <= '9') ? decimal_of(value.token()) : std::nullopt;
}

/// A string as it is; anything else as its JSON, without spaces.
std::string text_of(const Cursor& value) {
  std::string text;
  if (is_string(value)) return std::string(decode::unescaped(value.token(), text).value_or(""));
  Cursor end = value;
  decode::skip_value(end);
  for (Cursor at = value; at.at < end.at; ++at.at) text += at.token();
  return text;
}

/// Below, at or above zero; nothing when the two cannot be compared.
std::optional<int> compared(const Cursor& value, const Condition& condition) {
  if (const auto number = number_at(value))
    return condition.number ? std::optional(compared(*number, *condition.number)) : std::nullopt;
  if (!is_string(value)) return std::nullopt;
  return text_of(value).compare(condition.text);
}

bool equals(const Cursor& value, const Condition& condition) {
  return compared(value, condition) == std::optional(0) || text_of(value) == condition.text;
}

bool found_in(const std::string& text, const regex_t& regex) {
  regmatch_t whole = {};
  whole.rm_so = 0;
  whole.rm_eo = static_cast<regoff_t>(text.size());
  return ::regexec(&regex, text.c_str(), 1, &whole, REG_STARTEND) == 0;
}

bool holds(const std::optional<Cursor>& field, const Condition& condition) {
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
  decode::JsonIndex index;

  /// All of the value is checked here, so that nothing needs to be later.
  std::optional<Cursor> document(std::string_view value) {
    if (value.size() > decode::JsonIndex::kMaxBytes || !index.index({&value, 1})) return std::nullopt;
    const Cursor begin = index.cursor(0);
    if (index.at_end(begin)) return std::nullopt;
    Cursor end = begin;
    if (!decode::skip_value(end) || !index.at_end(end)) return std::nullopt;
    return begin;
  }
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
  const std::optional<Cursor> document = impl_->document(value);
  for (const Condition& condition : impl_->conditions) {
    if (!holds(document ? field_of(*document, condition) : std::nullopt, condition)) return false;
  }
  return true;
}

}  // namespace freshet::cli
