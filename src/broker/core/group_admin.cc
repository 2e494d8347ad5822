#include <algorithm>
#include <cctype>
#include <iterator>
#include <map>
#include <set>

#include "base/bytes.h"
#include "broker/core/authorized.h"
#include "broker/core/group_coordinator.h"
#include "broker/core/group_turn.h"

/// The coordinator's part for administrators: describe, list and delete groups and their offsets.
namespace freshet::broker {

using kafka::DeleteGroupsResponse;
using kafka::DescribeGroupsResponse;
using kafka::KafkaError;
using kafka::OffsetDeleteRequest;
using kafka::OffsetDeleteResponse;

namespace {

constexpr std::string_view kType = "classic";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::set<std::string> lower_all(const std::vector<std::string_view>& texts) {
  std::set<std::string> out;
  for (const std::string_view text : texts) out.insert(lower(text));
  return out;
}

DescribeGroupsResponse::Group::Member member_of(const Group& group, const Group::Member& member) {
  DescribeGroupsResponse::Group::Member shown;
  shown.member_id = member.id;
  shown.group_instance_id = member.instance_id;
  shown.client_id = member.client_id;
  shown.client_host = member.client_host.starts_with('/') ? member.client_host : "/" + member.client_host;
  shown.assignment = member.assignment;
  const bool stable = group.state() == Group::State::kStable && group.protocol_name();
  const std::string* metadata = stable ? member.metadata(*group.protocol_name()) : nullptr;
  if (metadata != nullptr) shown.metadata = *metadata;
  return shown;
}

/// Topics in a consumer's subscription (ConsumerProtocolSubscription: version, array of names, …); none when it cannot
/// be read.
std::optional<std::vector<std::string>> topics_of(std::string_view subscription) {
  ByteReader in(subscription);
  const int16_t version = in.big<int16_t>();
  const int32_t count = in.big<int32_t>();
  if (!in.ok() || version < 0 || count < 0) return std::nullopt;
  std::vector<std::string> topics;
  for (int32_t i = 0; i < count; ++i) {
    const int16_t length = in.big<int16_t>();
    const std::string_view name = in.bytes(length < 0 ? 0 : static_cast<size_t>(length));
    if (!in.ok() || length < 0) return std::nullopt;
    topics.emplace_back(name);
  }
  return topics;
}

/// What a group's members read; where that cannot be told they may read anything, as in Kafka.
struct Subscription {
  bool anything = false;
  std::set<std::string, std::less<>> topics;
  bool contains(std::string_view topic) const { return anything || topics.contains(topic); }
};

Subscription subscription_of(const Group& group) {
  Subscription subscription;
  for (const auto& [id, member] : group.members()) {
    const std::string* metadata = group.protocol_name() ? member.metadata(*group.protocol_name()) : nullptr;
    const auto topics = metadata == nullptr ? std::nullopt : topics_of(*metadata);
    if (!topics) {
      subscription.anything = true;
    } else {
      subscription.topics.insert(topics->begin(), topics->end());
    }
  }
  return subscription;
}

}  // namespace

DescribeGroupsResponse GroupCoordinator::describe(const kafka::DescribeGroupsRequest& request, int16_t version) const {
  DescribeGroupsResponse response;
  std::set<std::string_view> seen;
  size_t size = 0;
  for (const std::string_view id : request.groups) {
    if (!seen.insert(id).second) continue;
    auto& shown = response.groups.emplace_back();
    shown.group_id = id;
    if (request.include_authorized_operations) shown.authorized_operations = kGroupOperations;
    const Group* group = find(id);
    if (group == nullptr) {
      shown.state = "Dead";
      if (version >= 6) {
        shown.error = KafkaError::kGroupIdNotFound;
        shown.error_message = fmt::format("Group {} not found.", id);
      }
      continue;
    }
    for (const auto& [member_id, member] : group->members()) size += member.size_bytes();
    if (size > settings_.max_fetched_bytes) {  // ask for fewer groups
      shown.error = KafkaError::kInvalidRequest;
      shown.error_message = "the groups of one request have too many members for one answer";
      continue;
    }
    shown.state = state_name(group->state());
    shown.protocol_type = group->protocol_type();
    if (group->state() == Group::State::kStable) shown.protocol_data = group->protocol_name().value_or("");
    for (const auto& [member_id, member] : group->members()) shown.members.push_back(member_of(*group, member));
  }
  return response;
}

kafka::ListGroupsResponse GroupCoordinator::list(const kafka::ListGroupsRequest& request) const {
  kafka::ListGroupsResponse response;
  const std::set<std::string> states = lower_all(request.states_filter);
  const std::set<std::string> types = lower_all(request.types_filter);
  if (!types.empty() && !types.contains(std::string(kType))) return response;
  for (const auto& [id, entry] : entries_) {
    const std::string state(state_name(entry->group.state()));
    if (!states.empty() && !states.contains(lower(state))) continue;
    response.groups.push_back({id, entry->group.protocol_type(), state, std::string(kType)});
  }
  return response;
}

std::vector<GroupRecord> GroupCoordinator::tombstones_of(const std::set<std::string, std::less<>>& groups,
                                                         const IsMeant& is_meant) const {
  std::set<std::string> keys;
  for (const std::string& group : groups) {
    const OffsetStore::Topics* topics = offsets_.find(group);
    if (topics == nullptr) continue;
    for (const auto& [topic, partitions] : *topics) {
      for (const auto& [partition, value] : partitions) {
        const OffsetKey key{group, topic, partition};
        if (is_meant(key)) keys.insert(make_record(key, std::nullopt).key);
      }
    }
  }
  for (const auto& records : under_way_) {  // committed, though not durable yet
    for (const GroupRecord& record : *records) {
      const auto parsed = parse_record(record.key, std::nullopt);
      const auto* offset = parsed ? std::get_if<OffsetRecord>(&*parsed) : nullptr;
      if (offset != nullptr && groups.contains(offset->key.group) && is_meant(offset->key)) keys.insert(record.key);
    }
  }
  std::vector<GroupRecord> tombstones;
  for (const std::string& key : keys) tombstones.push_back({key, std::nullopt});
  return tombstones;
}

KafkaError GroupCoordinator::check_removal(std::string_view group) const {
  if (reserved_.contains(group)) return KafkaError::kGroupAuthorizationFailed;
  const Group* found = find(group);
  if (found == nullptr) return KafkaError::kGroupIdNotFound;
  return found->state() == Group::State::kEmpty ? KafkaError::kNone : KafkaError::kNonEmptyGroup;
}

/// In batches of a size that the log likes; `done` when the last of them is, with false if one failed.
void GroupCoordinator::append_all(std::vector<GroupRecord> records, std::function<void(bool durable)> done) {
  constexpr size_t kBatchRecords = 2'000;
  struct State {
    size_t left = 0;
    bool durable = true;
  };
  const auto state = std::make_shared<State>();
  state->left = (records.size() + kBatchRecords - 1) / kBatchRecords;
  for (size_t from = 0; from < records.size(); from += kBatchRecords) {
    const auto first = records.begin() + static_cast<std::ptrdiff_t>(from);
    const auto last = records.begin() + static_cast<std::ptrdiff_t>(std::min(from + kBatchRecords, records.size()));
    append(nullptr, {std::make_move_iterator(first), std::make_move_iterator(last)},
           [state, done](bool durable, const Now&) {
             state->durable = state->durable && durable;
             if (--state->left == 0) done(state->durable);
           });
  }
}

/// A group itself goes once nothing of it is left in the log, unless somebody came meanwhile.
void GroupCoordinator::remove(const kafka::DeleteGroupsRequest& request, Respond<DeleteGroupsResponse> respond) {
  const Turn turn(*this);
  DeleteGroupsResponse response;
  std::set<std::string_view> seen;
  std::set<std::string, std::less<>> going;
  std::map<std::string, uint64_t> serials;
  for (const std::string_view id : request.groups) {
    if (!seen.insert(id).second) continue;
    response.results.push_back({std::string(id), check_removal(id)});
    if (response.results.back().error != KafkaError::kNone) continue;
    going.emplace(id);
    serials[std::string(id)] = entry(id)->serial;
  }
  if (going.empty()) return effects_.answer(std::move(respond), std::move(response));
  std::vector<GroupRecord> tombstones = tombstones_of(going, [](const OffsetKey&) { return true; });
  for (const std::string& id : going) tombstones.push_back(make_record(GroupKey{id}, std::nullopt));
  append_all(std::move(tombstones), [this, serials = std::move(serials), respond = std::move(respond),
                                     response = std::move(response)](bool durable) {
    DeleteGroupsResponse answer = response;
    for (const auto& [id, serial] : serials) {
      if (durable) erase_if_gone(id, serial);
    }
    for (auto& result : answer.results) {
      if (!durable && result.error == KafkaError::kNone) result.error = KafkaError::kCoordinatorNotAvailable;
    }
    effects_.answer(respond, std::move(answer));
  });
}

void GroupCoordinator::erase_if_gone(const std::string& id, uint64_t serial) {
  Entry* group = entry(id);
  const bool gone = group != nullptr && group->serial == serial && group->group.idle() && group->writes == 0 &&
                    offsets_.find(id) == nullptr;
  if (!gone) return;
  unschedule(*group);
  entries_.erase(id);
}

void GroupCoordinator::remove_offsets(const OffsetDeleteRequest& request, const PartitionExists& exists,
                                      Respond<OffsetDeleteResponse> respond) {
  const Turn turn(*this);
  OffsetDeleteResponse response;
  const std::string id(request.group_id);
  Entry* group = entry(id);
  KafkaError error = group == nullptr ? KafkaError::kGroupIdNotFound : KafkaError::kNone;
  if (reserved_.contains(id)) error = KafkaError::kGroupAuthorizationFailed;
  if (error == KafkaError::kNone && group->group.state() != Group::State::kEmpty &&
      group->group.protocol_type() != "consumer") {
    error = KafkaError::kNonEmptyGroup;
  }
  response.error = error;
  if (error != KafkaError::kNone) return effects_.answer(std::move(respond), std::move(response));

  const Subscription subscription = subscription_of(group->group);
  std::set<std::pair<std::string, int32_t>> meant;
  for (const auto& wanted : request.topics) {
    auto& answered = response.topics.emplace_back();
    answered.name = wanted.name;
    for (const auto& partition : wanted.partitions) {
      auto& out = answered.partitions.emplace_back();
      out.index = partition.index;
      if (!exists(wanted.name, partition.index)) {
        out.error = KafkaError::kUnknownTopicOrPartition;
      } else if (subscription.contains(wanted.name)) {
        out.error = KafkaError::kGroupSubscribedToTopic;
      } else {
        meant.emplace(answered.name, partition.index);
      }
    }
  }
  std::vector<GroupRecord> tombstones =
      tombstones_of({id}, [&](const OffsetKey& offset) { return meant.contains({offset.topic, offset.partition}); });
  if (tombstones.empty()) return effects_.answer(std::move(respond), std::move(response));
  append_all(std::move(tombstones), [this, respond = std::move(respond), response = std::move(response)](bool durable) {
    OffsetDeleteResponse answer = response;
    if (!durable) answer = {.error = KafkaError::kCoordinatorNotAvailable, .topics = {}};
    effects_.answer(respond, std::move(answer));
  });
}

}  // namespace freshet::broker
