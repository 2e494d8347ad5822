#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/core/core.h"
#include "broker/core/topic_settings.h"

/// Settings as administrators are shown them.
namespace freshet::broker {

/// A setting of the broker, in Kafka's names; none can be changed through the protocol: freshet.yaml has them.
struct BrokerSetting {
  std::string name;
  kafka::ConfigType type = kafka::ConfigType::kString;
  std::string value;
  std::optional<std::string> kafkas;                           ///< Kafka's default; none where Kafka leaves it unset
  kafka::ConfigSource source = kafka::ConfigSource::kDefault;  ///< or kStaticBroker: other than Kafka's default
  std::string about;
};
/// By name.
std::vector<BrokerSetting> broker_settings(const Core& core);

struct ShownSetting {
  const TopicSetting* setting = nullptr;
  std::string value;
  kafka::ConfigSource source = kafka::ConfigSource::kDefault;
  std::string broker_value;  ///< what a topic without a value of its own has
  kafka::ConfigSource broker_source = kafka::ConfigSource::kDefault;
  std::string_view kafkas;  ///< Kafka's default of the broker's setting; empty where Kafka leaves that unset
};
/// All settings of a topic that was given these.
std::vector<ShownSetting> shown_settings(const Core& core, const Settings& given);

}  // namespace freshet::broker
