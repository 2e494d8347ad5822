#include "broker/core/catalog.h"

#include <fmt/format.h>

#include <algorithm>

namespace freshet::broker {

void Catalog::load(const log::LogManager& logs) {
  for (auto& info : logs.topics()) add(logs, info);
}

std::shared_ptr<const Topic> Catalog::add(const log::LogManager& logs, std::shared_ptr<const log::TopicInfo> info) {
  auto topic = std::make_shared<Topic>();
  topic->info = std::move(info);
  for (int32_t i = 0; i < topic->info->partitions; ++i) {
    topic->partitions.push_back(logs.partition(topic->info->id, PartitionId(i)));
  }
  partition_count_ += topic->info->partitions;
  by_id_[topic->info->id] = topic;
  by_name_[topic->info->name] = topic;
  return topic;
}

void Catalog::update(const log::LogManager& logs, std::shared_ptr<const log::TopicInfo> info) {
  const auto old = find(info->id);
  if (!old) return;
  auto topic = std::make_shared<Topic>();
  topic->partitions = old->partitions;
  for (int32_t i = old->info->partitions; i < info->partitions; ++i) {
    auto log = logs.partition(info->id, PartitionId(i));
    if (!log) return;  // deleted by now: that job is on its way back
    topic->partitions.push_back(std::move(log));
  }
  topic->info = std::move(info);
  partition_count_ += topic->info->partitions - old->info->partitions;
  by_id_[topic->info->id] = topic;
  if (find(topic->info->name) == old) by_name_[topic->info->name] = topic;
}

void Catalog::remove(const Uuid& id) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  const auto topic = found->second;
  partition_count_ -= topic->info->partitions;
  by_id_.erase(found);
  const auto named = by_name_.find(topic->info->name);
  if (named != by_name_.end() && named->second == topic) by_name_.erase(named);
}

std::shared_ptr<const Topic> Catalog::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

std::shared_ptr<const Topic> Catalog::find(const Uuid& id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

std::string topic_name_problem(std::string_view name) {
  constexpr size_t kLongest = 249;
  if (name.empty()) return "Topic name is invalid: the empty string is not allowed";
  if (name == "." || name == "..") return fmt::format("Topic name is invalid: '{}' is not allowed", name);
  if (name.size() > kLongest) {
    return fmt::format("Topic name is invalid: the length of '{}' is longer than the max allowed length {}",
                       name.substr(0, kLongest), kLongest);
  }
  const bool legal = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
  if (legal) return "";
  return fmt::format(
      "Topic name is invalid: '{}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
      name);
}

}  // namespace freshet::broker
