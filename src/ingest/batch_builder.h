#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "decode/decoder.h"
#include "ingest/batch.h"
#include "ingest/source.h"
#include "project/project.h"
#include "record/record_reader.h"

namespace freshet::ingest {

/// CRC-32C over a record's time, key and value: by it a log is recognised as the one that was ingested.
uint32_t record_anchor(const record::Record& record);
/// record_anchor() of the record at exactly `offset`; none when the log does not hold it.
std::optional<uint32_t> anchor_at(const Source& source, PartitionId partition, Offset offset);

/// Reads records from a Source and decodes them into the blocks of one batch after the other. What it yields depends on
/// the ranges, the stream's definition and the decoder's version alone. Belongs to the lane's decoding thread.
class BatchBuilder {
 public:
  /// `source` outlives the builder.
  static Result<std::unique_ptr<BatchBuilder>> make(const project::Stream& stream, const Uuid& project, Epoch epoch,
                                                    const Source& source);

  /// Goes on with the open batch. After an error the open batch is gone.
  Result<BuildAnswer> run(const BuildAction& action);

 private:
  /// A batch's blocks and sums while it is open.
  struct Open {
    columns::Block raw;
    columns::Block dead;
    std::vector<Range> ranges;
    std::vector<PartitionGain> gains;
    std::vector<AppendTime> appended;
    uint64_t value_bytes = 0;
    int64_t rows = 0;
  };

  BatchBuilder(const project::Stream& stream, const Uuid& project, Epoch epoch, const Source& source)
      : stream_(stream), project_(project), epoch_(epoch), source_(source) {}
  Result<void> prepare();
  void reset();
  Result<void> take(const Wanted& wanted, const BuildAction& action);
  Result<Offset> take_batch(const record::BatchView& batch, PartitionId partition, Offset from, Offset end);
  void take_records(PartitionId partition);
  void dead_letter(const record::Record& record, PartitionId partition, std::string_view error, std::string_view field);
  void note_append_time(PartitionId partition, Offset first, int64_t rows);
  PartitionGain& gain(PartitionId partition);
  bool full(const BuildAction& action) const;
  std::shared_ptr<const BuiltBatch> seal(int64_t inserted_at_ms);

  const project::Stream stream_;
  const Uuid project_;
  const Epoch epoch_;
  const Source& source_;
  std::unique_ptr<decode::Decoder> decoder_;
  record::RecordReader reader_;
  size_t declared_ = 0;  ///< columns before the service columns
  Open open_;
  uint64_t unknown_fields_ = 0;
  // Of the record batch being taken; kept for their memory.
  std::vector<record::Record> records_;
  std::vector<std::optional<std::string_view>> values_;
  std::vector<decode::BatchFailure> failures_;
};

}  // namespace freshet::ingest
