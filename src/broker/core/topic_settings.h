#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "kafka/config_messages.h"

/// The settings of topics, as Kafka 4.1 has them (LogConfig, TopicConfig). docs/kafka.md says which have an effect.
namespace freshet::broker {

/// By name, values as they were given; only what differs from the broker's.
using Settings = std::map<std::string, std::string>;

struct TopicSetting {
  std::string_view name;
  kafka::ConfigType type = kafka::ConfigType::kString;
  std::string_view default_value;  ///< Kafka's
  int64_t least = 0;               ///< of numbers
  int64_t most = 0;
  std::string_view choices;     ///< of strings and lists, separated by ", "; empty: any
  std::string_view broker_key;  ///< the broker's setting that a topic's takes the place of; empty: none
  std::string_view about;
};

/// All of them, by name.
std::span<const TopicSetting> topic_settings();
/// Null for an unknown name.
const TopicSetting* find_topic_setting(std::string_view name);

/// Empty, or why a topic cannot have it: Kafka's words where Kafka refuses it too. `most_message_bytes`: the largest
/// max.message.bytes.
std::string setting_problem(std::string_view name, std::string_view value, int64_t most_message_bytes);

/// A number of a topic's settings. Values were checked before they were stored.
int64_t setting_or(const Settings& settings, const char* name, int64_t otherwise);

/// One change of IncrementalAlterConfigs.
struct SettingChange {
  std::string name;
  kafka::ConfigOperation operation = kafka::ConfigOperation::kSet;
  std::string value;
};
/// Elements of lists are appended once and subtracted wherever they stand, from the value that holds now.
void apply_change(Settings& settings, const SettingChange& change);

}  // namespace freshet::broker
