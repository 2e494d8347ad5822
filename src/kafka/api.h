#pragma once

#include <array>

#include "kafka/api_versions.h"
#include "kafka/cluster_messages.h"
#include "kafka/config_messages.h"
#include "kafka/fetch.h"
#include "kafka/field.h"
#include "kafka/find_coordinator.h"
#include "kafka/group_admin_messages.h"
#include "kafka/group_messages.h"
#include "kafka/init_producer_id.h"
#include "kafka/list_offsets.h"
#include "kafka/metadata.h"
#include "kafka/offset_messages.h"
#include "kafka/partition_admin_messages.h"
#include "kafka/produce.h"
#include "kafka/replica_messages.h"
#include "kafka/topic_messages.h"

/// Every API that this layer can read and write. What the broker offers is its own list of handlers.
namespace freshet::kafka {

/// A request and its response, by type: for code that does something with every message.
template <class RequestType, class ResponseType>
struct Exchange {
  using Request = RequestType;
  using Response = ResponseType;
  static constexpr Api api = Request::api;
};

template <class... Exchanges>
struct ExchangeList {
  static constexpr std::array<Api, sizeof...(Exchanges)> apis{Exchanges::api...};
  /// Calls visit.operator()<Exchange>() for each.
  static void for_each(auto&& visit) { (visit.template operator()<Exchanges>(), ...); }
};

using AllExchanges = ExchangeList<
    Exchange<ProduceRequest, ProduceResponse>, Exchange<FetchRequest, FetchResponse>,
    Exchange<ListOffsetsRequest, ListOffsetsResponse>, Exchange<MetadataRequest, MetadataResponse>,
    Exchange<OffsetCommitRequest, OffsetCommitResponse>, Exchange<OffsetFetchRequest, OffsetFetchResponse>,
    Exchange<FindCoordinatorRequest, FindCoordinatorResponse>, Exchange<JoinGroupRequest, JoinGroupResponse>,
    Exchange<HeartbeatRequest, HeartbeatResponse>, Exchange<LeaveGroupRequest, LeaveGroupResponse>,
    Exchange<SyncGroupRequest, SyncGroupResponse>, Exchange<ApiVersionsRequest, ApiVersionsResponse>,
    Exchange<CreateTopicsRequest, CreateTopicsResponse>, Exchange<DeleteTopicsRequest, DeleteTopicsResponse>,
    Exchange<InitProducerIdRequest, InitProducerIdResponse>, Exchange<DescribeGroupsRequest, DescribeGroupsResponse>,
    Exchange<ListGroupsRequest, ListGroupsResponse>, Exchange<DeleteRecordsRequest, DeleteRecordsResponse>,
    Exchange<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>,
    Exchange<DescribeConfigsRequest, DescribeConfigsResponse>, Exchange<AlterConfigsRequest, AlterConfigsResponse>,
    Exchange<DescribeLogDirsRequest, DescribeLogDirsResponse>,
    Exchange<CreatePartitionsRequest, CreatePartitionsResponse>, Exchange<DeleteGroupsRequest, DeleteGroupsResponse>,
    Exchange<ElectLeadersRequest, ElectLeadersResponse>,
    Exchange<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>,
    Exchange<AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse>,
    Exchange<ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse>,
    Exchange<OffsetDeleteRequest, OffsetDeleteResponse>, Exchange<DescribeClusterRequest, DescribeClusterResponse>,
    Exchange<DescribeProducersRequest, DescribeProducersResponse>,
    Exchange<DescribeTransactionsRequest, DescribeTransactionsResponse>,
    Exchange<ListTransactionsRequest, ListTransactionsResponse>,
    Exchange<ListConfigResourcesRequest, ListConfigResourcesResponse>,
    Exchange<DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse>>;

inline constexpr const auto& kApis = AllExchanges::apis;

/// Null for a key that is not known here.
constexpr const Api* find_api(int16_t key) {
  for (const Api& api : kApis) {
    if (api.key == key) return &api;
  }
  return nullptr;
}

}  // namespace freshet::kafka
