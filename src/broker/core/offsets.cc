#include "broker/core/offsets.h"

namespace freshet::broker {

void OffsetStore::put(const OffsetKey& key, OffsetValue value) {
  groups_[key.group][key.topic][key.partition] = std::move(value);
}

void OffsetStore::erase(const OffsetKey& key) {
  const auto group = groups_.find(key.group);
  if (group == groups_.end()) return;
  const auto topic = group->second.find(key.topic);
  if (topic == group->second.end()) return;
  topic->second.erase(key.partition);
  if (topic->second.empty()) group->second.erase(topic);
  if (group->second.empty()) groups_.erase(group);
}

void OffsetStore::apply(const OffsetRecord& record) {
  if (record.value) {
    put(record.key, *record.value);
  } else {
    erase(record.key);
  }
}

const OffsetStore::Topics* OffsetStore::find(std::string_view group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ? nullptr : &found->second;
}

const OffsetValue* OffsetStore::find(std::string_view group, std::string_view topic, int32_t partition) const {
  const Topics* topics = find(group);
  if (topics == nullptr) return nullptr;
  const auto found = topics->find(topic);
  if (found == topics->end()) return nullptr;
  const auto value = found->second.find(partition);
  return value == found->second.end() ? nullptr : &value->second;
}

std::vector<OffsetKey> OffsetStore::of_topic(std::string_view topic) const {
  std::vector<OffsetKey> keys;
  for (const auto& [group, topics] : groups_) {
    const auto found = topics.find(topic);
    if (found == topics.end()) continue;
    for (const auto& [partition, value] : found->second) keys.push_back({group, found->first, partition});
  }
  return keys;
}

}  // namespace freshet::broker
