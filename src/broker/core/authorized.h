#pragma once

#include <cstdint>

/// What the *_authorized_operations fields say when they are asked for: without an authorizer everybody may do all that
/// a resource knows (KIP-430; bits are the codes of org.apache.kafka.common.acl.AclOperation).
namespace freshet::broker {

constexpr int32_t operations(auto... codes) { return ((1 << codes) | ...); }

inline constexpr int kRead = 3, kWrite = 4, kCreate = 5, kDelete = 6, kAlter = 7, kDescribe = 8, kClusterAction = 9,
                     kDescribeConfigs = 10, kAlterConfigs = 11, kIdempotentWrite = 12;

inline constexpr int32_t kTopicOperations =
    operations(kRead, kWrite, kCreate, kDelete, kAlter, kDescribe, kDescribeConfigs, kAlterConfigs);
inline constexpr int32_t kGroupOperations = operations(kRead, kDelete, kDescribe, kDescribeConfigs, kAlterConfigs);
inline constexpr int32_t kClusterOperations =
    operations(kCreate, kAlter, kDescribe, kClusterAction, kDescribeConfigs, kAlterConfigs, kIdempotentWrite);

}  // namespace freshet::broker
