#include "infer/sample_plan.h"

#include <algorithm>
#include <numeric>

namespace freshet::infer {
namespace {

/// Pieces of a partition: enough to see it change, few enough that seeking costs nothing.
constexpr int64_t kPieces = 16;
/// A piece shorter than this costs more to find than to read.
constexpr int64_t kLeastPiece = 20;

/// `limit` spread over sizes as evenly as they allow: what a small one leaves, the larger ones get.
std::vector<int64_t> shares_of(const std::vector<PartitionRange>& ranges, int64_t limit) {
  std::vector<size_t> order(ranges.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto size = [&](size_t i) { return std::max<int64_t>(0, ranges[i].end - ranges[i].first); };
  std::ranges::stable_sort(order, {}, size);
  std::vector<int64_t> shares(ranges.size(), 0);
  int64_t left = limit;
  for (size_t done = 0; done < order.size(); ++done) {
    const auto others = static_cast<int64_t>(order.size() - done);
    const int64_t fair = left / others;
    const int64_t share = std::min(size(order[done]), fair);
    shares[order[done]] = share;
    left -= share;
  }
  return shares;
}

}  // namespace

std::vector<Round> plan_sample(const std::vector<PartitionRange>& ranges, int64_t limit) {
  std::vector<Round> rounds;
  const auto add = [&rounds](size_t round, Slice slice) {
    if (rounds.size() <= round) rounds.resize(round + 1);
    rounds[round].push_back(slice);
  };
  const std::vector<int64_t> shares = limit > 0 ? shares_of(ranges, limit) : std::vector<int64_t>();
  for (size_t i = 0; i < ranges.size(); ++i) {
    const PartitionRange& range = ranges[i];
    const int64_t size = range.end - range.first;
    if (size <= 0) continue;
    if (limit <= 0 || shares[i] >= size) {
      add(0, {range.partition, range.first, range.end});
      continue;
    }
    const int64_t share = shares[i];
    if (share == 0) continue;
    const int64_t pieces = std::clamp<int64_t>(share / kLeastPiece, 1, kPieces);
    for (int64_t piece = 0; piece < pieces; ++piece) {
      const int64_t count = share * (piece + 1) / pieces - share * piece / pieces;
      // The first piece begins at the oldest record, the last one ends at the newest; a single one is the newest.
      const int64_t room = size - count;
      const int64_t at = pieces == 1 ? room : room / (pieces - 1) * piece + room % (pieces - 1) * piece / (pieces - 1);
      add(static_cast<size_t>(piece), {range.partition, range.first + at, range.first + at + count});
    }
  }
  return rounds;
}

}  // namespace freshet::infer
