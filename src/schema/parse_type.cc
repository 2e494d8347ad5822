#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <optional>
#include <set>

#include "base/strings.h"
#include "schema/type.h"
#include "schema/type_names.h"

namespace freshet::schema {
namespace {

template <class... Args>
std::unexpected<Error> refuse(fmt::format_string<Args...> format, Args&&... args) {
  return fail(ErrorCode::kUnknownColumnType, format, std::forward<Args>(args)...);
}

std::string shortened(std::string_view text) {
  constexpr size_t kShown = 60;
  return text.size() <= kShown ? std::string(text) : std::string(text.substr(0, kShown)) + "…";
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// "String" for "string" (another case), else the nearest by spelling.
std::string suggestion(std::string_view name) {
  const std::vector<std::string> names = suggestible_type_names();
  const auto same = std::ranges::find_if(names, [&](const std::string& known) {
    return std::ranges::equal(known, name,
                              [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
  });
  constexpr size_t kLongestName = 40;  // nobody misspells a name at greater length
  const std::string meant = same != names.end() ? *same : nearest(name.substr(0, kLongestName), names);
  return meant.empty() ? std::string() : fmt::format("; did you mean {}?", meant);
}

Result<void> check_nesting(const Type& type);

/// Recursive descent over one type's text.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Type> whole() {
    ASSIGN_OR_RETURN(Type type, this->type(0));
    skip_space();
    if (at_ < text_.size())
      return refuse("'{}' is left over after the type {}", shortened(text_.substr(at_)), type.to_string());
    return type;
  }

 private:
  Result<Type> type(int depth) {
    if (depth >= kMaxTypeDepth) return refuse("types are nested more than {} deep", kMaxTypeDepth);
    ASSIGN_OR_RETURN(const TypeName* name, this->name());
    Type type{.kind = name->kind,
              .precision = name->precision,
              .scale = 0,
              .time_zone = {},
              .enum_values = {},
              .arguments = {}};
    RETURN_IF_ERROR(arguments(*name, type, depth));
    RETURN_IF_ERROR(check_nesting(type));
    return type;
  }

  /// One word, or several of an SQL alias ("DOUBLE PRECISION").
  Result<const TypeName*> name() {
    skip_space();
    const std::string first = word();
    if (first.empty()) return refuse("expected a type, got '{}'", shortened(text_.substr(at_)));
    std::string longest = first;
    const TypeName* found = find_type_name(first);
    while (is_space(peek())) {
      const size_t behind = at_;
      skip_space();
      const std::string next = word();
      longest += ' ' + next;
      const TypeName* more = next.empty() ? nullptr : find_type_name(longest);
      if (!more) {
        at_ = behind;
        break;
      }
      found = more;
    }
    if (found) return found;
    if (const std::string_view reason = why_unsupported(first); !reason.empty()) {
      return refuse("the type {} cannot be declared in a stream: {}", first, reason);
    }
    return refuse("unknown type '{}'{}", shortened(first), suggestion(first));
  }

  Result<void> arguments(const TypeName& name, Type& type, int depth) {
    skip_space();
    const bool open = peek() == '(';
    if (open) ++at_;
    RETURN_IF_ERROR(inner(name, type, depth, open));
    if (!open) return {};
    skip_space();
    if (peek() != ')') return refuse("expected ')' to close {}, got '{}'", name.name, shortened(text_.substr(at_)));
    ++at_;
    return {};
  }

  Result<void> inner(const TypeName& name, Type& type, int depth, bool open) {
    switch (name.arguments) {
      case TypeArguments::kNone:
        if (open) return refuse("{} takes no parameters", name.name);
        return {};
      case TypeArguments::kWidth:
        return open ? discard(number("width", 0, std::numeric_limits<int>::max())) : Result<void>();
      case TypeArguments::kLength:
        if (!open) return refuse("{} needs its length: {}(16)", name.name, name.name);
        return assign(type.precision, number("length of FixedString", 1, 0xFFFFFF));
      case TypeArguments::kPrecisionScale:
        return decimal(type, open);
      case TypeArguments::kScale:
        if (!open) return refuse("{} needs its scale: {}(2)", name.name, name.name);
        return assign(type.scale, number("scale", 0, type.precision));
      case TypeArguments::kTimeZone:
        return open ? time_zone(type) : Result<void>();
      case TypeArguments::kPrecisionZone:
        return date_time64(type, open);
      case TypeArguments::kEnum:
      case TypeArguments::kEnumAny:
        if (!open) return refuse("{} needs its values: {}('a' = 1, 'b' = 2)", name.name, name.name);
        return enum_values(type, name.arguments == TypeArguments::kEnumAny);
      case TypeArguments::kOneType:
      case TypeArguments::kTwoTypes:
        return types(name, type, depth, open);
    }
    return {};
  }

  Result<void> types(const TypeName& name, Type& type, int depth, bool open) {
    const bool two = name.arguments == TypeArguments::kTwoTypes;
    if (!open)
      return refuse("{} needs {}: {}", name.name, two ? "two types" : "a type",
                    two ? "Map(String, UInt64)" : fmt::format("{}(String)", name.name));
    ASSIGN_OR_RETURN(Type first, this->type(depth + 1));
    type.arguments.push_back(std::move(first));
    if (!two) return {};
    if (!comma()) return refuse("Map needs two types, of its keys and of its values: Map(String, UInt64)");
    ASSIGN_OR_RETURN(Type second, this->type(depth + 1));
    type.arguments.push_back(std::move(second));
    return {};
  }

  Result<void> decimal(Type& type, bool open) {
    type.precision = 10;
    if (!open) return {};
    RETURN_IF_ERROR(assign(type.precision, number("precision of Decimal", 1, 76)));
    return comma() ? assign(type.scale, number("scale of Decimal", 0, type.precision)) : Result<void>();
  }

  Result<void> date_time64(Type& type, bool open) {
    type.precision = 3;
    if (!open) return {};
    RETURN_IF_ERROR(assign(type.precision, number("precision of DateTime64", 0, 9)));
    return comma() ? time_zone(type) : Result<void>();
  }

  Result<void> time_zone(Type& type) {
    ASSIGN_OR_RETURN(type.time_zone, literal("a time zone such as 'UTC'"));
    const auto plausible = [](char c) { return is_word(c) || c == '/' || c == '+' || c == '-'; };
    if (type.time_zone.empty() || !std::ranges::all_of(type.time_zone, plausible)) {
      return refuse("'{}' is not the name of a time zone; write it as 'UTC' or 'Europe/Berlin'",
                    shortened(type.time_zone));
    }
    return {};
  }

  /// ('a' = 1, 'b' = 2), or ('a', 'b') numbered from 1; a name without a number takes the one after its predecessor's.
  Result<void> enum_values(Type& type, bool any_width) {
    const int least = type.kind == TypeKind::kEnum16 || any_width ? -32768 : -128;
    const int most = type.kind == TypeKind::kEnum16 || any_width ? 32767 : 127;
    std::set<std::string> names;
    std::set<int> numbers;
    int next = 1;
    do {
      ASSIGN_OR_RETURN(std::string name, literal("a name such as 'a' = 1"));
      skip_space();
      if (peek() == '=') {
        ++at_;
        RETURN_IF_ERROR(assign(next, number("number in an Enum", least, most)));
      } else if (next > most) {
        return refuse("'{}' would get the number {}, but {} is the largest", shortened(name), next, most);
      }
      if (!names.insert(name).second) return refuse("the name '{}' stands twice in an Enum", shortened(name));
      if (!numbers.insert(next).second) return refuse("the number {} stands twice in an Enum", next);
      type.enum_values.emplace_back(std::move(name), static_cast<int16_t>(next));
      ++next;
    } while (comma());
    std::ranges::sort(type.enum_values, {}, &std::pair<std::string, int16_t>::second);
    if (any_width && (type.enum_values.front().second < -128 || type.enum_values.back().second > 127))
      type.kind = TypeKind::kEnum16;
    return {};
  }

  Result<int> number(std::string_view what, int least, int most) {
    skip_space();
    const size_t start = at_;
    if (peek() == '-' || peek() == '+') ++at_;
    while (is_digit(peek())) ++at_;
    const std::string_view digits = text_.substr(start, at_ - start);
    int value = 0;
    const char* from = digits.data() + (digits.starts_with('+') ? 1 : 0);
    const auto [end, failure] = std::from_chars(from, digits.data() + digits.size(), value);
    if (failure == std::errc::invalid_argument)
      return refuse("expected a number, the {}, got '{}'", what, shortened(text_.substr(start)));
    if (failure != std::errc() || value < least || value > most) {
      return refuse("the {} is {}, but must lie between {} and {}", what, shortened(digits), least, most);
    }
    return value;
  }

  /// 'text' with ClickHouse's escapes: \\ \' \n \t \r \0 \b \f \a \v \e \xHH, and '' for a quote.
  Result<std::string> literal(std::string_view what) {
    skip_space();
    if (peek() != '\'') return refuse("expected {}, got '{}'", what, shortened(text_.substr(at_)));
    std::string value;
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\'') {
        ++at_;
        if (peek() != '\'') return value;
        value += '\'';
      } else if (c == '\\') {
        ++at_;
        value += escaped();
      } else {
        value += c;
      }
    }
    return refuse("a quote (') is not closed");
  }

