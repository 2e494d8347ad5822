#include "schema/type.h"

#include "base/strings.h"
#include "schema/type_names.h"

namespace freshet::schema {

std::string Type::to_string() const {
  std::string text(kind_name(kind));
  switch (kind) {
    case TypeKind::kFixedString:
      return fmt::format("{}({})", text, precision);
    case TypeKind::kDecimal:
      return fmt::format("Decimal({}, {})", precision, scale);
    case TypeKind::kDateTime:
      return time_zone.empty() ? text : fmt::format("DateTime({})", quote_literal(time_zone));
    case TypeKind::kDateTime64:
      return time_zone.empty() ? fmt::format("DateTime64({})", precision)
                               : fmt::format("DateTime64({}, {})", precision, quote_literal(time_zone));
    case TypeKind::kEnum8:
    case TypeKind::kEnum16:
      text += '(';
      for (const auto& [name, number] : enum_values) {
        if (text.back() != '(') text += ", ";
        text += fmt::format("{} = {}", quote_literal(name), number);
      }
      return text + ')';
    case TypeKind::kNullable:
    case TypeKind::kLowCardinality:
    case TypeKind::kArray:
      return fmt::format("{}({})", text, arguments.at(0).to_string());
    case TypeKind::kMap:
      return fmt::format("Map({}, {})", arguments.at(0).to_string(), arguments.at(1).to_string());
    default:
      return text;
  }
}

}  // namespace freshet::schema
