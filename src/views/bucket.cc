#include <algorithm>

#include "base/strings.h"
#include "project/project.h"
#include "views/definition.h"

namespace freshet::views {
namespace {

constexpr std::string_view kPrefix = "-- freshet:";

std::unexpected<Error> refused(int column, std::string message) {
  return std::unexpected(Error{ErrorCode::kViewInvalid, std::move(message), {}, 1, column});
}

}  // namespace

Result<BucketComment> read_bucket_comment(const std::string& sql) {
  BucketComment comment;
  const std::string_view line = std::string_view(sql).substr(0, sql.find('\n'));
  if (!line.starts_with(kPrefix)) return comment;
  for (const std::string_view word : split(trim(line.substr(kPrefix.size())), ' ')) {
    if (trim(word).empty()) continue;
    const int column = 1 + static_cast<int>(word.data() - sql.data());
    const size_t equals = word.find('=');
    const std::string_view key = word.substr(0, equals);
    const std::string value(equals == word.npos ? "" : trim(word.substr(equals + 1)));
    if (key == "bucket" && !value.empty()) {
      comment.column = value;
    } else if (key == "width" && !value.empty()) {
      const Result<int64_t> width_ms = project::parse_duration_ms(value);
      if (!width_ms || *width_ms < 1000 || *width_ms % 1000 != 0 || *width_ms > int64_t{366} * 86'400'000) {
        return refused(column, fmt::format("width '{}': write whole seconds up to a year, like 60s, 1h or 7d", value));
      }
      comment.width_s = static_cast<uint32_t>(*width_ms / 1000);
    } else {
      return refused(column, fmt::format("'{}' is not understood: write `-- freshet: bucket=COLUMN width=60s`", word));
    }
  }
  if (comment.column.empty() || comment.width_s == 0)
    return refused(1, "write both: `-- freshet: bucket=COLUMN width=60s`");
  return comment;
}

uint32_t width_of_buckets(const std::vector<int64_t>& buckets_ms) {
  if (buckets_ms.size() < 2) return 0;
  int64_t least = INT64_MAX;
  int64_t most = 0;
  for (size_t i = 1; i < buckets_ms.size(); ++i) {
    least = std::min(least, buckets_ms[i] - buckets_ms[i - 1]);
    most = std::max(most, buckets_ms[i] - buckets_ms[i - 1]);
  }
  constexpr int64_t kDay = 86'400'000;
  if (least >= 28 * kDay && most <= 31 * kDay) return static_cast<uint32_t>(31 * kDay / 1000);
  for (const int64_t bucket : buckets_ms) {
    if ((bucket - buckets_ms[0]) % least != 0) return 0;
  }
  return static_cast<uint32_t>(std::max<int64_t>(1, (least + 999) / 1000));
}

}  // namespace freshet::views
