#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "broker/core/group_records.h"

namespace freshet::broker {

/// Committed offsets of all groups, as the log holds them. A value is put here only once its record is durable.
/// One thread at a time.
class OffsetStore {
 public:
  using Partitions = std::map<int32_t, OffsetValue>;
  using Topics = std::map<std::string, Partitions, std::less<>>;
  using Groups = std::map<std::string, Topics, std::less<>>;

  void put(const OffsetKey& key, OffsetValue value);
  void erase(const OffsetKey& key);
  /// Applies a record of the log.
  void apply(const OffsetRecord& record);

  /// Null when the group has committed nothing. Valid until the next change.
  const Topics* find(std::string_view group) const;
  const OffsetValue* find(std::string_view group, std::string_view topic, int32_t partition) const;
  const Groups& groups() const { return groups_; }
  /// Keys of all offsets of a topic, in every group.
  std::vector<OffsetKey> of_topic(std::string_view topic) const;

 private:
  Groups groups_;
};

}  // namespace freshet::broker
