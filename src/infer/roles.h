#pragma once

#include <vector>

#include "infer/proposal.h"

/// What columns are for: which one is the time, which ones to sort, group and add up by.
namespace freshet::infer {

/// Fills id, key, time, order_by and partition_by of a proposal whose columns are known, with the reasons; columns of
/// the sorting key are made not Nullable, as ClickHouse wants it.
void choose_roles(const Observer& observer, Proposal& proposal);

/// Columns that people would group by, the best first: few values, never absent for long.
std::vector<const Column*> dimensions(const Proposal& proposal);
/// Columns that people would add up, the best first.
std::vector<const Column*> measures(const Proposal& proposal);
/// Columns whose most frequent values people would list, the best first: many values that come again.
std::vector<const Column*> top_columns(const Proposal& proposal);

/// Up to three views over the proposed stream (views/*.sql).
std::vector<SuggestedView> suggest_views(const Proposal& proposal);

}  // namespace freshet::infer
