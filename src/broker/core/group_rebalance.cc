#include <algorithm>

#include "broker/core/group.h"

/// The rebalance: from the first join to a stored assignment, with the time-outs that keep it going.
namespace freshet::broker {

using kafka::JoinGroupResponse;
using kafka::KafkaError;
using kafka::SyncGroupResponse;

void Group::ask_rebalance(int64_t now_ms) {
  if (state_ == State::kPreparingRebalance) {
    try_complete_join(now_ms);
  } else {
    prepare_rebalance(now_ms);
  }
}

void Group::prepare_rebalance(int64_t now_ms) {
  if (state_ == State::kCompletingRebalance) {
    for (auto& [id, member] : members_) member.assignment.clear();
    answer_syncs(KafkaError::kRebalanceInProgress, now_ms);
  }
  assignments_.clear();
  storing_assignments_ = false;
  sync_deadline_ms_ = kNever;
  initial_delay_ = state_ == State::kEmpty;
  if (initial_delay_) {
    const int64_t delay_ms = std::min(settings_.initial_rebalance_delay_ms, rebalance_timeout_ms());
    initial_left_ms_ = rebalance_timeout_ms() - delay_ms;
    join_deadline_ms_ = now_ms + delay_ms;
    gathered_more_ = false;
  } else {
    join_deadline_ms_ = now_ms + rebalance_timeout_ms();
  }
  state_ = State::kPreparingRebalance;
  schedule(join_deadline_ms_);
  if (initial_delay_ && join_deadline_ms_ <= now_ms) initial_delay_ = false;
  try_complete_join(now_ms);
}

void Group::try_complete_join(int64_t now_ms) {
  if (initial_delay_ || !pending_.empty()) return;
  const bool all =
      std::ranges::all_of(members_, [](const auto& entry) { return static_cast<bool>(entry.second.join); });
  if (all) complete_join(now_ms);
}

/// Whoever came during the delay extends it, as long as the rebalance time-out allows.
void Group::end_initial_delay(int64_t now_ms) {
  if (gathered_more_ && initial_left_ms_ > 0) {
    gathered_more_ = false;
    const int64_t delay_ms = std::min<int64_t>(settings_.initial_rebalance_delay_ms, initial_left_ms_);
    initial_left_ms_ -= delay_ms;
    join_deadline_ms_ = now_ms + delay_ms;
    return;
  }
  complete_join(now_ms);
}

void Group::complete_join(int64_t now_ms) {
  initial_delay_ = false;
  std::vector<std::string> late;
  for (const auto& [id, member] : members_) {
    if (!member.join && !member.instance_id) late.push_back(id);
  }
  for (const std::string& id : late) remove_member(id);
  lost_members_ = false;
  if (!members_.empty() &&
      !elect_joined_leader()) {  // static members only, and none came back yet: they keep their places
    join_deadline_ms_ = now_ms + std::max(rebalance_timeout_ms(), 1);
    schedule(join_deadline_ms_);
    return;
  }
  begin_generation(now_ms);
}

bool Group::elect_joined_leader() {
  const auto leader = members_.find(leader_);
  if (leader != members_.end() && leader->second.join) return true;
  for (const auto& [id, member] : members_) {
    if (!member.join) continue;
    leader_ = id;
    return true;
  }
  return false;
}

void Group::begin_generation(int64_t now_ms) {
  generation_ = generation_ == std::numeric_limits<int32_t>::max() ? 1 : generation_ + 1;
  join_deadline_ms_ = kNever;
  if (members_.empty()) {
    state_ = State::kEmpty;
    protocol_name_.reset();
    leader_.clear();
    effects_.stores.push_back({GroupStore::Why::kEmpty, generation_, {}});
    return;
  }
  protocol_name_ = select_protocol();
  state_ = State::kCompletingRebalance;
  sync_deadline_ms_ = now_ms + rebalance_timeout_ms();
  schedule(sync_deadline_ms_);
  for (auto& [id, member] : members_) {
    member.is_new = false;
    member.synced = false;
    touch(member, now_ms);
    effects_.answer_waiting(member.join, joined(member));
  }
}

void Group::sync(const kafka::SyncGroupRequest& request, int64_t now_ms, Respond<SyncGroupResponse> respond) {
  const auto refuse_sync = [&](KafkaError error) {
    SyncGroupResponse response;
    response.error = error;
    effects_.answer(std::move(respond), std::move(response));
  };
  if (const KafkaError error = check_member(request.member_id, request.group_instance_id); error != KafkaError::kNone) {
    return refuse_sync(error);
  }
  if (request.generation_id != generation_) return refuse_sync(KafkaError::kIllegalGeneration);
  if ((request.protocol_type && *request.protocol_type != protocol_type_) ||
      (request.protocol_name && request.protocol_name != protocol_name_)) {
    return refuse_sync(KafkaError::kInconsistentGroupProtocol);
  }
  if (state_ == State::kEmpty) return refuse_sync(KafkaError::kUnknownMemberId);
  if (state_ == State::kPreparingRebalance) return refuse_sync(KafkaError::kRebalanceInProgress);

  Member& member = members_.find(request.member_id)->second;
  member.synced = true;
  touch(member, now_ms);
  if (state_ == State::kStable) return effects_.answer(std::move(respond), assigned(member));
  SyncGroupResponse superseded;
  superseded.error = KafkaError::kRebalanceInProgress;
  effects_.answer_waiting(member.sync, std::move(superseded));
  member.sync = std::move(respond);
  if (member.id == leader_ && !storing_assignments_) take_assignments(request, now_ms);
}

void Group::take_assignments(const kafka::SyncGroupRequest& request, int64_t now_ms) {
  assignments_.clear();
  size_t size = 0;
  bool too_large = false;
  for (const auto& assignment : request.assignments) {
    if (!members_.contains(assignment.member_id)) continue;
    size += assignment.assignment.size();
    too_large = too_large || assignment.assignment.size() > settings_.max_member_bytes;
    assignments_[std::string(assignment.member_id)] = assignment.assignment;
  }
  if (too_large || size > settings_.max_group_bytes) {
    answer_syncs(KafkaError::kUnknownServerError, now_ms);
    return prepare_rebalance(now_ms);
  }
  storing_assignments_ = true;
  effects_.stores.push_back({GroupStore::Why::kAssignment, generation_, {}});
}

void Group::stored(const GroupStore& store, bool ok, int64_t now_ms) {
  if (store.generation != generation_) return;
  if (store.why == GroupStore::Why::kAssignment && state_ == State::kCompletingRebalance && storing_assignments_) {
    storing_assignments_ = false;
    if (!ok) {
      answer_syncs(KafkaError::kCoordinatorNotAvailable, now_ms);
      return prepare_rebalance(now_ms);
    }
    for (auto& [id, member] : members_) {
      const auto assignment = assignments_.find(id);
      member.assignment = assignment == assignments_.end() ? std::string() : std::move(assignment->second);
    }
    assignments_.clear();
    state_ = State::kStable;
    answer_syncs(KafkaError::kNone, now_ms);
  } else if (store.why == GroupStore::Why::kStaticMember && state_ == State::kStable) {
    const auto found = members_.find(store.member_id);
    if (found == members_.end()) return;
    Member& member = found->second;
    JoinGroupResponse response = joined(member);
    response.leader = member.leader_to_name;
    response.skip_assignment = member.skips_assignment && member.id == leader_;
    if (!response.skip_assignment) response.members.clear();
    if (!ok) {
      response = {};
      response.error = KafkaError::kCoordinatorNotAvailable;
      response.member_id = member.id;
    }
    touch(member, now_ms);
    effects_.answer_waiting(member.join, std::move(response));
  }
}

void Group::answer_syncs(KafkaError error, int64_t now_ms) {
  for (auto& [id, member] : members_) {
    if (!member.sync) continue;
    touch(member, now_ms);
    SyncGroupResponse response;
    response.error = error;
    effects_.answer_waiting(member.sync, error == KafkaError::kNone ? assigned(member) : std::move(response));
  }
}

SyncGroupResponse Group::assigned(const Member& member) const {
  SyncGroupResponse response;
  response.protocol_type = protocol_type_;
  response.protocol_name = protocol_name_;
  response.assignment = member.assignment;
  return response;
}

void Group::left(int64_t now_ms) {
  const bool lost = std::exchange(lost_members_, false);
  if (state_ == State::kPreparingRebalance) {
    try_complete_join(now_ms);
  } else if (lost && state_ != State::kEmpty) {
    prepare_rebalance(now_ms);
  }
}

void Group::tick(int64_t now_ms) {
  if (now_ms < deadline_ms_) return;
  if (std::erase_if(pending_, [&](const auto& entry) { return entry.second <= now_ms; }) > 0) {
    if (state_ == State::kPreparingRebalance) try_complete_join(now_ms);
  }
  expire_members(now_ms);
  if (state_ == State::kPreparingRebalance && join_deadline_ms_ <= now_ms) {
    if (initial_delay_) {
      end_initial_delay(now_ms);
    } else {
      complete_join(now_ms);
    }
  }
  if (sync_deadline_ms_ <= now_ms) expire_syncs(now_ms);
  deadline_ms_ = exact_deadline_ms();
}

void Group::expire_members(int64_t now_ms) {
  std::vector<std::string> gone;
  for (auto& [id, member] : members_) {
    if (member.expires_ms > now_ms) continue;
    if (!member.is_new && (member.join || member.sync)) {
      touch(member, now_ms);  // it waits for us, not we for it
    } else {
      gone.push_back(id);
    }
  }
  for (const std::string& id : gone) remove_member(id);
  if (!gone.empty()) left(now_ms);
}

/// Who joined a generation and never asked for its assignment is gone.
void Group::expire_syncs(int64_t now_ms) {
  sync_deadline_ms_ = kNever;
  if (state_ != State::kCompletingRebalance && state_ != State::kStable) return;
  std::vector<std::string> gone;
  for (const auto& [id, member] : members_) {
    if (!member.synced) gone.push_back(id);
  }
  for (const std::string& id : gone) remove_member(id);
  if (!gone.empty()) left(now_ms);
}

int64_t Group::exact_deadline_ms() const {
  int64_t at = std::min(join_deadline_ms_, sync_deadline_ms_);
  for (const auto& [id, until_ms] : pending_) at = std::min(at, until_ms);
  for (const auto& [id, member] : members_) at = std::min(at, member.expires_ms);
  return at;
}

bool Group::supported_by_all(std::string_view protocol) const {
  return std::ranges::all_of(members_, [&](const auto& entry) { return entry.second.metadata(protocol) != nullptr; });
}

/// Each member votes for the first of its protocols that all support; the most votes win, ties by name.
std::string Group::select_protocol() const {
  std::map<std::string, size_t> votes;
  for (const Protocol& candidate : members_.begin()->second.protocols) {
    if (supported_by_all(candidate.name)) votes[candidate.name] = 0;
  }
  for (const auto& [id, member] : members_) {
    const auto choice =
        std::ranges::find_if(member.protocols, [&](const Protocol& own) { return votes.contains(own.name); });
    if (choice != member.protocols.end()) ++votes[choice->name];
  }
  if (votes.empty()) return {};
  return std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; })->first;
}

