#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kafka/errors.h"
#include "kafka/field.h"
#include "kafka/types.h"

/// Settings of topics and brokers. Fields, types, nulls and defaults: Kafka 4.1's message schemas.
namespace freshet::kafka {

/// Whose settings (org.apache.kafka.common.config.ConfigResource.Type).
enum class ResourceType : int8_t {
  kUnknown = 0,
  kTopic = 2,
  kBroker = 4,
  kBrokerLogger = 8,
  kClientMetrics = 16,
  kGroup = 32
};
/// Where a value comes from (DescribeConfigsResponse.ConfigSource).
enum class ConfigSource : int8_t {
  kUnknown = -1,
  kTopic = 1,
  kDynamicBroker = 2,
  kDynamicDefaultBroker = 3,
  kStaticBroker = 4,
  kDefault = 5,
  kDynamicBrokerLogger = 6
};
/// DescribeConfigsResponse.ConfigType.
enum class ConfigType : int8_t {
  kUnknown = 0,
  kBoolean = 1,
  kString = 2,
  kInt = 3,
  kShort = 4,
  kLong = 5,
  kDouble = 6,
  kList = 7,
  kClass = 8,
  kPassword = 9
};
/// AlterConfigOp.OpType.
enum class ConfigOperation : int8_t { kSet = 0, kDelete = 1, kAppend = 2, kSubtract = 3 };

/// DescribeConfigs (key 32). KIP-133, KIP-226 (synonyms), KIP-569 (v3: types and documentation).
struct DescribeConfigsRequest {
  static constexpr Api api{.key = 32, .name = "DescribeConfigs", .versions = {1, 4}, .flexible_since = 4};
  struct Resource {
    ResourceType type = ResourceType::kUnknown;
    std::string_view resource;
    std::optional<std::vector<std::string_view>> keys;
    bool operator==(const Resource&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.type);
      io(m.resource);
      io(m.keys);
    }
  };
  std::vector<Resource> resources;
  bool include_synonyms = false;
  bool include_documentation = false;
  bool operator==(const DescribeConfigsRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.resources);
    io(m.include_synonyms);
    io(m.include_documentation, since(3));
  }
};

struct DescribeConfigsResponse {
  static constexpr Api api = DescribeConfigsRequest::api;
  struct Result {
    struct Config {
      struct Synonym {
        std::string name;
        std::optional<std::string> value;
        ConfigSource source = ConfigSource::kUnknown;
        bool operator==(const Synonym&) const = default;
        static void fields(auto& m, auto& io) {
          io(m.name);
          io(m.value);
          io(m.source);
        }
      };
      std::string name;
      std::optional<std::string> value;
      bool read_only = false;
      ConfigSource source = ConfigSource::kUnknown;
      bool is_sensitive = false;
      std::vector<Synonym> synonyms;
      ConfigType config_type = ConfigType::kUnknown;
      std::optional<std::string> documentation;
      bool operator==(const Config&) const = default;
      static void fields(auto& m, auto& io) {
        io(m.name);
        io(m.value);
        io(m.read_only);
        io(m.source);
        io(m.is_sensitive);
        io(m.synonyms);
        io(m.config_type, since(3));
        io(m.documentation, since(3));
      }
    };
    KafkaError error = KafkaError::kNone;
    std::optional<std::string> error_message;
    ResourceType type = ResourceType::kUnknown;
    std::string resource;
    std::vector<Config> configs;
    bool operator==(const Result&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.error);
      io(m.error_message);
      io(m.type);
      io(m.resource);
      io(m.configs);
    }
  };
  int32_t throttle_time_ms = 0;
  std::vector<Result> results;
  bool operator==(const DescribeConfigsResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms);
    io(m.results);
  }
};

