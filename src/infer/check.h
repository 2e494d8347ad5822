#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "decode/decoder.h"
#include "project/project.h"

namespace freshet::infer {

/// Dead letters of one cause: a column and what it expected.
struct DeadLetters {
  std::string field;  ///< the column at fault; empty: the whole record
  std::string why;    ///< "expected a number within the range for Float64"
  uint64_t count = 0;
  struct Example {
    std::string place;    ///< "line 17", "partition 0 offset 4711"
    std::string message;  ///< with what it got
  };
  std::vector<Example> examples;  ///< the first few
};
struct UnknownField {
  std::string name;
  uint64_t count = 0;
};
struct CheckReport {
  uint64_t records = 0;
  uint64_t rows = 0;                         ///< records that become rows
  std::vector<DeadLetters> dead_letters;     ///< most frequent first
  uint64_t other_causes = 0;                 ///< dead letters of further causes, when there were too many to keep apart
  std::vector<UnknownField> unknown_fields;  ///< most frequent first; those of records that become rows
  uint64_t unknown_count = 0;                ///< all of them, also those that are not named
  uint64_t null_defaults = 0;                ///< nulls that become a default

  uint64_t dead() const { return records - rows; }
};

/// Which records would become dead letters under a stream's declaration: it feeds them to the stream's decoder, the
/// one that ingestion uses. Belongs to one thread; memory is bounded.
class Checker {
 public:
  /// Fails where make_decoder fails: an unknown type, a format that is not there.
  static Result<Checker> make(const project::Stream& stream);

  /// `place` says where the record stands, for the examples.
  void add(std::optional<std::string_view> value, std::string place);
  /// Of all records so far.
  CheckReport report();

  static constexpr size_t kMaxCauses = 200;
  static constexpr size_t kMaxExamples = 5;

 private:
  Checker(std::unique_ptr<decode::Decoder> decoder, columns::Block block);
  void decode_pending();
  void count_failure(const decode::BatchFailure& failure);

  std::unique_ptr<decode::Decoder> decoder_;
  columns::Block block_;
  std::vector<std::optional<std::string>> pending_;
  std::vector<std::string> places_;
  size_t pending_bytes_ = 0;
  CheckReport report_;
};

}  // namespace freshet::infer
