#include "infer/check.h"

#include <algorithm>

namespace freshet::infer {
namespace {

constexpr size_t kBatchRecords = 1000;
constexpr size_t kBatchBytes = size_t{1} << 20;

/// What is the same for all records of one cause: the message up to the value that came.
std::string_view cause_of(std::string_view message) {
  for (const std::string_view end : {", got ", " at byte "}) {
    if (const size_t at = message.find(end); at != message.npos) message = message.substr(0, at);
  }
  return message;
}

}  // namespace

Checker::Checker(std::unique_ptr<decode::Decoder> decoder, columns::Block block)
    : decoder_(std::move(decoder)), block_(std::move(block)) {}

Result<Checker> Checker::make(const project::Stream& stream) {
  ASSIGN_OR_RETURN(std::unique_ptr<decode::Decoder> decoder, decode::make_decoder(stream));
  columns::Block block;
  RETURN_IF_ERROR(decode::add_declared_columns(stream, block));
  decoder->name_unknown_fields();
  return Checker(std::move(decoder), std::move(block));
}

void Checker::add(std::optional<std::string_view> value, std::string place) {
  pending_bytes_ += value ? value->size() : 0;
  pending_.emplace_back(value);
  places_.push_back(std::move(place));
  if (pending_.size() >= kBatchRecords || pending_bytes_ >= kBatchBytes) decode_pending();
}

void Checker::decode_pending() {
  std::vector<std::optional<std::string_view>> values(pending_.begin(), pending_.end());
  std::vector<decode::BatchFailure> failures;
  decoder_->decode_batch(values, block_, failures);
  report_.records += values.size();
  report_.rows += block_.rows();
  for (const decode::BatchFailure& failure : failures) count_failure(failure);
  block_.clear();
  pending_.clear();
  places_.clear();
  pending_bytes_ = 0;
}

void Checker::count_failure(const decode::BatchFailure& failure) {
  const auto& [field, message] = failure.failure;
  const std::string_view cause = cause_of(message);
  auto& all = report_.dead_letters;
  auto found = std::ranges::find_if(all, [&](const DeadLetters& d) { return d.field == field && d.why == cause; });
  if (found == all.end()) {
    if (all.size() == kMaxCauses) {
      ++report_.other_causes;
      return;
    }
    found = all.insert(all.end(), {.field = field, .why = std::string(cause), .count = 0, .examples = {}});
  }
  ++found->count;
  if (found->examples.size() < kMaxExamples) found->examples.push_back({places_[failure.index], message});
}

CheckReport Checker::report() {
  decode_pending();
  CheckReport report = report_;
  std::ranges::stable_sort(report.dead_letters, std::greater{}, &DeadLetters::count);
  report.unknown_count = decoder_->unknown_fields();
  report.null_defaults = decoder_->null_defaults();
  for (const auto& [name, count] : decoder_->unknown_field_names()) report.unknown_fields.push_back({name, count});
  std::ranges::stable_sort(report.unknown_fields, std::greater{}, &UnknownField::count);
  return report;
}

}  // namespace freshet::infer
