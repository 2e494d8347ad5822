#include "broker/core/writer.h"

#include <algorithm>
#include <utility>

#include "record/batch.h"

namespace freshet::broker {

Writer::Written& Writer::written_of(const AppendPart& part) {
  const auto found =
      std::find_if(written_.begin(), written_.end(), [&](const Written& written) { return written.log == part.log; });
  if (found != written_.end()) return *found;
  return written_.emplace_back(Written{part.topic, part.partition, part.log, part.log->high_watermark(), {}});
}

void Writer::append(AppendPart& part, int64_t now_ms) {
  Written& written = written_of(part);
  part.appended_ms = now_ms;
  if (part.log_append_time) record::set_log_append_time(part.batches, now_ms);
  if (part.checked_sequences) {
    part.result = part.log->produce(part.batches, now_ms);
  } else if (const Result<log::Appended> appended = part.log->append(part.batches, now_ms); !appended) {
    part.result = std::unexpected(appended.error());
  } else {
    part.result = log::Produced{log::ProduceVerdict::kAppended, appended->first, appended->end, {}};
  }
  written.parts.emplace_back(&part, part.log->cuts());
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
    const Result<void> synced = sync_ ? written.log->sync() : Result<void>{};
    for (const auto& [part, cuts] : written.parts) {
      if (!part->result) continue;
      // The log cut off what was not visible yet, now or in a roll or checkpoint before: nobody may be told that it is
      // there.
      if (!synced) {
        part->result = std::unexpected(synced.error());
      } else if (cuts != written.log->cuts()) {
        part->result = fail(ErrorCode::kIo, "the disk refused to sync what was appended, and it was cut off again");
      }
    }
    const Offset now = written.log->high_watermark();
    if (now != written.high_watermark_before) advanced_(written.topic, written.partition, now);
  }
  written_.clear();
  if (!jobs_.empty()) give_back_(std::exchange(jobs_, {}));
}

}  // namespace freshet::broker
