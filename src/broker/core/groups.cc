#include "broker/core/handlers.h"

/// Consumer groups: requests go to the coordinator, which answers now or later.
namespace freshet::broker {
namespace {

template <class Response>
Respond<Response> reply_to(Core& core, const Call& call) {
  return [&core, call](const Response& response) { core.reply(call, response); };
}

GroupCoordinator::PartitionExists exists_in(Core& core) {
  return [&core](std::string_view name, int32_t partition) {
    const auto topic = core.catalog().find(name);
    return topic && topic->partition(partition) != nullptr;
  };
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
  core.groups().commit(request, call.version, exists_in(core), core.now(),
                       reply_to<kafka::OffsetCommitResponse>(core, call));
}

void handle(Core& core, const Call& call, const kafka::OffsetFetchRequest& request) {
  core.reply(call, core.groups().fetch(request, call.version));
}

void handle(Core& core, const Call& call, const kafka::DescribeGroupsRequest& request) {
  core.reply(call, core.groups().describe(request, call.version));
}

void handle(Core& core, const Call& call, const kafka::ListGroupsRequest& request) {
  core.reply(call, core.groups().list(request));
}

void handle(Core& core, const Call& call, const kafka::DeleteGroupsRequest& request) {
  core.groups().remove(request, reply_to<kafka::DeleteGroupsResponse>(core, call));
}

void handle(Core& core, const Call& call, const kafka::OffsetDeleteRequest& request) {
  core.groups().remove_offsets(request, exists_in(core), reply_to<kafka::OffsetDeleteResponse>(core, call));
}

}  // namespace freshet::broker
