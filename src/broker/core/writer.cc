#include "broker/core/writer.h"

#include <algorithm>
#include <utility>

#include "record/batch.h"

namespace freshet::broker {

void Writer::append(AppendPart& part, int64_t now_ms) {
  const bool first =
      std::none_of(written_.begin(), written_.end(), [&](const Written& written) { return written.log == part.log; });
  if (first) written_.push_back({part.topic, part.partition, part.log, part.log->high_watermark()});
  part.appended_ms = now_ms;
  if (part.log_append_time) record::set_log_append_time(part.batches, now_ms);
  if (part.checked_sequences) {
    part.result = part.log->produce(part.batches, now_ms);
    return;
  }
  const Result<log::Appended> appended = part.log->append(part.batches, now_ms);
  if (!appended) {
    part.result = std::unexpected(appended.error());
    return;
  }
  part.result = log::Produced{log::ProduceVerdict::kAppended, appended->first, appended->end, {}};
}

void Writer::run(std::unique_ptr<Job> job, int64_t now_ms) {
  for (AppendPart& part : job->appends) append(part, now_ms);
  if (job->work) job->work(logs_);
  jobs_.push_back(std::move(job));
}

void Writer::finish() {
  if (sync_ && written_.size() > 1) {
    for (const Written& written : written_) written.log->start_sync();
  }
  for (const Written& written : written_) {
    if (sync_) {
      if (const Result<void> synced = written.log->sync(); !synced) {
        // The log cut off what was not visible yet: nobody may be told that it is there.
        for (const auto& job : jobs_) {
          for (AppendPart& part : job->appends) {
            if (part.log == written.log && part.result) part.result = std::unexpected(synced.error());
          }
        }
      }
    }
    const Offset now = written.log->high_watermark();
    if (now != written.high_watermark_before) advanced_(written.topic, written.partition, now);
  }
  written_.clear();
  if (!jobs_.empty()) give_back_(std::exchange(jobs_, {}));
}

}  // namespace freshet::broker
