#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.h"

/// What the group coordinator and its groups share.
namespace freshet::broker {

/// Limits and delays; constant after construction. Names and defaults are Kafka's where a comment does not say
/// otherwise.
struct GroupSettings {
  int32_t min_session_timeout_ms = 6'000;
  int32_t max_session_timeout_ms = 1'800'000;
  /// group.initial.rebalance.delay.ms, 3000 in Kafka, where a group's members start on many machines. Here they start
  /// on one, and everyone who tries Freshet waits for it; 100 ms still gathers processes that a script starts together.
  int32_t initial_rebalance_delay_ms = 100;
  /// How long somebody new may wait for a first rebalance without being heard of.
  int32_t new_member_timeout_ms = 300'000;
  size_t max_groups = 10'000;         ///< ours: memory is bounded
  size_t max_members = 1'000;         ///< a group's; unlimited in Kafka
  size_t max_member_bytes = 1 << 20;  ///< a member's protocols with their metadata; an assignment
  size_t max_group_bytes = 8 << 20;   ///< all of that in one group: it becomes one record
  size_t max_id_bytes = 4'096;        ///< ours: group, member and instance ids
  size_t max_offset_metadata_bytes = 4'096;
  size_t max_fetched_bytes = 64 << 20;  ///< ours: of the offsets in one answer
  int64_t offsets_retention_ms = int64_t{7} * 24 * 3'600'000;
  int64_t cleanup_interval_ms = 600'000;
  /// Groups of the program itself: their offsets never expire.
  std::string own_prefix = "freshet.";
};

/// Who sent a request.
struct GroupClient {
  std::string_view id;    ///< client id; begins the member id
  std::string_view host;  ///< shown by tools
};

/// Called exactly once with the answer, after the coordinator's function has done its work: at its end or that of a
/// later one. May call the coordinator again.
template <class Response>
using Respond = std::function<void(Response)>;

/// What a group wants written; the coordinator makes the record and reports back with Group::stored().
struct GroupStore {
  enum class Why { kAssignment, kStaticMember, kEmpty };
  Why why = Why::kEmpty;
  int32_t generation = 0;
  std::string member_id;  ///< kStaticMember: whose join waits
};

/// What came out of a group: answers to run, writes to make.
struct GroupEffects {
  std::vector<std::function<void()>> answers;
  std::vector<GroupStore> stores;

  template <class Response>
  void answer(Respond<Response> respond, Response response) {
    answers.push_back(
        [respond = std::move(respond), response = std::move(response)]() mutable { respond(std::move(response)); });
  }
  /// Answers who waits in `waiting`, if anyone does.
  template <class Response>
  void answer_waiting(Respond<Response>& waiting, Response response) {
    if (waiting) answer(std::exchange(waiting, nullptr), std::move(response));
  }
};

}  // namespace freshet::broker
