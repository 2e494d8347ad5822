#include "kafka/api_versions.h"

namespace freshet::kafka {

ApiVersionsResponse offer(std::span<const Api> apis) {
  ApiVersionsResponse response;
  for (const Api& api : apis) response.api_keys.push_back({api.key, api.offered_from, api.versions.last});
  return response;
}

ApiVersionsResponse unsupported_api_versions() {
  ApiVersionsResponse response = offer(std::span(&ApiVersionsRequest::api, 1));
  response.error = KafkaError::kUnsupportedVersion;
  return response;
}

}  // namespace freshet::kafka