  char escaped() {
    switch (const char c = peek()) {
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case 'r':
        return '\r';
      case '0':
        return '\0';
      case 'b':
        return '\b';
      case 'f':
        return '\f';
      case 'a':
        return '\a';
      case 'v':
        return '\v';
      case 'e':
        return '\x1B';
      case 'x': {
        unsigned value = 0;
        const char* from = text_.data() + std::min(at_ + 1, text_.size());
        const char* to = text_.data() + std::min(at_ + 3, text_.size());
        const auto [end, failure] = std::from_chars(from, to, value, 16);
        if (failure != std::errc() || end != from + 2) return c;
        at_ += 2;
        return static_cast<char>(value);
      }
      default:
        return c;
    }
  }

  static Result<void> assign(int& to, Result<int> value) {
    if (!value) return std::unexpected(std::move(value).error());
    to = *value;
    return {};
  }
  static Result<void> discard(Result<int> value) {
    int ignored = 0;
    return assign(ignored, std::move(value));
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_space() {
    while (is_space(peek())) ++at_;
  }
  bool comma() {
    skip_space();
    if (peek() != ',') return false;
    ++at_;
    return true;
  }
  std::string word() {
    const size_t start = at_;
    while (is_word(peek())) ++at_;
    return std::string(text_.substr(start, at_ - start));
  }

  std::string_view text_;
  size_t at_ = 0;
};

bool is_string(const Type& type) { return type.kind == TypeKind::kString || type.kind == TypeKind::kFixedString; }

/// Inside of Nullable and LowCardinality the innermost type decides.
const Type& stripped(const Type& type) {
  const Type* inner = &type;
  while (inner->kind == TypeKind::kNullable || inner->kind == TypeKind::kLowCardinality)
    inner = &inner->arguments.front();
  return *inner;
}

Result<void> check_map_key(const Type& key) {
  const bool nullable = key.kind == TypeKind::kNullable ||
                        (key.kind == TypeKind::kLowCardinality && key.arguments.front().kind == TypeKind::kNullable);
  if (nullable) return refuse("a Map's keys cannot be null: write Map({}, …)", stripped(key).to_string());
  switch (stripped(key).kind) {
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kFloat32:
    case TypeKind::kFloat64:
    case TypeKind::kDecimal:
    case TypeKind::kBool:
      return refuse("a Map's keys cannot be {}: they are the names of a JSON object's fields; use String",
                    key.to_string());
    default:
      return {};
  }
}

Result<void> check_nesting(const Type& type) {
  if (type.arguments.empty()) return {};
  const Type& inner = type.arguments.front();
  switch (type.kind) {
    case TypeKind::kNullable:
      if (inner.kind == TypeKind::kNullable) return refuse("Nullable stands inside of Nullable; once is enough");
      if (inner.kind == TypeKind::kLowCardinality)
        return refuse("write LowCardinality(Nullable({0})), not Nullable(LowCardinality({0}))",
                      stripped(inner).to_string());
      if (!inner.arguments.empty())
        return refuse("{} cannot be Nullable in ClickHouse: an empty one stands for a missing one",
                      kind_name(inner.kind));
      return {};
    case TypeKind::kLowCardinality:
      if (inner.kind == TypeKind::kLowCardinality)
        return refuse("LowCardinality stands inside of LowCardinality; once is enough");
      if (!is_string(inner.kind == TypeKind::kNullable ? inner.arguments.front() : inner)) {
        return refuse(
            "LowCardinality({}) is refused: ClickHouse forbids it by default (allow_suspicious_low_cardinality_types), "
            "since it is slower than {}; it fits String and FixedString",
            inner.to_string(), stripped(inner).to_string());
      }
      return {};
    case TypeKind::kMap:
      return check_map_key(inner);
    default:
      return {};
  }
}

}  // namespace

Result<Type> parse_type(std::string_view text) {
  if (text.size() > kMaxTypeLength) return refuse("the text of a type is longer than {} bytes", kMaxTypeLength);
  return Parser(text).whole();
}

}  // namespace freshet::schema
