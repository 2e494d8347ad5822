#include "infer/sample_plan.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <utility>

namespace freshet::infer {
namespace {

/// Offsets that a plan reads, by partition; fails where one is read twice or lies outside.
std::map<int32_t, std::set<int64_t>> offsets_of(const std::vector<PartitionRange>& ranges, int64_t limit) {
  std::map<int32_t, std::set<int64_t>> out;
  for (const Round& round : plan_sample(ranges, limit)) {
    std::set<int32_t> seen;
    for (const Slice& slice : round) {
      EXPECT_TRUE(seen.insert(slice.partition).second) << "twice in one round";
      EXPECT_LT(slice.first, slice.end);
      for (int64_t offset = slice.first; offset < slice.end; ++offset)
        EXPECT_TRUE(out[slice.partition].insert(offset).second) << "offset " << offset << " twice";
    }
  }
  for (const PartitionRange& range : ranges) {
    if (out.count(range.partition) == 0) continue;
    EXPECT_GE(*out[range.partition].begin(), range.first);
    EXPECT_LT(*out[range.partition].rbegin(), range.end);
  }
  return out;
}

TEST(SamplePlan, SmallTopicIsReadWhole) {
  const auto offsets = offsets_of({{0, 5, 10}, {1, 0, 0}, {2, 7, 9}}, 100);
  EXPECT_EQ(offsets.at(0).size(), 5U);
  EXPECT_EQ(offsets.at(2).size(), 2U);
  EXPECT_EQ(offsets.count(1), 0U);
}

TEST(SamplePlan, LimitZeroIsAll) { EXPECT_EQ(offsets_of({{0, 5, 1005}}, 0).at(0).size(), 1000U); }

TEST(SamplePlan, FromTheOldestToTheNewest_OfEveryPartition) {
  const auto offsets = offsets_of({{0, 100, 1'000'100}, {1, 0, 50}, {2, 0, 2'000'000}}, 10'000);
  EXPECT_EQ(offsets.at(1).size(), 50U);
  EXPECT_EQ(offsets.at(0).size() + offsets.at(2).size(), 9'950U);
  EXPECT_EQ(*offsets.at(0).begin(), 100);
  EXPECT_EQ(*offsets.at(0).rbegin(), 1'000'099);
  EXPECT_TRUE(offsets.at(2).lower_bound(900'000) != offsets.at(2).end());
  int64_t gap = 0;
  int64_t last = 0;
  for (const int64_t offset : offsets.at(2)) gap = std::max(gap, offset - std::exchange(last, offset));
  EXPECT_LT(gap, 150'000) << "no large part is left out";
}

TEST(SamplePlan, NeverMoreThanAskedFor_NeverTwice) {
  for (int64_t limit = 1; limit < 400; limit += 7) {
    for (int64_t size = 1; size < 700; size += 13) {
      const auto offsets = offsets_of({{0, 3, 3 + size}, {1, 0, size / 2}}, limit);
      size_t count = 0;
      for (const auto& [partition, read] : offsets) count += read.size();
      EXPECT_EQ(count, static_cast<size_t>(std::min(limit, size + size / 2))) << limit << " of " << size;
    }
  }
}

TEST(SamplePlan, ManyPartitions_FewRecords) {
  std::vector<PartitionRange> ranges;
  for (int32_t i = 0; i < 1000; ++i) ranges.push_back({i, 0, 10});
  size_t count = 0;
  for (const auto& [partition, read] : offsets_of(ranges, 100)) count += read.size();
  EXPECT_EQ(count, 100U);
}

}  // namespace
}  // namespace freshet::infer
