#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>

#include "broker/core/core.h"
#include "kafka/api.h"

/// Every handler, listed once. Dispatch, what ApiVersions offers, the names of the metrics and the table in the docs
/// all come from this list: to answer a new API, write its handler and add a line here.
namespace freshet::broker {

void handle(Core& core, const Call& call, const kafka::ProduceRequest& request);
void handle(Core& core, const Call& call, const kafka::FetchRequest& request);
void handle(Core& core, const Call& call, const kafka::ListOffsetsRequest& request);
void handle(Core& core, const Call& call, const kafka::MetadataRequest& request);
void handle(Core& core, const Call& call, const kafka::FindCoordinatorRequest& request);
void handle(Core& core, const Call& call, const kafka::ApiVersionsRequest& request);
void handle(Core& core, const Call& call, const kafka::CreateTopicsRequest& request);
void handle(Core& core, const Call& call, const kafka::DeleteTopicsRequest& request);
void handle(Core& core, const Call& call, const kafka::InitProducerIdRequest& request);
void handle(Core& core, const Call& call, const kafka::JoinGroupRequest& request);
void handle(Core& core, const Call& call, const kafka::SyncGroupRequest& request);
void handle(Core& core, const Call& call, const kafka::HeartbeatRequest& request);
void handle(Core& core, const Call& call, const kafka::LeaveGroupRequest& request);
void handle(Core& core, const Call& call, const kafka::OffsetCommitRequest& request);
void handle(Core& core, const Call& call, const kafka::OffsetFetchRequest& request);
void handle(Core& core, const Call& call, const kafka::DescribeGroupsRequest& request);
void handle(Core& core, const Call& call, const kafka::ListGroupsRequest& request);
void handle(Core& core, const Call& call, const kafka::DeleteRecordsRequest& request);
void handle(Core& core, const Call& call, const kafka::OffsetForLeaderEpochRequest& request);
void handle(Core& core, const Call& call, const kafka::DescribeConfigsRequest& request);
void handle(Core& core, const Call& call, const kafka::AlterConfigsRequest& request);
void handle(Core& core, const Call& call, const kafka::DescribeLogDirsRequest& request);
void handle(Core& core, const Call& call, const kafka::CreatePartitionsRequest& request);
void handle(Core& core, const Call& call, const kafka::DeleteGroupsRequest& request);
void handle(Core& core, const Call& call, const kafka::ElectLeadersRequest& request);
void handle(Core& core, const Call& call, const kafka::IncrementalAlterConfigsRequest& request);
void handle(Core& core, const Call& call, const kafka::AlterPartitionReassignmentsRequest& request);
void handle(Core& core, const Call& call, const kafka::ListPartitionReassignmentsRequest& request);
void handle(Core& core, const Call& call, const kafka::OffsetDeleteRequest& request);
void handle(Core& core, const Call& call, const kafka::DescribeClusterRequest& request);
void handle(Core& core, const Call& call, const kafka::DescribeProducersRequest& request);
void handle(Core& core, const Call& call, const kafka::DescribeTransactionsRequest& request);
void handle(Core& core, const Call& call, const kafka::ListTransactionsRequest& request);
void handle(Core& core, const Call& call, const kafka::ListConfigResourcesRequest& request);
void handle(Core& core, const Call& call, const kafka::DescribeTopicPartitionsRequest& request);

template <class... Requests>
struct HandlerList {
  static constexpr std::array<kafka::Api, sizeof...(Requests)> apis{Requests::api...};

  /// Decodes the body and calls the handler. kMalformed when the body does not follow the protocol.
  static Result<void> dispatch(Core& core, const Call& call, std::string_view body) {
    Result<void> result;
    const bool known =
        ((Requests::api.key == call.api->key && (result = run<Requests>(core, call, body), true)) || ...);
    if (!known) return fail(ErrorCode::kUnsupported, "{} is not offered", call.api->name);
    return result;
  }

 private:
  template <class Request>
  static Result<void> run(Core& core, const Call& call, std::string_view body) {
    ASSIGN_OR_RETURN(const Request request, kafka::decode<Request>(body, call.version));
    handle(core, call, request);
    return {};
  }
};

using Handlers =
    HandlerList<kafka::ProduceRequest, kafka::FetchRequest, kafka::ListOffsetsRequest, kafka::MetadataRequest,
                kafka::OffsetCommitRequest, kafka::OffsetFetchRequest, kafka::FindCoordinatorRequest,
                kafka::JoinGroupRequest, kafka::HeartbeatRequest, kafka::LeaveGroupRequest, kafka::SyncGroupRequest,
                kafka::DescribeGroupsRequest, kafka::ListGroupsRequest, kafka::ApiVersionsRequest,
                kafka::CreateTopicsRequest, kafka::DeleteTopicsRequest, kafka::DeleteRecordsRequest,
                kafka::InitProducerIdRequest, kafka::OffsetForLeaderEpochRequest, kafka::DescribeConfigsRequest,
                kafka::AlterConfigsRequest, kafka::DescribeLogDirsRequest, kafka::CreatePartitionsRequest,
                kafka::DeleteGroupsRequest, kafka::ElectLeadersRequest, kafka::IncrementalAlterConfigsRequest,
                kafka::AlterPartitionReassignmentsRequest, kafka::ListPartitionReassignmentsRequest,
                kafka::OffsetDeleteRequest, kafka::DescribeClusterRequest, kafka::DescribeProducersRequest,
                kafka::DescribeTransactionsRequest, kafka::ListTransactionsRequest, kafka::ListConfigResourcesRequest,
                kafka::DescribeTopicPartitionsRequest>;

inline constexpr std::span<const kafka::Api> kOffered = Handlers::apis;

/// The table of docs/limits.md: key, name, versions.
std::string handlers_table();

}  // namespace freshet::broker