int32_t Group::rebalance_timeout_ms() const {
  int32_t timeout_ms = 0;
  for (const auto& [id, member] : members_) timeout_ms = std::max(timeout_ms, member.rebalance_timeout_ms);
  return timeout_ms;
}

GroupValue Group::value(const GroupStore& store, int64_t wall_ms) const {
  GroupValue value = current_value(wall_ms);
  if (store.why != GroupStore::Why::kAssignment) return value;
  for (GroupValue::Member& member : value.members) {
    const auto assignment = assignments_.find(member.member_id);
    member.assignment = assignment == assignments_.end() ? std::string() : assignment->second;
  }
  return value;
}

GroupValue Group::current_value(int64_t wall_ms) const {
  GroupValue value;
  value.protocol_type = protocol_type_;
  value.generation = generation_;
  value.protocol = protocol_name_;
  if (!leader_.empty()) value.leader = leader_;
  value.current_state_timestamp_ms = wall_ms;
  for (const auto& [id, member] : members_) {
    const std::string* metadata = protocol_name_ ? member.metadata(*protocol_name_) : nullptr;
    value.members.push_back({id, member.instance_id, member.client_id, member.client_host, member.rebalance_timeout_ms,
                             member.session_timeout_ms, metadata != nullptr ? *metadata : std::string(),
                             member.assignment});
  }
  return value;
}

void Group::restore(const GroupValue& value, int64_t now_ms) {
  protocol_type_ = value.protocol_type;
  generation_ = value.generation;
  protocol_name_ = value.protocol;
  leader_ = value.leader.value_or("");
  for (const GroupValue::Member& stored : value.members) {
    Member& member = members_[stored.member_id];
    member.id = stored.member_id;
    member.instance_id = stored.group_instance_id;
    if (member.instance_id) static_members_[*member.instance_id] = member.id;
    member.client_id = stored.client_id;
    member.client_host = stored.client_host;
    member.rebalance_timeout_ms =
        stored.rebalance_timeout_ms > 0 ? stored.rebalance_timeout_ms : stored.session_timeout_ms;
    member.session_timeout_ms = stored.session_timeout_ms;
    member.protocols = {{value.protocol.value_or(""), stored.subscription}};
    member.assignment = stored.assignment;
    member.synced = true;
    touch(member, now_ms);
  }
  state_ = members_.empty() ? State::kEmpty : State::kStable;
}

}  // namespace freshet::broker
