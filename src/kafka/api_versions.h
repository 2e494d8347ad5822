#pragma once

#include <span>
#include <vector>

#include "kafka/errors.h"
#include "kafka/field.h"
#include "kafka/types.h"

namespace freshet::kafka {

/// ApiVersions (key 18): what the broker offers. KIP-35, KIP-511 (v3), KIP-584 (features), KAFKA-17011 (v4).
/// Its response header is always v0. A request of a version that is not known is answered with UNSUPPORTED_VERSION in a
/// version 0 body (see unsupported_api_versions()), from which the client learns which version to use.
struct ApiVersionsRequest {
  static constexpr Api api{.key = 18, .name = "ApiVersions", .versions = {0, 4}, .flexible_since = 3};

  std::string_view client_software_name;
  std::string_view client_software_version;
  bool operator==(const ApiVersionsRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.client_software_name, since(3));
    io(m.client_software_version, since(3));
  }
};

struct ApiVersionsResponse {
  static constexpr Api api = ApiVersionsRequest::api;

  struct ApiKey {
    int16_t key = 0;
    int16_t min_version = 0;
    int16_t max_version = 0;
    bool operator==(const ApiKey&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.key);
      io(m.min_version);
      io(m.max_version);
    }
  };
  struct SupportedFeature {
    std::string name;
    int16_t min_version = 0;  ///< 0 only from v4 on
    int16_t max_version = 0;
    bool operator==(const SupportedFeature&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.name);
      io(m.min_version);
      io(m.max_version);
    }
  };
  struct FinalizedFeature {
    std::string name;
    int16_t max_version_level = 0;
    int16_t min_version_level = 0;
    bool operator==(const FinalizedFeature&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.name);
      io(m.max_version_level);
      io(m.min_version_level);
    }
  };

  KafkaError error = KafkaError::kNone;
  std::vector<ApiKey> api_keys;
  int32_t throttle_time_ms = 0;
  std::vector<SupportedFeature> supported_features;
  int64_t finalized_features_epoch = -1;
  std::vector<FinalizedFeature> finalized_features;
  bool zk_migration_ready = false;
  bool operator==(const ApiVersionsResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.error);
    io(m.api_keys);
    io(m.throttle_time_ms, since(1));
    io(m.supported_features, since(3).tagged(0));
    io(m.finalized_features_epoch, since(3).tagged(1), -1);
    io(m.finalized_features, since(3).tagged(2));
    io(m.zk_migration_ready, since(3).tagged(3));
  }
};

/// The response that offers `apis`, in their order.
ApiVersionsResponse offer(std::span<const Api> apis);
/// Error 35 and ApiVersions' own range: to be written in version 0.
ApiVersionsResponse unsupported_api_versions();

}  // namespace freshet::kafka
