#include "broker/core/handlers.h"

/// Consumer groups: requests go to the coordinator, which answers now or later.
namespace freshet::broker {
namespace {

template <class Response>
Respond<Response> reply_to(Core& core, const Call& call) {
  return [&core, call](const Response& response) { core.reply(call, response); };
}

}  // namespace

void handle(Core& core, const Call& call, const kafka::JoinGroupRequest& request) {
  core.groups().join(request, call.version, {call.client_id, call.client_host}, core.new_uuid(), core.now(),
                     reply_to<kafka::JoinGroupResponse>(core, call));
}

void handle(Core& core, const Call& call, const kafka::SyncGroupRequest& request) {
  core.groups().sync(request, core.now(), reply_to<kafka::SyncGroupResponse>(core, call));
}

void handle(Core& core, const Call& call, const kafka::HeartbeatRequest& request) {
  core.groups().heartbeat(request, core.now(), reply_to<kafka::HeartbeatResponse>(core, call));
}

void handle(Core& core, const Call& call, const kafka::LeaveGroupRequest& request) {
  core.groups().leave(request, call.version, core.now(), reply_to<kafka::LeaveGroupResponse>(core, call));
}

void handle(Core& core, const Call& call, const kafka::OffsetCommitRequest& request) {
  const auto exists = [&core](std::string_view name, int32_t partition) {
    const auto topic = core.catalog().find(name);
    return topic && topic->partition(partition) != nullptr;
  };
  core.groups().commit(request, call.version, exists, core.now(), reply_to<kafka::OffsetCommitResponse>(core, call));
}

void handle(Core& core, const Call& call, const kafka::OffsetFetchRequest& request) {
  core.reply(call, core.groups().fetch(request, call.version));
}

}  // namespace freshet::broker
