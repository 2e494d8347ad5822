#include "broker/core/topic_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <vector>

namespace freshet::broker {
namespace {

using kafka::ConfigType;

constexpr int64_t kIntMost = std::numeric_limits<int32_t>::max();
constexpr int64_t kLongMost = std::numeric_limits<int64_t>::max();
constexpr int64_t kLongLeast = std::numeric_limits<int64_t>::min();
constexpr std::string_view kForever = "9223372036854775807";

constexpr auto kSettings = std::to_array<TopicSetting>({
    {"cleanup.policy", ConfigType::kList, "delete", 0, 0, "compact, delete", "log.cleanup.policy",
     "What happens to old records: delete removes whole segments by age and size."},
    {"compression.gzip.level", ConfigType::kInt, "-1", -1, 9, "", "compression.gzip.level",
     "Level of gzip when the broker compresses, which it never does."},
    {"compression.lz4.level", ConfigType::kInt, "9", 1, 17, "", "compression.lz4.level",
     "Level of lz4 when the broker compresses, which it never does."},
    {"compression.type", ConfigType::kString, "producer", 0, 0, "uncompressed, zstd, lz4, snappy, gzip, producer",
     "compression.type", "How records are stored: producer keeps what the producer chose."},
    {"compression.zstd.level", ConfigType::kInt, "3", -131'072, 22, "", "compression.zstd.level",
     "Level of zstd when the broker compresses, which it never does."},
    {"delete.retention.ms", ConfigType::kLong, "86400000", 0, kLongMost, "", "log.cleaner.delete.retention.ms",
     "How long tombstones of compacted topics stay. No effect."},
    {"file.delete.delay.ms", ConfigType::kLong, "60000", 0, kLongMost, "", "log.segment.delete.delay.ms",
     "How long removed segments stay on the disk. No effect: they go at once."},
    {"flush.messages", ConfigType::kLong, kForever, 1, kLongMost, "", "log.flush.interval.messages",
     "Records between two syncs. No effect: durability in freshet.yaml decides."},
    {"flush.ms", ConfigType::kLong, kForever, 0, kLongMost, "", "log.flush.interval.ms",
     "Time between two syncs. No effect: durability in freshet.yaml decides."},
    {"follower.replication.throttled.replicas", ConfigType::kList, "", 0, 0, "", "",
     "Replicas whose traffic is throttled. No effect: there is one broker."},
    {"index.interval.bytes", ConfigType::kInt, "4096", 0, kIntMost, "", "log.index.interval.bytes",
     "Bytes between two entries of the index. No effect."},
    {"leader.replication.throttled.replicas", ConfigType::kList, "", 0, 0, "", "",
     "Replicas whose traffic is throttled. No effect: there is one broker."},
    {"local.retention.bytes", ConfigType::kLong, "-2", -2, kLongMost, "", "log.local.retention.bytes",
     "Bytes kept locally with tiered storage. No effect."},
    {"local.retention.ms", ConfigType::kLong, "-2", -2, kLongMost, "", "log.local.retention.ms",
     "Time kept locally with tiered storage. No effect."},
    {"max.compaction.lag.ms", ConfigType::kLong, kForever, 1, kLongMost, "", "log.cleaner.max.compaction.lag.ms",
     "Longest time until a record is compacted. No effect."},
    {"max.message.bytes", ConfigType::kInt, "1048588", 0, kIntMost, "", "message.max.bytes",
     "The largest record batch, compressed, in bytes."},
    {"message.timestamp.after.max.ms", ConfigType::kLong, "3600000", 0, kLongMost, "",
     "log.message.timestamp.after.max.ms",
     "How far a record's timestamp may lie in the future. Not for LogAppendTime."},
    {"message.timestamp.before.max.ms", ConfigType::kLong, kForever, 0, kLongMost, "",
     "log.message.timestamp.before.max.ms", "How far a record's timestamp may lie in the past. Not for LogAppendTime."},
    {"message.timestamp.type", ConfigType::kString, "CreateTime", 0, 0, "CreateTime, LogAppendTime",
     "log.message.timestamp.type", "Whose clock stamps the records: CreateTime the producer's, LogAppendTime ours."},
    {"min.cleanable.dirty.ratio", ConfigType::kDouble, "0.5", 0, 1, "", "log.cleaner.min.cleanable.ratio",
     "When a compacted topic is compacted. No effect."},
    {"min.compaction.lag.ms", ConfigType::kLong, "0", 0, kLongMost, "", "log.cleaner.min.compaction.lag.ms",
     "Shortest time until a record is compacted. No effect."},
    {"min.insync.replicas", ConfigType::kInt, "1", 1, kIntMost, "", "min.insync.replicas",
     "Replicas that must have a record. No effect: there is one broker."},
    {"preallocate", ConfigType::kBoolean, "false", 0, 0, "", "log.preallocate",
     "Whether a segment's file is made with its full size. No effect."},
    {"remote.log.copy.disable", ConfigType::kBoolean, "false", 0, 0, "", "", "For tiered storage. No effect."},
    {"remote.log.delete.on.disable", ConfigType::kBoolean, "false", 0, 0, "", "", "For tiered storage. No effect."},
    {"remote.storage.enable", ConfigType::kBoolean, "false", 0, 0, "", "", "Tiered storage, which there is none of."},
    {"retention.bytes", ConfigType::kLong, "-1", kLongLeast, kLongMost, "", "log.retention.bytes",
     "A partition above this size loses its oldest segments; -1: no limit."},
    {"retention.ms", ConfigType::kLong, "604800000", -1, kLongMost, "", "log.retention.ms",
     "Segments whose newest record is older are removed; -1: never."},
    {"segment.bytes", ConfigType::kInt, "1073741824", 1 << 20, kIntMost, "", "log.segment.bytes",
     "The size at which a new segment begins. Retention removes whole segments."},
    {"segment.index.bytes", ConfigType::kInt, "10485760", 4, kIntMost, "", "log.index.size.max.bytes",
     "Largest size of an index. No effect: indexes grow as they must."},
    {"segment.jitter.ms", ConfigType::kLong, "0", 0, kLongMost, "", "log.roll.jitter.ms",
     "Spreads the beginning of new segments. No effect."},
    {"segment.ms", ConfigType::kLong, "604800000", 1, kLongMost, "", "log.roll.ms",
     "The span of timestamps after which a new segment begins."},
    {"unclean.leader.election.enable", ConfigType::kBoolean, "false", 0, 0, "", "unclean.leader.election.enable",
     "Whether a replica that is behind may lead. No effect: there is one broker."},
});

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> elements(std::string_view list) {
  std::vector<std::string_view> out;
  while (!trimmed(list).empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    out.push_back(trimmed(list.substr(0, comma)));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return out;
}

bool is_choice(std::string_view choices, std::string_view value) {
  const std::vector<std::string_view> all = elements(choices);
  return std::find(all.begin(), all.end(), value) != all.end();
}

std::string invalid(const TopicSetting& setting, std::string_view value, std::string_view why) {
  return fmt::format("Invalid value {} for configuration {}: {}", value, setting.name, why);
}

std::string number_problem(const TopicSetting& setting, std::string_view value) {
  const std::string_view digits = trimmed(value);
  const char* const end = digits.data() + digits.size();
  if (setting.type == ConfigType::kDouble) {
    double number = 0;
    const auto [stop, error] = std::from_chars(digits.data(), end, number);
    if (error != std::errc() || stop != end) return invalid(setting, value, "Not a number of type DOUBLE");
    if (!(number >= 0 && number <= 1)) return invalid(setting, value, "Value must be between 0 and 1");
    return {};
  }
  int64_t number = 0;
  const auto [stop, error] = std::from_chars(digits.data(), end, number);
  const bool is_int = setting.type == ConfigType::kInt;
  if (error != std::errc() || stop != end || (is_int && (number > kIntMost || number < -kIntMost - 1))) {
    return invalid(setting, value, fmt::format("Not a number of type {}", is_int ? "INT" : "LONG"));
  }
  if (number < setting.least) return invalid(setting, value, fmt::format("Value must be at least {}", setting.least));
  if (number > setting.most) return invalid(setting, value, fmt::format("Value must be no more than {}", setting.most));
  return {};
}

bool is_replica_list(std::string_view value) {
  if (trimmed(value) == "*") return true;
  for (const std::string_view element : elements(value)) {
    const size_t colon = element.find(':');
    const auto digits = [](std::string_view text) {
      return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    };
    if (colon == std::string_view::npos || !digits(element.substr(0, colon)) || !digits(element.substr(colon + 1))) {
      return false;
    }
  }
  return true;
}

std::string form_problem(const TopicSetting& setting, std::string_view value) {
  switch (setting.type) {
    case ConfigType::kBoolean:
      return trimmed(value) == "true" || trimmed(value) == "false"
                 ? ""
                 : invalid(setting, value, "Expected value to be either true or false");
    case ConfigType::kString:
      return is_choice(setting.choices, value)
                 ? ""
                 : invalid(setting, value, fmt::format("String must be one of: {}", setting.choices));
    case ConfigType::kList:
      if (setting.choices.empty()) {
        return is_replica_list(value)
                   ? ""
                   : invalid(setting, value,
                             "Must be the literal '*' or a list of replicas in the following format: "
                             "[partitionId]:[brokerId],[partitionId]:[brokerId],...");
      }
      for (const std::string_view element : elements(value)) {
        if (is_choice(setting.choices, element)) continue;
        return invalid(setting, element, fmt::format("String must be one of: {}", setting.choices));
      }
      return {};
    default:
      return number_problem(setting, value);
  }
}

/// What Kafka would take and this broker cannot do.
std::string ability_problem(const TopicSetting& setting, std::string_view value, int64_t most_message_bytes) {
  if (setting.name == "cleanup.policy" && elements(value).empty()) {
    return invalid(setting, value, "the list must not be empty");
  }
  if (setting.name == "compression.type" && value != "producer") {
    return invalid(setting, value,
                   "this broker stores batches as the producer compressed them, the only value is producer; set "
                   "compression.type of the producer instead");
  }
  if (setting.name == "remote.storage.enable" && trimmed(value) == "true") {
    return "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log "
           "storage.";
  }
  int64_t number = 0;
  const std::string_view digits = trimmed(value);
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (setting.name == "max.message.bytes" && number > most_message_bytes) {
    return invalid(setting, value, fmt::format("Value must be no more than {}", most_message_bytes));
  }
  return {};
}

}  // namespace

std::span<const TopicSetting> topic_settings() { return kSettings; }

const TopicSetting* find_topic_setting(std::string_view name) {
  const auto found = std::find_if(kSettings.begin(), kSettings.end(), [&](const auto& s) { return s.name == name; });
  return found == kSettings.end() ? nullptr : &*found;
}

std::string setting_problem(std::string_view name, std::string_view value, int64_t most_message_bytes) {
  const TopicSetting* setting = find_topic_setting(name);
  if (setting == nullptr) return fmt::format("Unknown topic config name: {}", name);
  constexpr size_t kLongestValue = 32'767;  // Kafka's, of a config record
  constexpr size_t kLongestNumber = 40;
  const bool is_text = setting->type == ConfigType::kString || setting->type == ConfigType::kList;
  if (value.size() > (is_text ? kLongestValue : kLongestNumber))
    return invalid(*setting, value.substr(0, 40), "the value is too long");
  if (std::string problem = form_problem(*setting, value); !problem.empty()) return problem;
  return ability_problem(*setting, value, most_message_bytes);
}

int64_t setting_or(const Settings& settings, const char* name, int64_t otherwise) {
  const auto found = settings.find(name);
  if (found == settings.end()) return otherwise;
  const std::string_view digits = trimmed(found->second);
  std::from_chars(digits.data(), digits.data() + digits.size(), otherwise);
  return otherwise;
}

void apply_change(Settings& settings, const SettingChange& change) {
  using kafka::ConfigOperation;
  if (change.operation == ConfigOperation::kDelete) {
    settings.erase(change.name);
    return;
  }
  if (change.operation == ConfigOperation::kSet) {
    settings[change.name] = change.value;
    return;
  }
  const TopicSetting* setting = find_topic_setting(change.name);
  const auto now = settings.find(change.name);
  const std::string before = now != settings.end() ? now->second
                             : setting != nullptr  ? std::string(setting->default_value)
                                                   : std::string();
  std::vector<std::string_view> list = elements(before);
  for (const std::string_view element : elements(change.value)) {
    const auto found = std::find(list.begin(), list.end(), element);
    if (change.operation == ConfigOperation::kSubtract) {
      std::erase(list, element);
    } else if (found == list.end()) {
      list.push_back(element);
    }
  }
  settings[change.name] = fmt::format("{}", fmt::join(list, ","));
}

}  // namespace freshet::broker
