#include "broker/core/group.h"

#include <algorithm>

namespace freshet::broker {

using kafka::JoinGroupRequest;
using kafka::JoinGroupResponse;
using kafka::KafkaError;

std::string_view state_name(Group::State state) {
  switch (state) {
    case Group::State::kEmpty:
      return "Empty";
    case Group::State::kPreparingRebalance:
      return "PreparingRebalance";
    case Group::State::kCompletingRebalance:
      return "CompletingRebalance";
    case Group::State::kStable:
      return "Stable";
  }
  return "Dead";
}

size_t Group::Member::size_bytes() const {
  size_t size = id.size() + client_id.size() + client_host.size() + assignment.size();
  for (const Protocol& protocol : protocols) size += protocol.name.size() + protocol.metadata.size();
  return size;
}

const std::string* Group::Member::metadata(std::string_view protocol) const {
  for (const Protocol& own : protocols) {
    if (own.name == protocol) return &own.metadata;
  }
  return nullptr;
}

namespace {

std::vector<Group::Protocol> protocols_of(const JoinGroupRequest& request) {
  std::vector<Group::Protocol> protocols;
  for (const JoinGroupRequest::Protocol& protocol : request.protocols) {
    protocols.push_back({std::string(protocol.name), std::string(protocol.metadata)});
  }
  return protocols;
}

bool same_protocols(const Group::Member& member, const JoinGroupRequest& request) {
  return std::ranges::equal(member.protocols, request.protocols, [](const auto& own, const auto& sent) {
    return own.name == sent.name && own.metadata == sent.metadata;
  });
}

void take_over(Group::Member& member, const JoinGroupRequest& request) {
  member.protocols = protocols_of(request);
  member.session_timeout_ms = request.session_timeout_ms;
  member.rebalance_timeout_ms =
      request.rebalance_timeout_ms < 0 ? request.session_timeout_ms : request.rebalance_timeout_ms;
}

}  // namespace

KafkaError Group::check_join(const JoinGroupRequest& request) const {
  const auto known = members_.find(request.member_id);
  const bool is_known = known != members_.end() || pending_.contains(request.member_id) ||
                        (request.group_instance_id && static_members_.contains(*request.group_instance_id));
  if (!is_known && members_.size() + pending_.size() >= settings_.max_members) return KafkaError::kGroupMaxSizeReached;

  size_t size = 0;
  for (const JoinGroupRequest::Protocol& protocol : request.protocols)
    size += protocol.name.size() + protocol.metadata.size();
  size_t total = size;
  for (const auto& [id, member] : members_) total += id == request.member_id ? 0 : member.size_bytes();
  if (size > settings_.max_member_bytes || total > settings_.max_group_bytes) return KafkaError::kGroupMaxSizeReached;

  if (request.protocol_type.empty() || request.protocols.empty()) return KafkaError::kInconsistentGroupProtocol;
  if (state_ == State::kEmpty) return KafkaError::kNone;
  const bool overlap =
      std::ranges::any_of(request.protocols, [&](const auto& sent) { return supported_by_all(sent.name); });
  return request.protocol_type == protocol_type_ && overlap ? KafkaError::kNone
                                                            : KafkaError::kInconsistentGroupProtocol;
}

void Group::join(const JoinGroupRequest& request, const JoinContext& context, Respond<JoinGroupResponse> respond) {
  if (const KafkaError error = check_join(request); error != KafkaError::kNone) {
    return refuse(std::move(respond), request.member_id, error);
  }
  if (request.member_id.empty()) {
    join_new(request, context, std::move(respond));
  } else {
    join_known(request, context, std::move(respond));
  }
}

void Group::join_new(const JoinGroupRequest& request, const JoinContext& context, Respond<JoinGroupResponse> respond) {
  std::string member_id(request.group_instance_id ? *request.group_instance_id : context.client.id);
  member_id += '-';
  member_id += context.fresh.to_string();
  if (request.group_instance_id) {
    if (static_members_.contains(*request.group_instance_id)) {
      replace_static(member_id, request, context, std::move(respond));
    } else {
      add_member(std::move(member_id), request, context, std::move(respond));
    }
  } else if (context.version >= 4) {  // KIP-394: come again with the id, so that a lost answer leaves no ghost
    const int64_t until_ms = context.now_ms + request.session_timeout_ms;
    pending_[member_id] = until_ms;
    schedule(until_ms);
    refuse(std::move(respond), member_id, KafkaError::kMemberIdRequired);
  } else {
    add_member(std::move(member_id), request, context, std::move(respond));
  }
}

void Group::join_known(const JoinGroupRequest& request, const JoinContext& context,
                       Respond<JoinGroupResponse> respond) {
  if (pending_.contains(request.member_id)) {
    if (request.group_instance_id) return refuse(std::move(respond), request.member_id, KafkaError::kUnknownMemberId);
    return add_member(std::string(request.member_id), request, context, std::move(respond));
  }
  if (const KafkaError error = check_member(request.member_id, request.group_instance_id); error != KafkaError::kNone) {
    return refuse(std::move(respond), request.member_id, error);
  }
  Member& member = members_.find(request.member_id)->second;
  const bool changed = !same_protocols(member, request);
  const bool again = state_ == State::kPreparingRebalance || changed ||
                     (state_ == State::kStable && (member.id == leader_ || member.join));
  if (again) return rejoin(member, request, context.now_ms, std::move(respond));
  // The answer got lost, or the member asks for nothing new: it learns the generation as it is.
  touch(member, context.now_ms);
  effects_.answer(std::move(respond), joined(member));
}

void Group::add_member(std::string member_id, const JoinGroupRequest& request, const JoinContext& context,
                       Respond<JoinGroupResponse> respond) {
  pending_.erase(member_id);
  if (members_.empty()) protocol_type_ = request.protocol_type;
  if (leader_.empty()) leader_ = member_id;
  Member& member = members_[member_id];
  member.id = member_id;
  if (request.group_instance_id) {
    member.instance_id = *request.group_instance_id;
    static_members_[*member.instance_id] = member_id;
  }
  member.client_id = context.client.id;
  member.client_host = context.client.host;
  take_over(member, request);
  member.is_new = true;
  member.expires_ms = context.now_ms + settings_.new_member_timeout_ms;
  schedule(member.expires_ms);
  member.join = std::move(respond);
  gathered_more_ = true;
  ask_rebalance(context.now_ms);
}

void Group::rejoin(Member& member, const JoinGroupRequest& request, int64_t now_ms,
                   Respond<JoinGroupResponse> respond) {
  JoinGroupResponse superseded;
  superseded.error = KafkaError::kRebalanceInProgress;
  superseded.member_id = member.id;
  effects_.answer_waiting(member.join, std::move(superseded));
  take_over(member, request);
  member.join = std::move(respond);
  ask_rebalance(now_ms);
}

/// KIP-345: the same instance, started again, takes the place of its former self, which is fenced.
void Group::replace_static(const std::string& new_id, const JoinGroupRequest& request, const JoinContext& context,
                           Respond<JoinGroupResponse> respond) {
  const std::string old_id = static_members_.find(*request.group_instance_id)->second;
  const std::string old_leader = leader_;
  auto node = members_.extract(old_id);
  node.key() = new_id;
  Member& member = members_.insert(std::move(node)).position->second;

  JoinGroupResponse fenced;
  fenced.error = KafkaError::kFencedInstanceId;
  fenced.member_id = old_id;
  effects_.answer_waiting(member.join, std::move(fenced));
  kafka::SyncGroupResponse fenced_sync;
  fenced_sync.error = KafkaError::kFencedInstanceId;
  effects_.answer_waiting(member.sync, std::move(fenced_sync));

  member.id = new_id;
  static_members_.find(*request.group_instance_id)->second = new_id;
  if (leader_ == old_id) leader_ = new_id;
  member.client_id = context.client.id;
  member.client_host = context.client.host;
  take_over(member, request);
  touch(member, context.now_ms);
  member.join = std::move(respond);

  if (state_ == State::kStable && protocol_name_ && select_protocol() == *protocol_name_) {
    // Nothing changes for the others: the member is stored under its new id and keeps its assignment. Before v9 it must
    // not take itself for the leader, or it would compute an assignment that nobody would hear of (KIP-814).
    member.skips_assignment = context.version >= 9;
    member.leader_to_name = member.skips_assignment ? leader_ : old_leader;
    effects_.stores.push_back({GroupStore::Why::kStaticMember, generation_, new_id});
  } else {
    ask_rebalance(context.now_ms);
  }
}

void Group::refuse(Respond<JoinGroupResponse> respond, std::string_view member_id, KafkaError error) {
  JoinGroupResponse response;
  response.error = error;
  response.member_id = member_id;
  effects_.answer(std::move(respond), std::move(response));
}

JoinGroupResponse Group::joined(const Member& member) const {
  JoinGroupResponse response;
  response.generation_id = generation_;
  response.protocol_type = protocol_type_;
  response.protocol_name = protocol_name_;
  response.leader = leader_;
  response.member_id = member.id;
  if (member.id == leader_) response.members = member_list();
  return response;
}

std::vector<JoinGroupResponse::Member> Group::member_list() const {
  std::vector<JoinGroupResponse::Member> list;
  for (const auto& [id, member] : members_) {
    const std::string* metadata = protocol_name_ ? member.metadata(*protocol_name_) : nullptr;
    list.push_back({id, member.instance_id, metadata != nullptr ? *metadata : std::string()});
  }
  return list;
}

KafkaError Group::heartbeat(const kafka::HeartbeatRequest& request, int64_t now_ms) {
  if (const KafkaError error = check_member(request.member_id, request.group_instance_id); error != KafkaError::kNone)
    return error;
  if (request.generation_id != generation_) return KafkaError::kIllegalGeneration;
  touch(members_.find(request.member_id)->second, now_ms);
  return state_ == State::kPreparingRebalance ? KafkaError::kRebalanceInProgress : KafkaError::kNone;
}

KafkaError Group::leave(std::string_view member_id, const std::optional<std::string_view>& instance_id) {
  std::string id(member_id);
  if (instance_id) {
    const auto known = static_members_.find(*instance_id);
    if (known == static_members_.end()) return KafkaError::kUnknownMemberId;
    if (id.empty()) id = known->second;  // an administrator removes an instance
    if (id != known->second) return KafkaError::kFencedInstanceId;
  }
  if (pending_.erase(id) > 0) return KafkaError::kNone;
  if (!members_.contains(id)) return KafkaError::kUnknownMemberId;
  remove_member(id);
  return KafkaError::kNone;
}

KafkaError Group::check_commit(std::string_view member_id, const std::optional<std::string_view>& instance_id,
                               int32_t generation, int64_t now_ms) {
  if (generation < 0 && state_ == State::kEmpty) return KafkaError::kNone;  // a simple consumer, or an administrator
  if (generation < 0 && member_id.empty() && !instance_id) return KafkaError::kUnknownMemberId;
  if (const KafkaError error = check_member(member_id, instance_id); error != KafkaError::kNone) return error;
  if (generation != generation_) return KafkaError::kIllegalGeneration;
  if (state_ == State::kCompletingRebalance) return KafkaError::kRebalanceInProgress;
  touch(members_.find(member_id)->second, now_ms);
  return KafkaError::kNone;
}

KafkaError Group::check_member(std::string_view member_id, const std::optional<std::string_view>& instance_id) const {
  if (instance_id) {
    const auto known = static_members_.find(*instance_id);
    if (known == static_members_.end()) return KafkaError::kUnknownMemberId;
    if (known->second != member_id) return KafkaError::kFencedInstanceId;
  }
  return members_.contains(member_id) ? KafkaError::kNone : KafkaError::kUnknownMemberId;
}

void Group::touch(Member& member, int64_t now_ms) {
  if (member.is_new) return;  // its time is that of the first rebalance
  member.expires_ms = now_ms + member.session_timeout_ms;
  schedule(member.expires_ms);
}

void Group::remove_member(const std::string& member_id) {
  Member& member = members_.find(member_id)->second;
  JoinGroupResponse gone;
  gone.error = KafkaError::kUnknownMemberId;
  gone.member_id = member_id;
  effects_.answer_waiting(member.join, std::move(gone));
  kafka::SyncGroupResponse gone_sync;
  gone_sync.error = KafkaError::kUnknownMemberId;
  effects_.answer_waiting(member.sync, std::move(gone_sync));
  if (member.instance_id) {
    const auto known = static_members_.find(*member.instance_id);
    if (known != static_members_.end() && known->second == member_id) static_members_.erase(known);
  }
  lost_members_ = true;
  const bool was_leader = leader_ == member_id;
  members_.erase(member_id);
  if (was_leader) leader_ = members_.empty() ? std::string() : members_.begin()->first;
}

}  // namespace freshet::broker
