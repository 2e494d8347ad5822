#include "cli/record_position.h"

#include <charconv>
#include <optional>

#include "cli/time_text.h"
#include "project/project.h"

namespace freshet::cli {
namespace {

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

}  // namespace

Result<RecordPosition> parse_position(const std::string& option, const std::string& text, int64_t now_ms) {
  using Kind = RecordPosition::Kind;
  if (text == "beginning") return RecordPosition{Kind::kBeginning, 0};
  if (text == "end") return RecordPosition{Kind::kEnd, 0};
  if (const auto offset = whole_number(text)) return RecordPosition{Kind::kOffset, *offset};
  if (text.starts_with('-')) {
    if (const auto count = whole_number(std::string_view(text).substr(1))) return RecordPosition{Kind::kLast, *count};
  }
  if (text.starts_with('@')) {
    if (const auto ms = whole_number(std::string_view(text).substr(1))) return RecordPosition{Kind::kTime, *ms};
  }
  if (const auto ms = parse_time_ms(text)) return RecordPosition{Kind::kTime, *ms};
  if (const auto ago_ms = project::parse_duration_ms(text)) return RecordPosition{Kind::kTime, now_ms - *ago_ms};
  return fail(
      ErrorCode::kUsage,
      "{} {}: beginning, end, an offset, -5 for the last five, a time like 2026-01-18T12:34:56Z, or 10m for ten "
      "minutes ago is wanted",
      option, text);
}

}  // namespace freshet::cli
