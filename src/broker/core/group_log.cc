#include "broker/core/group_log.h"

#include "record/batch.h"
#include "record/batch_builder.h"
#include "record/record_reader.h"

namespace freshet::broker {

Result<std::string> to_batch(std::span<const GroupRecord> records, int64_t now_ms) {
  record::BatchBuilder builder;
  for (const GroupRecord& record : records) {
    builder.add(now_ms, record.key, record.value ? std::optional<std::string_view>(*record.value) : std::nullopt);
  }
  return builder.build();
}

Result<void> for_each_record(
    std::string_view batches,
    const std::function<Result<void>(std::string_view, std::optional<std::string_view>)>& apply,
    std::vector<std::string>& warnings) {
  record::RecordReader reader;
  while (!batches.empty()) {
    ASSIGN_OR_RETURN(const record::BatchView batch, record::BatchView::parse(batches));
    batches.remove_prefix(batch.size_bytes());
    if (batch.control()) continue;
    RETURN_IF_ERROR(reader.start(batch));
    for (record::Record record; reader.next(record);) {
      if (!record.key) continue;
      if (Result<void> applied = apply(*record.key, record.value); !applied) {
        warnings.push_back(
            fmt::format("{} offset {}: {}", kOffsetsTopic, record.offset.value, applied.error().message));
      }
    }
    if (const Error* error = reader.error()) return std::unexpected(*error);
  }
  return {};
}

}  // namespace freshet::broker
