#include "log/topic_registry.h"

#include <nlohmann/json.hpp>

namespace freshet::log {

using Json = nlohmann::ordered_json;

namespace {

constexpr int kRegistryVersion = 1;

std::string registry_path(const std::string& folder) { return folder + "/topics.json"; }
std::string points_path(const std::string& folder) { return folder + "/recovery-points.json"; }

std::shared_ptr<const TopicInfo> topic_from(const Json& json) {
  auto info = std::make_shared<TopicInfo>();
  info->name = json.at("name").get<std::string>();
  if (!Uuid::parse(json.at("id").get<std::string>(), info->id)) return nullptr;
  info->partitions = json.at("partitions").get<int32_t>();
  info->settings = json.at("settings").get<std::map<std::string, std::string>>();
  info->internal = json.at("internal").get<bool>();
  if (info->name.empty() || info->name.find('/') != std::string::npos || info->partitions < 1) return nullptr;
  return info;
}

}  // namespace

Result<TopicRegistry> TopicRegistry::load(io::FileSystem& fs, const std::string& folder) {
  const std::string path = registry_path(folder);
  ASSIGN_OR_RETURN(const std::string text, fs.read_file(path));
  TopicRegistry registry;
  try {
    const Json json = Json::parse(text);
    const int version = json.at("version").get<int>();
    if (version != kRegistryVersion) {
      return fail(ErrorCode::kDataVersion, "{} has version {}, this program knows version {}", path, version,
                  kRegistryVersion);
    }
    registry.cluster_id = json.at("cluster_id").get<std::string>();
    for (const Json& entry : json.at("topics")) {
      auto topic = topic_from(entry);
      if (!topic) return fail(ErrorCode::kCorrupt, "{} describes a topic that cannot be: {}", path, entry.dump());
      registry.topics[topic->name] = std::move(topic);
    }
  } catch (const Json::exception& error) {
    return fail(ErrorCode::kCorrupt, "{} cannot be read: {}", path, error.what());
  }
  return registry;
}

Result<void> TopicRegistry::save(io::FileSystem& fs, const std::string& folder) const {
  Json json = {{"version", kRegistryVersion}, {"cluster_id", cluster_id}, {"topics", Json::array()}};
  for (const auto& [name, topic] : topics) {
    json["topics"].push_back({{"name", name},
                              {"id", topic->id.to_string()},
                              {"partitions", topic->partitions},
                              {"settings", topic->settings},
                              {"internal", topic->internal}});
  }
  return fs.replace_file(registry_path(folder), json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

RecoveryPoints RecoveryPoints::load(io::FileSystem& fs, const std::string& folder) {
  RecoveryPoints points;
  const Result<std::string> text = fs.read_file(points_path(folder));
  if (!text) return points;
  try {
    const Json json = Json::parse(*text);
    for (const auto& [id_text, offsets] : json.items()) {
      Uuid id;
      if (Uuid::parse(id_text, id)) points.by_topic[id] = offsets.get<std::vector<int64_t>>();
    }
  } catch (const Json::exception&) {
    return {};
  }
  return points;
}

Result<void> RecoveryPoints::save(io::FileSystem& fs, const std::string& folder) const {
  Json json = Json::object();
  for (const auto& [id, offsets] : by_topic) json[id.to_string()] = offsets;
  return fs.replace_file(points_path(folder), json.dump(1) + "\n");
}

std::optional<Offset> RecoveryPoints::find(const Uuid& topic, int32_t partition) const {
  const auto found = by_topic.find(topic);
  if (found == by_topic.end() || static_cast<size_t>(partition) >= found->second.size()) return std::nullopt;
  return Offset(found->second[static_cast<size_t>(partition)]);
}

std::string base64_id(const Uuid& id) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const unsigned char byte : id.bytes) {
    bits = bits << 8 | byte;
    count += 8;
    while (count >= 6) {
      count -= 6;
      out.push_back(kDigits[bits >> count & 63]);
    }
  }
  out.push_back(kDigits[bits << (6 - count) & 63]);
  return out;
}

}  // namespace freshet::log
