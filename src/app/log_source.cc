#include "app/log_source.h"

namespace freshet::app {

std::unique_ptr<LogSource> LogSource::open(broker::Broker& broker, log::LogManager& logs, const std::string& topic,
                                           const std::string& group) {
  auto info = logs.find(topic);
  if (!info) return nullptr;
  std::unique_ptr<LogSource> source(new LogSource(broker, info, group));
  for (int32_t i = 0; i < info->partitions; ++i) {
    auto partition = logs.partition(info->id, PartitionId(i));
    if (!partition) return nullptr;  // deleted this very moment
    source->partitions_.push_back(std::move(partition));
  }
  return source;
}

ingest::Bounds LogSource::bounds(PartitionId partition) const {
  return {at(partition).log_start(), at(partition).high_watermark()};
}

Result<ingest::Fetched> LogSource::read(PartitionId partition, Offset from, size_t max_bytes) const {
  ASSIGN_OR_RETURN(log::Read read, at(partition).read(from, max_bytes));
  return ingest::Fetched{std::move(read.batches), read.next};
}

int64_t LogSource::appended_at_ms(PartitionId partition, Offset offset) const {
  return at(partition).appended_at_ms(offset);
}

Result<void> LogSource::commit(std::span<const ingest::Commit> commits) {
  std::vector<broker::Broker::OffsetEntry> entries;
  entries.reserve(commits.size());
  for (const ingest::Commit& commit : commits) {
    entries.push_back({topic_->name, commit.partition.value, commit.offset.value, -1, commit.metadata});
  }
  return broker_.commit_offsets(group_, std::move(entries));
}

Result<std::vector<ingest::Commit>> LogSource::committed() {
  ASSIGN_OR_RETURN(std::vector<broker::Broker::OffsetEntry> entries, broker_.committed_offsets(group_));
  std::vector<ingest::Commit> commits;
  for (broker::Broker::OffsetEntry& entry : entries) {
    if (entry.topic != topic_->name || entry.partition < 0 || entry.partition >= partition_count()) continue;
    commits.push_back({PartitionId(entry.partition), Offset(entry.offset), std::move(entry.metadata)});
  }
  return commits;
}

}  // namespace freshet::app
