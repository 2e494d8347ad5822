#include "broker/core/coordinator_log.h"

#include <algorithm>
#include <utility>

namespace freshet::broker {

void CoordinatorLog::attach(const Topic& topic) {
  topic_ = topic.info->id;
  log_ = topic.partitions.front();
}

void CoordinatorLog::submit(std::vector<std::string> batches, std::function<void(bool durable, Offset first)> done) {
  const auto kept = std::make_shared<std::vector<std::string>>(std::move(batches));
  auto job = std::make_unique<Job>();
  job->keep = kept;
  for (std::string& batch : *kept) {
    job->appends.push_back(
        {.topic = topic_, .partition = PartitionId(0), .log = log_, .batches = batch, .checked_sequences = false});
  }
  job->done = [done](Job& finished) {
    const bool durable = std::all_of(finished.appends.begin(), finished.appends.end(),
                                     [](const AppendPart& part) { return part.result.has_value(); });
    done(durable, durable ? finished.appends.front().result->first : Offset(-1));
  };
  if (!jobs_.submit(std::move(job))) done(false, Offset(-1));
}

void CoordinatorLog::append(std::vector<GroupRecord> records, Done done) {
  Result<std::string> batch = to_batch(records, now_.wall_ms);
  if (!batch) return done(false, now_);
  submit({std::move(*batch)}, [this, done](bool durable, Offset) { done(durable, now_); });
}

void CoordinatorLog::replace_with(std::vector<std::vector<GroupRecord>> batches, Done done) {
  std::vector<std::string> encoded;
  for (const auto& records : batches) {
    Result<std::string> batch = to_batch(records, now_.wall_ms);
    if (!batch) return done(false, now_);
    encoded.push_back(std::move(*batch));
  }
  if (encoded.empty()) return done(true, now_);
  submit(std::move(encoded), [this, done](bool durable, Offset first) {
    if (durable) {
      // Everything before the new records says nothing that they do not say; what cannot be removed now goes next time.
      auto cleaning = std::make_unique<Job>();
      cleaning->work = [log = log_, first, wall_ms = now_.wall_ms](log::LogManager&) {
        [[maybe_unused]] const auto freed = log->apply_retention(wall_ms, -1, 0, first);
      };
      [[maybe_unused]] const bool queued = jobs_.submit(std::move(cleaning));
    }
    done(durable, now_);
  });
}

}  // namespace freshet::broker
