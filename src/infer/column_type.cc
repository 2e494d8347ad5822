#include "infer/column_type.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "infer/names.h"

namespace freshet::infer {
namespace {

/// One value in so many may be a mistake of its producer rather than another type.
constexpr uint64_t kOneMistakeIn = 200;
constexpr size_t kListedValues = 6;

/// How choose_type looks at a field: elements of arrays and values of maps are given no mistakes, because one of them
/// makes the whole record a dead letter.
struct View {
  const Field& field;
  std::string_view column;
  uint64_t slack;

  bool fits(uint64_t count) const { return count > 0 && count + slack >= field.values(); }
};

TypeChoice choose(const View& view);

TypeChoice text(std::string why, std::string type = "String") {
  return {.kind = Kind::kText, .type = std::move(type), .why = std::move(why)};
}

/// LowCardinality pays when values repeat often, and when it is likely that no new ones come without end.
bool low_cardinality_pays(const Field& field, std::string_view column) {
  constexpr uint64_t kLeastValues = 20;
  constexpr size_t kMostDistinct = 5000;
  if (!field.distinct.exact() || field.scalars < kLeastValues || field.distinct.count() > kMostDistinct) return false;
  if (field.texts.longest > 256) return false;
  const size_t distinct = field.distinct.count();
  const bool saturated = field.last_new * 2 <= field.scalars && distinct * 4 <= field.scalars;
  if (is_id_like(column)) return saturated && distinct * 20 <= field.scalars;
  return saturated || distinct * 10 <= field.scalars;
}

std::string listed_values(const Field& field) {
  const size_t count = field.distinct.count();
  if (count == 1) return fmt::format("always '{}'", field.seen.empty() ? "…" : field.seen.front());
  if (count > kListedValues || field.seen.size() < count) return fmt::format("{} different values", grouped(count));
  return fmt::format("{} different values: {}", count, fmt::join(field.seen, ", "));
}

TypeChoice choose_text(const View& view) {
  const Field& field = view.field;
  const bool mixed = field.numbers.count + field.flags > view.slack;
  TypeChoice choice;
  choice.default_is_value = field.texts.empty > 0;
  if (!mixed && low_cardinality_pays(field, view.column)) {
    choice.type = "LowCardinality(String)";
    choice.low_cardinality = true;
    choice.why = listed_values(field);
    return choice;
  }
  choice.type = "String";
  choice.why = mixed ? "text and other values mixed: a String keeps each as it is" : "text";
  if (!mixed && field.distinct.count() == 1) choice.why = listed_values(field);
  if (field.times.unread * 2 > field.texts.count)
    choice.why = "looks like a time, in a form that is not read as one; RFC 3339 and numbers since 1970 are";
  const uint64_t useful = field.numbers.count + field.times.texts + field.texts.uuids + field.texts.addresses +
                          field.texts.numbers.count + field.flags;
  if (field.texts.empty > view.slack && useful > 0 && useful + field.texts.empty + view.slack >= field.values())
    choice.why = fmt::format("{} empty texts among them, which only a String takes", grouped(field.texts.empty));
  return choice;
}

Numbers together(const Numbers& a, const Numbers& b) {
  if (a.count == 0) return b;
  if (b.count == 0) return a;
  Numbers sum = a;
  sum.count += b.count;
  sum.integers += b.integers;
  sum.too_large += b.too_large;
  sum.negative = a.negative || b.negative;
  sum.signed_bits = std::max(a.signed_bits, b.signed_bits);
  sum.unsigned_bits = std::max(a.unsigned_bits, b.unsigned_bits);
  sum.least = std::min(a.least, b.least);
  sum.most = std::max(a.most, b.most);
  sum.with_point += b.with_point;
  return sum;
}

std::string range_of(const Numbers& numbers, size_t distinct) {
  const auto shown = [](double value) { return fmt::format("{:.10g}", value); };
  // Large numbers may be the same as doubles, and different all the same.
  if (shown(numbers.least) == shown(numbers.most))
    return fmt::format("{} {}", distinct == 1 ? "always" : "about", shown(numbers.least));
  return fmt::format("{} to {}", shown(numbers.least), shown(numbers.most));
}

struct Bounds {
  const char* type;
  double least;
  double most;
  const char* what;
};

/// Whole numbers whose name and values say that they can never leave a narrow type.
std::optional<Bounds> bounds_of(std::string_view column, const Numbers& numbers) {
  const std::vector<std::string> words = words_of(column);
  const auto within = [&](Bounds bounds) {
    return numbers.least >= bounds.least && numbers.most <= bounds.most ? std::optional(bounds) : std::nullopt;
  };
  if (has_word(words, {"status", "http"})) return within({"UInt16", 100, 599, "HTTP status codes"});
  if (has_word(words, {"port"})) return within({"UInt16", 0, 65535, "ports"});
  if (has_word(words, {"year"})) return within({"UInt16", 1000, 9999, "years"});
  if (has_word(words, {"percent", "pct"})) return within({"UInt8", 0, 100, "percentages"});
  if (has_word(words, {"month"})) return within({"UInt8", 1, 12, "months"});
  if (has_word(words, {"weekday"})) return within({"UInt8", 0, 7, "days of the week"});
  if (has_word(words, {"hour"})) return within({"UInt8", 0, 24, "hours"});
  return std::nullopt;
}

/// 64, 128 or 256; 0: none is wide enough.
int width_for(int bits) { return bits <= 64 ? 64 : bits <= 128 ? 128 : bits <= 256 ? 256 : 0; }

TypeChoice choose_integer(const Numbers& numbers, const View& view) {
  TypeChoice choice{.kind = Kind::kInteger, .default_is_value = true};
  const size_t distinct = view.field.distinct.count();
  if (const auto bounds = bounds_of(view.column, numbers)) {
    choice.type = bounds->type;
    choice.bounded = true;
    choice.why = fmt::format("{}: {}", bounds->what, range_of(numbers, distinct));
    return choice;
  }
  const int with_sign = width_for(numbers.signed_bits);
  const int without = numbers.negative ? 0 : width_for(numbers.unsigned_bits);
  if (with_sign == 0 && without == 0) return text("whole numbers of more than 256 bits: a String keeps their digits");
  const bool is_signed = with_sign != 0 && (without == 0 || with_sign <= without);
  const int width = is_signed ? with_sign : without;
  choice.type = fmt::format("{}Int{}", is_signed ? "" : "U", width);
  choice.why = fmt::format("whole numbers, {}", range_of(numbers, distinct));
  if (width > 64 || !is_signed) choice.why += fmt::format("; more than {} bits", is_signed ? width / 2 : width - 1);
  return choice;
}

/// Numbers that their producer writes as text: it wants their digits kept.
std::optional<TypeChoice> choose_quoted_number(const Numbers& numbers, const View& view) {
  if (measure_score(view.column) <= 0) return std::nullopt;
  if (numbers.integers == numbers.count) return choose_integer(numbers, view);
  constexpr int kMostScale = 8;
  const bool same_scale = numbers.with_point == numbers.count && numbers.least_scale == numbers.most_scale;
  if (!same_scale || numbers.most_scale > kMostScale || std::max(-numbers.least, numbers.most) > 1e9)
    return std::nullopt;
  return TypeChoice{.kind = Kind::kDecimal,
                    .type = fmt::format("Decimal(18, {})", numbers.most_scale),
                    .why = fmt::format("numbers as text, always with {} digits behind the point: kept exactly, {}",
                                       numbers.most_scale, range_of(numbers, view.field.distinct.count())),
                    .default_is_value = true};
}

std::optional<TypeChoice> choose_number(const View& view) {
  const Field& field = view.field;
  const Numbers& quoted = field.texts.numbers;
  if (field.numbers.count == 0) return view.fits(quoted.count) ? choose_quoted_number(quoted, view) : std::nullopt;
  const bool with_quoted = quoted.count > 0 && field.numbers.count * 10 >= field.values();
  const Numbers numbers = with_quoted ? together(field.numbers, quoted) : field.numbers;
  if (!view.fits(numbers.count)) return std::nullopt;
  TypeChoice choice;
  if (numbers.integers == numbers.count) {
    choice = choose_integer(numbers, view);
  } else if (numbers.too_large > view.slack) {
    return text("numbers beyond a Float64 among them: a String keeps their digits");
  } else {
    choice = {.kind = Kind::kFloat,
              .type = "Float64",
              .why = fmt::format("numbers, {}", range_of(numbers, field.distinct.count())),
              .default_is_value = true};
  }
  if (with_quoted) choice.why += fmt::format("; {} of them as text", grouped(quoted.count));
  return choice;
}

std::optional<TypeChoice> choose_flag(const View& view) {
  const Field& field = view.field;
  TypeChoice choice{.kind = Kind::kBool, .type = "Bool", .why = "true or false", .default_is_value = true};
  if (field.flags > 0 && view.fits(field.flags + field.zero_one + field.texts.flags)) return choice;
  const bool words = !field.seen.empty() && (field.seen.front() == "true" || field.seen.front() == "false");
  if (words && field.texts.flags == field.values()) return choice;
  const bool asked = has_word(words_of(view.column), {"is", "has", "was", "can", "enabled", "active"});
  if (!asked || field.zero_one != field.values()) return std::nullopt;
  choice.why = "0 or 1, and a name that asks yes or no";
  return choice;
}

std::string unit_names(const Times& times) {
  static constexpr const char* kNames[] = {"seconds", "milliseconds", "microseconds", "nanoseconds"};
  std::vector<std::string> names;
  for (size_t unit = 0; unit < kTimeUnits; ++unit) {
    if (times.numbers[unit] > 0) names.emplace_back(kNames[unit]);
  }
  return fmt::format("{}", fmt::join(names, " and "));
}

/// Numbers are times when all lie in this century, and either their name or the records' own timestamps say so: a
/// number alone could be an identifier. Under a clear name several units may stand side by side: the decoder tells them
/// apart.
bool numbers_are_times(const View& view) {
  const Field& field = view.field;
  constexpr int kClearHint = 50;
  const auto all = [&](uint64_t count) { return count > 0 && count + view.slack >= field.numbers.count; };
  if (!all(field.times.number_count())) return false;
  const bool one_unit = all(*std::ranges::max_element(field.times.numbers));
  const int hint = time_score(view.column);
  return hint >= kClearHint || (one_unit && (hint > 0 || field.times.near_record + view.slack >= field.values()));
}

std::optional<TypeChoice> choose_time(const View& view) {
  const Field& field = view.field;
  const Times& times = field.times;
  const bool numeric = field.numbers.count > 0 && numbers_are_times(view);
  if (field.numbers.count > view.slack && !numeric) return std::nullopt;
  if (!view.fits(times.texts + (numeric ? times.number_count() : 0))) return std::nullopt;
  TypeChoice choice{.kind = Kind::kTime, .default_is_value = true};
  if (!numeric && times.date_texts == times.texts) {
    constexpr int64_t kLastDate = 5'662'310'399;  // the end of 2149-06-06
    choice.kind = Kind::kDate;
    choice.type = times.first_s >= 0 && times.last_s <= kLastDate ? "Date" : "Date32";
    choice.why = "dates";
    return choice;
  }
  // A DateTime64(9) ends in 2262.
  constexpr int64_t kLastNano = 9'223'372'035;
  const int digits = times.digits <= 3 ? 3 : times.digits <= 6 || times.last_s > kLastNano ? 6 : 9;
  choice.type = fmt::format("DateTime64({}, 'UTC')", digits);
  choice.why = times.texts == 0 ? fmt::format("{} since 1970", unit_names(times))
               : numeric        ? fmt::format("times as text, and as {} since 1970", unit_names(times))
                                : "times";
  if (times.zoneless > 0) choice.why += ", without a zone: read as UTC";
  return choice;
}

std::optional<TypeChoice> choose_word(const View& view) {
  const Texts& texts = view.field.texts;
  if (view.fits(texts.uuids)) return TypeChoice{.kind = Kind::kUuid, .type = "UUID", .why = "UUIDs"};
  if (view.fits(texts.ipv4s)) return TypeChoice{.kind = Kind::kAddress, .type = "IPv4", .why = "IPv4 addresses"};
  if (view.fits(texts.addresses)) {
    return TypeChoice{
        .kind = Kind::kAddress, .type = "IPv6", .why = texts.ipv4s > 0 ? "IPv6 and IPv4 addresses" : "IPv6 addresses"};
  }
  return std::nullopt;
}

/// The type of what stands in arrays and maps, Nullable where nulls do.
std::string inner_type(const Field* field, std::string_view column, std::string& why) {
  if (field == nullptr || field->values() + field->nulls == 0) return "String";
  const TypeChoice inner = choose({*field, column, 0});
  const bool scalar = inner.kind != Kind::kObject && inner.kind != Kind::kMap && inner.kind != Kind::kArray;
  if (scalar) {
    why = inner.why;
    return with_nullable(inner, field->nulls > 0);
  }
  if (inner.kind == Kind::kArray && field->nulls == 0) {
    why = inner.why;
    return inner.type;
  }
  why = inner.kind == Kind::kArray ? "arrays, as JSON text" : "objects, as JSON text";
  return "String";
}

TypeChoice choose_array(const View& view) {
  const Field& field = view.field;
  if (field.too_deep > 0) return text("arrays nested too deep for columns: JSON text");
  std::string why = "always empty";
  const std::string inner = inner_type(field.seen_elements(), view.column, why);
  return {.kind = Kind::kArray, .type = fmt::format("Array({})", inner), .why = "array: " + why};
}

TypeChoice choose_map(const View& view) {
  const Field& field = view.field;
  const size_t names = field.keys.count();
  std::string why = "always empty";
  const Field* values = field.seen_values();
  std::string inner = inner_type(values, view.column, why);
  if (inner.starts_with("Array(")) inner = "String";
  const bool few = field.keys.exact() && names > 0 && names <= 1000 && names * 10 <= field.key_count;
  TypeChoice choice{.kind = Kind::kMap};
  choice.type = fmt::format("Map({}, {})", few ? "LowCardinality(String)" : "String", inner);
  choice.why = field.key_count == 0 ? "always an empty object"
                                    : fmt::format("its {}{} names look like data, not like fields; values: {}",
                                                  field.keys.exact() ? "" : "more than ", grouped(names), why);
  return choice;
}

/// Whether the names in an object are data (identifiers, dates, languages), so that a Map suits it and columns do not.
bool names_are_data(const Field& field) {
  if (field.crowded || field.key_count == 0 || field.odd_keys * 2 >= field.key_count) return true;
  const auto names = static_cast<double>(field.keys.count());
  const double filled = static_cast<double>(field.key_count) / (static_cast<double>(field.objects) * names);
  const Field* values = field.seen_values();
  const uint64_t count = values == nullptr ? 0 : values->values();
  const bool alike =
      count > 0 && (values->numbers.count == count || values->texts.count == count || values->flags == count);
  return alike ? names >= 16 && filled < 0.3 : names > 100 && filled < 0.1;
}

TypeChoice choose(const View& view) {
  const Field& field = view.field;
  const uint64_t containers = field.objects + field.arrays;
  if (field.values() == 0) return text(field.nulls > 0 ? "always null" : "never seen");
  if (view.fits(field.objects)) {
    if (field.too_deep > 0) return text("objects nested too deep for columns: JSON text");
    if (names_are_data(field)) return choose_map(view);
    return {.kind = Kind::kObject};
  }
  if (view.fits(field.arrays)) return choose_array(view);
  if (containers > view.slack) return text("objects or arrays and other values mixed: JSON text");
  if (auto flag = choose_flag(view)) return *flag;
  if (auto time = choose_time(view)) return *time;
  if (auto number = choose_number(view)) return *number;
  if (auto word = choose_word(view)) return *word;
  return choose_text(view);
}

}  // namespace

TypeChoice choose_type(const Field& field, std::string_view column) {
  return choose({field, column, field.values() / kOneMistakeIn});
}

std::string with_nullable(const TypeChoice& choice, bool nullable) {
  if (!nullable || choice.kind == Kind::kArray || choice.kind == Kind::kMap) return choice.type;
  return choice.low_cardinality ? "LowCardinality(Nullable(String))" : fmt::format("Nullable({})", choice.type);
}

}  // namespace freshet::infer
