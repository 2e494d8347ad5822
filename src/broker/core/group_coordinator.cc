#include "broker/core/group_coordinator.h"

#include <algorithm>

#include "broker/core/group_turn.h"

namespace freshet::broker {

using kafka::KafkaError;

namespace {

int64_t steady_ms(const Now& now) { return now.steady_us / 1000; }

/// An answer that says nothing but this.
template <class Response>
Response error_response(KafkaError error) {
  Response response;
  response.error = error;
  return response;
}

}  // namespace

GroupCoordinator::GroupCoordinator(GroupLog& log, GroupSettings settings) : log_(log), settings_(std::move(settings)) {}
GroupCoordinator::~GroupCoordinator() = default;

void GroupCoordinator::run_answers() {
  while (!effects_.answers.empty()) {
    for (auto& answer : std::exchange(effects_.answers, {})) answer();
  }
}

Result<void> GroupCoordinator::replay(std::string_view key, std::optional<std::string_view> value) {
  ASSIGN_OR_RETURN(ParsedGroupRecord record, parse_record(key, value));
  if (const auto* offset = std::get_if<OffsetRecord>(&record)) offsets_.apply(*offset);
  if (auto* group = std::get_if<GroupStateRecord>(&record)) {
    if (group->value) {
      stored_groups_[group->key.group] = std::move(*group->value);
    } else {
      stored_groups_.erase(group->key.group);
    }
  }
  return {};
}

void GroupCoordinator::loaded(const Now& now) {
  const auto add = [&](const std::string& id) -> Entry& {
    std::unique_ptr<Entry>& slot = entries_[id];
    if (!slot) {
      slot = std::make_unique<Entry>(id, settings_, effects_);
      slot->serial = next_serial_++;
      slot->empty_since_wall_ms = now.wall_ms;
    }
    return *slot;
  };
  for (const auto& [id, value] : stored_groups_) {
    Entry& entry = add(id);
    entry.group.restore(value, steady_ms(now));
    if (value.current_state_timestamp_ms >= 0) entry.empty_since_wall_ms = value.current_state_timestamp_ms;
    reschedule(entry);
  }
  for (const auto& [id, topics] : offsets_.groups()) add(id);
  cleanup_due_ms_ = steady_ms(now) + settings_.cleanup_interval_ms;
}

GroupCoordinator::Entry* GroupCoordinator::entry(std::string_view group) const {
  const auto found = entries_.find(group);
  return found == entries_.end() ? nullptr : found->second.get();
}

/// Null: there are too many groups.
GroupCoordinator::Entry* GroupCoordinator::make_entry(std::string_view group, const Now& now) {
  if (Entry* known = entry(group)) return known;
  if (entries_.size() >= settings_.max_groups) clean_up(now);
  if (entries_.size() >= settings_.max_groups) return nullptr;
  auto made = std::make_unique<Entry>(std::string(group), settings_, effects_);
  made->serial = next_serial_++;
  made->empty_since_wall_ms = now.wall_ms;
  return (entries_[std::string(group)] = std::move(made)).get();
}

KafkaError GroupCoordinator::check_group(std::string_view group) const {
  if (group.empty() || group.size() > settings_.max_id_bytes) return KafkaError::kInvalidGroupId;
  return reserved_.contains(group) ? KafkaError::kGroupAuthorizationFailed : KafkaError::kNone;
}

void GroupCoordinator::reserve(std::string group) { reserved_.insert(std::move(group)); }

void GroupCoordinator::join(const kafka::JoinGroupRequest& request, int16_t version, const GroupClient& client,
                            const Uuid& fresh, const Now& now, Respond<kafka::JoinGroupResponse> respond) {
  const Turn turn(*this);
  const auto refuse = [&](KafkaError error) {
    auto response = error_response<kafka::JoinGroupResponse>(error);
    response.member_id = request.member_id;
    effects_.answer(std::move(respond), std::move(response));
  };
  if (const KafkaError error = check_group(request.group_id); error != KafkaError::kNone) return refuse(error);
  if (request.session_timeout_ms < settings_.min_session_timeout_ms ||
      request.session_timeout_ms > settings_.max_session_timeout_ms) {
    return refuse(KafkaError::kInvalidSessionTimeout);
  }
  if (client.id.size() > settings_.max_id_bytes ||
      (request.group_instance_id && request.group_instance_id->size() > settings_.max_id_bytes)) {
    return refuse(KafkaError::kInvalidRequest);
  }
  if (!request.member_id.empty() && entry(request.group_id) == nullptr) return refuse(KafkaError::kUnknownMemberId);
  Entry* group = make_entry(request.group_id, now);
  if (group == nullptr) return refuse(KafkaError::kGroupMaxSizeReached);
  group->group.join(request, {version, client, fresh, steady_ms(now)}, std::move(respond));
  settle(*group, now);
}

void GroupCoordinator::sync(const kafka::SyncGroupRequest& request, const Now& now,
                            Respond<kafka::SyncGroupResponse> respond) {
  const Turn turn(*this);
  KafkaError error = check_group(request.group_id);
  Entry* group = entry(request.group_id);
  if (error == KafkaError::kNone && group == nullptr) error = KafkaError::kUnknownMemberId;
  if (error != KafkaError::kNone)
    return effects_.answer(std::move(respond), error_response<kafka::SyncGroupResponse>(error));
  group->group.sync(request, steady_ms(now), std::move(respond));
  settle(*group, now);
}

void GroupCoordinator::heartbeat(const kafka::HeartbeatRequest& request, const Now& now,
                                 Respond<kafka::HeartbeatResponse> respond) {
  const Turn turn(*this);
  KafkaError error = check_group(request.group_id);
  if (error == KafkaError::kNone) {
    Entry* group = entry(request.group_id);
    error = group == nullptr ? KafkaError::kUnknownMemberId : group->group.heartbeat(request, steady_ms(now));
    if (group != nullptr) settle(*group, now);
  }
  effects_.answer(std::move(respond), error_response<kafka::HeartbeatResponse>(error));
}

void GroupCoordinator::leave(const kafka::LeaveGroupRequest& request, int16_t version, const Now& now,
                             Respond<kafka::LeaveGroupResponse> respond) {
  const Turn turn(*this);
  kafka::LeaveGroupResponse response;
  response.error = check_group(request.group_id);
  if (response.error == KafkaError::kNone) {
    Entry* group = entry(request.group_id);
    const auto leave_one = [&](std::string_view member_id, const std::optional<std::string_view>& instance_id) {
      return group == nullptr ? KafkaError::kUnknownMemberId : group->group.leave(member_id, instance_id);
    };
    if (version < 3) {
      response.error = leave_one(request.member_id, {});
    } else {
      for (const auto& member : request.members) {
        const KafkaError error = leave_one(member.member_id, member.group_instance_id);
        response.members.push_back({std::string(member.member_id), {}, error});
        if (member.group_instance_id) response.members.back().group_instance_id = *member.group_instance_id;
      }
    }
    if (group != nullptr) {
      group->group.left(steady_ms(now));
      settle(*group, now);
    }
  }
  effects_.answer(std::move(respond), std::move(response));
}

/// After anything that a group did: what it wants written goes to the log, its next time-out to the schedule.
void GroupCoordinator::settle(Entry& entry, const Now& now) {
  for (const GroupStore& store : std::exchange(effects_.stores, {})) write(entry, store, now);
  reschedule(entry);
}

void GroupCoordinator::write(Entry& entry, const GroupStore& store, const Now& now) {
  if (store.why == GroupStore::Why::kEmpty) entry.empty_since_wall_ms = now.wall_ms;
  std::vector<GroupRecord> records;
  records.push_back(make_record(GroupKey{entry.group.id()}, entry.group.value(store, now.wall_ms)));
  append(&entry, std::move(records),
         [this, id = entry.group.id(), serial = entry.serial, store](bool durable, const Now& later) {
           Entry* group = this->entry(id);
           if (group == nullptr || group->serial != serial) return;
           group->group.stored(store, durable, steady_ms(later));
           settle(*group, later);
         });
}

/// Appends, remembers what is under way, and applies it before `done` runs. `entry` is not removed meanwhile.
void GroupCoordinator::append(Entry* entry, std::vector<GroupRecord> records, GroupLog::Done done) {
  auto kept = std::make_shared<const std::vector<GroupRecord>>(std::move(records));
  under_way_.push_back(kept);
  std::string id = entry == nullptr ? std::string() : entry->group.id();
  const uint64_t serial = entry == nullptr ? 0 : entry->serial;
  if (entry != nullptr) ++entry->writes;
  log_.append(*kept, [this, kept, id = std::move(id), serial, named = entry != nullptr, done = std::move(done)](
                         bool durable, const Now& now) {
    const Turn turn(*this);
    std::erase(under_way_, kept);
    if (durable) apply(*kept);
    Entry* const group = named ? this->entry(id) : nullptr;
    if (group != nullptr && group->serial == serial) --group->writes;
    if (done) done(durable, now);
  });
}

void GroupCoordinator::apply(const std::vector<GroupRecord>& records) {
  for (const GroupRecord& record : records) {
    (void)replay(record.key,
                 record.value ? std::optional<std::string_view>(*record.value) : std::nullopt);  // our own: sound
  }
}

void GroupCoordinator::reschedule(Entry& entry) {
  const int64_t at = entry.group.deadline_ms();
  if (at == entry.scheduled_ms) return;
  unschedule(entry);
  entry.scheduled_ms = at;
  if (at != Group::kNever) deadlines_.emplace(at, entry.group.id());
}

void GroupCoordinator::unschedule(Entry& entry) {
  if (entry.scheduled_ms != Group::kNever) deadlines_.erase({entry.scheduled_ms, entry.group.id()});
  entry.scheduled_ms = Group::kNever;
}

void GroupCoordinator::tick(const Now& now) {
  const Turn turn(*this);
  const int64_t now_ms = steady_ms(now);
  std::vector<std::string> due;
  for (const auto& [at, id] : deadlines_) {
    if (at > now_ms) break;
    due.push_back(id);
  }
  for (const std::string& id : due) {
    Entry* group = entry(id);
    if (group == nullptr) continue;
    group->group.tick(now_ms);
    settle(*group, now);
  }
  if (now_ms >= cleanup_due_ms_) clean_up(now);
}

int64_t GroupCoordinator::next_deadline_us() const {
  int64_t at = cleanup_due_ms_;
  if (!deadlines_.empty()) at = std::min(at, deadlines_.begin()->first);
  return at * 1000;
}

const Group* GroupCoordinator::find(std::string_view group) const {
  const Entry* found = entry(group);
  return found == nullptr ? nullptr : &found->group;
}

std::vector<GroupCoordinator::Summary> GroupCoordinator::summaries() const {
  std::vector<Summary> list;
  for (const auto& [id, entry] : entries_) {
    Summary summary{id,
                    std::string(state_name(entry->group.state())),
                    entry->group.protocol_type(),
                    entry->group.generation(),
                    entry->group.members().size(),
                    0};
    if (const OffsetStore::Topics* topics = offsets_.find(id)) {
      for (const auto& [topic, partitions] : *topics) summary.offsets += partitions.size();
    }
    list.push_back(std::move(summary));
  }
  return list;
}

}  // namespace freshet::broker
