#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/strings.h"
#include "infer/names.h"
#include "infer/roles.h"
#include "project/names.h"

namespace freshet::infer {
namespace {

constexpr size_t kMostMeasures = 2;
constexpr size_t kMostName = 64;

/// A way to cut time: toStartOfMinute(ts) AS minute.
struct Bucket {
  const char* suffix;      ///< of the view's name: "minute"
  const char* alias;       ///< of the column
  const char* expression;  ///< with {} for the time column
  const char* words;       ///< "a minute"
};
constexpr Bucket kTimes[] = {
    {"minute", "minute", "toStartOfMinute({})", "a minute"},
    {"10s", "bucket", "toStartOfInterval({}, INTERVAL 10 SECOND)", "in ten seconds"},
    {"hour", "hour", "toStartOfHour({})", "an hour"},
};
/// Of a time that is a date.
constexpr Bucket kDates[] = {
    {"day", "day", "toDate({})", "a day"},
    {"week", "week", "toMonday({})", "a week"},
    {"month", "month", "toStartOfMonth({})", "a month"},
};

/// Whether all of its times can be cut: ClickHouse's toStartOf… give a DateTime, which begins in 1970 and ends in 2106;
/// toMonday and toStartOfMonth give a Date. What lies outside would come into a wrong bucket.
bool can_be_cut(const Column& time) {
  constexpr int64_t kLastDateTime = 4'294'967'295;
  if (time.choice.kind == Kind::kDate) return time.choice.type == "Date";
  if (time.field == nullptr) return true;
  return time.field->times.first_s >= 0 && time.field->times.last_s <= kLastDateTime;
}

/// Names of a view's columns: identifiers that no column of the stream has, unless they are that column.
class Aliases {
 public:
  explicit Aliases(const Proposal& proposal) {
    for (const Column& column : proposal.columns) taken_.insert(column.name);
  }
  std::string make(std::string wanted) {
    std::ranges::replace(wanted, '.', '_');
    std::string name = wanted;
    for (int i = 2; !taken_.insert(name).second; ++i) name = fmt::format("{}_{}", wanted, i);
    return name;
  }

 private:
  std::set<std::string, std::less<>> taken_;
};

struct Selected {
  std::string expression;
  std::string alias;
};

class ViewText {
 public:
  ViewText(const Proposal& proposal, const Bucket* bucket, std::vector<const Column*> by)
      : proposal_(proposal), bucket_(bucket), by_(std::move(by)), aliases_(proposal) {}

  std::string name() const {
    std::string suffix = bucket_ != nullptr ? bucket_->suffix : "";
    if (bucket_ == nullptr) {
      std::vector<std::string> names;
      for (const Column* column : by_) names.push_back(column->name);
      suffix = fmt::format("by_{}", fmt::join(names, "_"));
    }
    const std::string stream = proposal_.name.substr(0, kMostName - std::min(kMostName / 2, suffix.size() + 1));
    return project::sanitized_name(fmt::format("{}_{}", stream, suffix));
  }

  std::string sql() {
    std::vector<Selected> keys = select_keys();
    std::vector<Selected> sums = select_sums();
    std::string select;
    std::vector<std::string> order;
    std::vector<std::string> group;
    for (const Selected& key : keys) {
      select += line_of(key) + ",\n";
      group.push_back(sql_name(key.alias));
    }
    for (const Selected& sum : sums) select += line_of(sum) + (&sum == &sums.back() ? "\n" : ",\n");
    // Rows of one value lie together, by time: the bucket comes last.
    for (size_t i = bucket_ != nullptr ? 1 : 0; i < keys.size(); ++i) order.push_back(group[i]);
    if (bucket_ != nullptr) order.push_back(group.front());
    const std::string view = name();
    return fmt::format(
        "-- {}.\n-- Try: SELECT * FROM {} ORDER BY {} LIMIT 20\n"
        "CREATE MATERIALIZED VIEW {}\nENGINE = SummingMergeTree\nORDER BY ({})\nAS SELECT\n{}FROM {}\nGROUP BY {}\n",
        about(), view,
        bucket_ != nullptr ? fmt::format("{0} DESC, {1} DESC", group.front(), sums.front().alias)
                           : sums.front().alias + " DESC",
        view, fmt::join(order, ", "), select, sql_name(proposal_.name), fmt::join(group, ", "));
  }