/// AlterConfigs (key 33): replaces all settings of a resource. KIP-133.
struct AlterConfigsRequest {
  static constexpr Api api{.key = 33, .name = "AlterConfigs", .versions = {0, 2}, .flexible_since = 2};
  struct Resource {
    struct Config {
      std::string_view name;
      std::optional<std::string_view> value;
      bool operator==(const Config&) const = default;
      static void fields(auto& m, auto& io) {
        io(m.name);
        io(m.value);
      }
    };
    ResourceType type = ResourceType::kUnknown;
    std::string_view resource;
    std::vector<Config> configs;
    bool operator==(const Resource&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.type);
      io(m.resource);
      io(m.configs);
    }
  };
  std::vector<Resource> resources;
  bool validate_only = false;
  bool operator==(const AlterConfigsRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.resources);
    io(m.validate_only);
  }
};

struct AlterConfigsResponse {
  static constexpr Api api = AlterConfigsRequest::api;
  struct Result {
    KafkaError error = KafkaError::kNone;
    std::optional<std::string> error_message;
    ResourceType type = ResourceType::kUnknown;
    std::string resource;
    bool operator==(const Result&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.error);
      io(m.error_message);
      io(m.type);
      io(m.resource);
    }
  };
  int32_t throttle_time_ms = 0;
  std::vector<Result> results;
  bool operator==(const AlterConfigsResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms);
    io(m.results);
  }
};

/// IncrementalAlterConfigs (key 44): changes single settings. KIP-339.
struct IncrementalAlterConfigsRequest {
  static constexpr Api api{.key = 44, .name = "IncrementalAlterConfigs", .versions = {0, 1}, .flexible_since = 1};
  struct Resource {
    struct Config {
      std::string_view name;
      ConfigOperation operation = ConfigOperation::kSet;
      std::optional<std::string_view> value;
      bool operator==(const Config&) const = default;
      static void fields(auto& m, auto& io) {
        io(m.name);
        io(m.operation);
        io(m.value);
      }
    };
    ResourceType type = ResourceType::kUnknown;
    std::string_view resource;
    std::vector<Config> configs;
    bool operator==(const Resource&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.type);
      io(m.resource);
      io(m.configs);
    }
  };
  std::vector<Resource> resources;
  bool validate_only = false;
  bool operator==(const IncrementalAlterConfigsRequest&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.resources);
    io(m.validate_only);
  }
};

struct IncrementalAlterConfigsResponse {
  static constexpr Api api = IncrementalAlterConfigsRequest::api;
  struct Result {
    KafkaError error = KafkaError::kNone;
    std::optional<std::string> error_message;
    ResourceType type = ResourceType::kUnknown;
    std::string resource;
    bool operator==(const Result&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.error);
      io(m.error_message);
      io(m.type);
      io(m.resource);
    }
  };
  int32_t throttle_time_ms = 0;
  std::vector<Result> results;
  bool operator==(const IncrementalAlterConfigsResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms);
    io(m.results);
  }
};

/// ListConfigResources (key 74): what has settings of its own. KIP-714, KIP-1142 (v1).
struct ListConfigResourcesRequest {
  static constexpr Api api{.key = 74, .name = "ListConfigResources", .versions = {0, 1}, .flexible_since = 0};
  std::vector<ResourceType> types;
  bool operator==(const ListConfigResourcesRequest&) const = default;
  static void fields(auto& m, auto& io) { io(m.types, since(1)); }
};

struct ListConfigResourcesResponse {
  static constexpr Api api = ListConfigResourcesRequest::api;
  struct Resource {
    std::string resource;
    ResourceType type = ResourceType::kClientMetrics;
    bool operator==(const Resource&) const = default;
    static void fields(auto& m, auto& io) {
      io(m.resource);
      io(m.type, since(1));
    }
  };
  int32_t throttle_time_ms = 0;
  KafkaError error = KafkaError::kNone;
  std::vector<Resource> resources;
  bool operator==(const ListConfigResourcesResponse&) const = default;
  static void fields(auto& m, auto& io) {
    io(m.throttle_time_ms);
    io(m.error);
    io(m.resources);
  }
};

}  // namespace freshet::kafka
