#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "infer/check.h"
#include "infer/proposal.h"
#include "project/parse_stream.h"

namespace freshet::infer {

/// What becomes of some records: proposed, read by the project's checker, tried by the decoder.
struct Inferred {
  explicit Inferred(const std::vector<std::string>& records,
                    ProposeOptions wanted = {"clicks", "clicks", 4, "a test"}) {
    for (const std::string& record : records) observer.add({.value = record, .key = {}, .timestamp_ms = 0});
    finish(records, wanted);
  }
  Inferred() = default;

  void finish(const std::vector<std::string>& records, const ProposeOptions& wanted) {
    auto made = propose(observer, wanted);
    if (!made) {
      error = made.error().message;
      return;
    }
    proposal = std::move(*made);
    const auto stream = project::parse_stream(proposal.name, "streams/clicks.yaml", stream_text(proposal));
    ASSERT_TRUE(stream) << stream.error().front().to_string() << "\n" << stream_text(proposal);
    auto checker = Checker::make(*stream);
    ASSERT_TRUE(checker) << checker.error().to_string();
    for (const std::string& record : records) checker->add(record, "a record");
    proposal.check = checker->report();
    text = stream_text(proposal);
    const auto again = project::parse_stream(proposal.name, "streams/clicks.yaml", text);
    ASSERT_TRUE(again) << again.error().front().to_string() << "\n" << text;
  }

  /// The type of a column, or "-" where there is none.
  std::string type(std::string_view column) const {
    const Column* found = proposal.column(column);
    return found == nullptr ? "-" : found->type();
  }
  /// Records that are JSON objects and would become dead letters all the same.
  uint64_t lost() const { return proposal.objects - proposal.check.rows; }

  Observer observer;
  Proposal proposal;
  std::string text;
  std::string error;
};

/// The same record `times` over.
inline std::vector<std::string> repeated(const std::string& record, size_t times) {
  return std::vector<std::string>(times, record);
}

}  // namespace freshet::infer