 private:
  std::string about() const {
    std::vector<std::string> sums;
    for (const Column* measure : summed()) sums.push_back(measure->name);
    std::string text = sums.empty() ? "Events" : fmt::format("Events and the sums of {}", fmt::join(sums, " and "));
    if (bucket_ != nullptr) text += fmt::format(" {}", bucket_->words);
    if (by_.empty()) return text;
    std::vector<std::string> names;
    for (const Column* column : by_) names.push_back(column->name);
    return fmt::format("{}, by {}", text, fmt::join(names, " and "));
  }

  std::vector<const Column*> summed() const {
    std::vector<const Column*> all = measures(proposal_);
    if (all.size() > kMostMeasures) all.resize(kMostMeasures);
    return all;
  }

  std::vector<Selected> select_keys() {
    std::vector<Selected> keys;
    if (bucket_ != nullptr) {
      keys.push_back(
          {fmt::format(fmt::runtime(bucket_->expression), sql_name(proposal_.time)), aliases_.make(bucket_->alias)});
    }
    for (const Column* column : by_) {
      const bool plain = project::is_identifier(column->name);
      keys.push_back({sql_name(column->name), plain ? column->name : aliases_.make(column->name)});
    }
    return keys;
  }

  std::vector<Selected> select_sums() {
    std::vector<Selected> sums = {{"count()", aliases_.make("total_count")}};
    for (const Column* column : summed()) {
      const std::string name = sql_name(column->name);
      // A sum over NULL alone would be NULL, and NULL plus 5 as well.
      sums.push_back({column->nullable ? fmt::format("sum(ifNull({}, 0))", name) : fmt::format("sum({})", name),
                      aliases_.make("total_" + column->name)});
    }
    return sums;
  }

  static std::string line_of(const Selected& selected) {
    const std::string alias = sql_name(selected.alias);
    return selected.expression == alias ? "  " + alias : fmt::format("  {} AS {}", selected.expression, alias);
  }

  const Proposal& proposal_;
  const Bucket* bucket_;
  std::vector<const Column*> by_;
  Aliases aliases_;
};

}  // namespace

std::vector<SuggestedView> suggest_views(const Proposal& proposal) {
  const std::vector<const Column*> all = dimensions(proposal);
  std::vector<const Column*> one(all.begin(), all.begin() + std::min<ptrdiff_t>(1, std::ssize(all)));
  std::vector<const Column*> two(all.begin(), all.begin() + std::min<ptrdiff_t>(2, std::ssize(all)));
  std::vector<const Column*> top;
  for (const Column* column : top_columns(proposal)) {
    if (std::ranges::find(two, column) == two.end()) {
      top = {column};
      break;
    }
  }
  const Column* time = proposal.column(proposal.time);
  std::vector<SuggestedView> views;
  const auto add = [&](const Bucket* bucket, const std::vector<const Column*>& by) {
    ViewText text(proposal, bucket, by);
    SuggestedView view{text.name(), text.sql()};
    const bool fresh = std::ranges::none_of(views, [&](const SuggestedView& v) { return v.name == view.name; });
    if (fresh && view.name != proposal.name) views.push_back(std::move(view));
  };
  if (time == nullptr || !can_be_cut(*time)) {
    // There is nothing to cut by: totals of each value.
    for (const auto& by : {one, two, top}) {
      if (!by.empty()) add(nullptr, by);
    }
    return views;
  }
  const auto& buckets = time->choice.kind == Kind::kDate ? kDates : kTimes;
  add(&buckets[0], one);
  add(&buckets[1], two);
  add(&buckets[2], top.empty() ? one : top);
  return views;
}

}  // namespace freshet::infer
