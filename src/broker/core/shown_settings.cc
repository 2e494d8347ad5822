#include "broker/core/shown_settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "broker/core/group_types.h"
#include "log/producer_state.h"

namespace freshet::broker {

using kafka::ConfigSource;
using kafka::ConfigType;

namespace {

constexpr int64_t kMinuteMs = 60'000;

/// Kafka gives these no value of their own: it calculates one from log.retention.hours and the like.
bool is_unset_in_kafka(std::string_view broker_key) {
  return broker_key == "log.retention.ms" || broker_key == "log.roll.ms" || broker_key == "log.roll.jitter.ms" ||
         broker_key == "log.flush.interval.ms";
}

/// Collects settings; those that equal Kafka's default are said to be one.
class List {
 public:
  void text(std::string name, std::string value, const char* kafkas, const char* about,
            ConfigType type = ConfigType::kString) {
    const ConfigSource source = value == kafkas ? ConfigSource::kDefault : ConfigSource::kStaticBroker;
    std::optional<std::string> synonym;
    if (*kafkas != '\0' && !is_unset_in_kafka(name)) synonym = kafkas;
    settings_.push_back({std::move(name), type, std::move(value), std::move(synonym), source, about});
  }
  void number(std::string name, int64_t value, int64_t kafkas, const char* about, ConfigType type = ConfigType::kInt) {
    text(std::move(name), std::to_string(value), std::to_string(kafkas).c_str(), about, type);
  }
  void flag(std::string name, bool value, bool kafkas, const char* about) {
    text(std::move(name), value ? "true" : "false", kafkas ? "true" : "false", about, ConfigType::kBoolean);
  }
  std::vector<BrokerSetting> sorted() && {
    std::sort(settings_.begin(), settings_.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return std::move(settings_);
  }

 private:
  std::vector<BrokerSetting> settings_;
};

void add_log_settings(const Core& core, List& list) {
  const log::LogOptions& log = core.log_options();
  list.number("log.retention.ms", core.options().retention_ms, 604'800'000,
              "log.retention in freshet.yaml: how long records stay.", ConfigType::kLong);
  list.number("log.segment.bytes", static_cast<int64_t>(log.segment_bytes), 1 << 30,
              "The size at which a new segment begins; follows from log.max_bytes in freshet.yaml.");
  list.number("log.roll.ms", log.segment_ms, 604'800'000, "The span of timestamps of one segment.", ConfigType::kLong);
  list.number("log.index.interval.bytes", log.index_interval_bytes, 4096, "Bytes between two entries of an index.");
  list.text("log.dirs", core.options().log_dir, "", "Where the log lies.");
  list.number("log.message.timestamp.after.max.ms", core.limits().future_timestamp_ms, 3'600'000,
              "How far a record's timestamp may lie in the future.", ConfigType::kLong);
  list.number("producer.id.expiration.ms", log::ProducerStates::kExpirationMs, 86'400'000,
              "After which silence an idempotent producer is forgotten.");
}

void add_group_settings(List& list) {
  const GroupSettings groups;
  list.number("group.initial.rebalance.delay.ms", groups.initial_rebalance_delay_ms, 3'000,
              "How long a new group waits for more members.");
  list.number("group.max.session.timeout.ms", groups.max_session_timeout_ms, 1'800'000,
              "Longest session time-out of a member.");
  list.number("group.min.session.timeout.ms", groups.min_session_timeout_ms, 6'000,
              "Shortest session time-out of a member.");
  list.number("group.max.size", static_cast<int64_t>(groups.max_members), 2'147'483'647, "Members of a group.");
  list.number("offsets.retention.minutes", groups.offsets_retention_ms / kMinuteMs, 10'080,
              "How long offsets of a group without members stay.");
  list.number("offset.metadata.max.bytes", static_cast<int64_t>(groups.max_offset_metadata_bytes), 4'096,
              "Size of the metadata of a committed offset.");
  list.number("offsets.topic.num.partitions", kOffsetsPartitions, 50, "Partitions of __consumer_offsets.");
  list.number("offsets.topic.replication.factor", 1, 3, "Copies of __consumer_offsets.", ConfigType::kShort);
}

}  // namespace

std::vector<BrokerSetting> broker_settings(const Core& core) {
  const CoreOptions& options = core.options();
  const Limits& limits = core.limits();
  List list;
  const std::string address = fmt::format("PLAINTEXT://{}:{}", options.host, options.port);
  list.text("advertised.listeners", address, "", "kafka.advertise in freshet.yaml: what clients connect to.");
  list.text("listeners", address, "", "kafka.listen in freshet.yaml.");
  list.number("broker.id", options.node_id, -1, "The only broker.");
  list.text("node.id", std::to_string(options.node_id), "", "The only broker.", ConfigType::kInt);
  list.text("process.roles", "broker,controller", "", "Both, in one.", ConfigType::kList);
  list.flag("auto.create.topics.enable", options.auto_create_topics, true, "kafka.auto_create_topics in freshet.yaml.");
  list.flag("delete.topic.enable", true, true, "Topics can be deleted.");
  list.number("num.partitions", options.default_partitions, 1, "kafka.default_partitions in freshet.yaml.");
  list.number("default.replication.factor", 1, 1, "There is one broker.");
  list.number("max.connections", limits.max_connections, 2'147'483'647, "Of all clients.");
  list.number("connections.max.idle.ms", limits.idle_timeout_ms, 600'000, "Idle connections are closed after this.",
              ConfigType::kLong);
  list.number("socket.request.max.bytes", limits.max_frame_bytes, 104'857'600, "Largest request.");
  list.number("message.max.bytes", limits.max_message_bytes, 1'048'588, "Largest record batch.");
  list.number("fetch.max.bytes", limits.max_fetch_bytes, 57'671'680, "Largest answer to a fetch.");
  list.number("max.incremental.fetch.session.cache.slots", limits.max_fetch_sessions, 1'000, "Fetch sessions.");
  add_log_settings(core, list);
  add_group_settings(list);
  return std::move(list).sorted();
}

std::vector<ShownSetting> shown_settings(const Core& core, const Settings& given) {
  const std::vector<BrokerSetting> broker = broker_settings(core);
  std::vector<ShownSetting> shown;
  for (const TopicSetting& setting : topic_settings()) {
    ShownSetting& one = shown.emplace_back();
    one.setting = &setting;
    if (!is_unset_in_kafka(setting.broker_key)) one.kafkas = setting.default_value;
    one.broker_value = setting.default_value;
    const auto of_broker =
        std::find_if(broker.begin(), broker.end(), [&](const auto& other) { return other.name == setting.broker_key; });
    if (of_broker != broker.end()) {
      one.broker_value = of_broker->value;
      one.broker_source = of_broker->source;
    }
    const auto own = given.find(std::string(setting.name));
    one.value = own != given.end() ? own->second : one.broker_value;
    one.source = own != given.end() ? ConfigSource::kTopic : one.broker_source;
  }
  return shown;
}

}  // namespace freshet::broker
