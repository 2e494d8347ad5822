#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "infer/check.h"
#include "infer/column_type.h"
#include "infer/observer.h"

namespace freshet::infer {

struct Column {
  std::string name;
  TypeChoice choice;
  bool nullable = false;
  uint64_t records = 0;  ///< in which the field stands, also as null
  uint64_t absent = 0;   ///< records without it, or with null
  uint64_t nulls = 0;
  size_t distinct = 0;
  bool distinct_exact = false;
  std::string remark = {};       ///< on absence, or what the column is for
  const Field* field = nullptr;  ///< of the Observer, valid as long as it

  std::string type() const { return with_nullable(choice, nullable); }
};

/// A field that gets no column, and why.
struct LeftOut {
  std::string name;
  uint64_t records = 0;
  std::string why;
};

struct SuggestedView {
  std::string name;
  std::string sql;  ///< a whole views/NAME.sql
};

/// A stream that fits the records that an Observer saw.
struct Proposal {
  std::string name;
  std::string topic;
  int32_t partitions = 4;
  std::string origin;  ///< "10,000 records of topic clicks"
  uint64_t records = 0;
  uint64_t objects = 0;
  uint64_t with_key = 0;
  std::vector<Column> columns;
  std::vector<LeftOut> left_out;
  uint64_t forgotten = 0;  ///< different fields that were too rare to be kept in mind
  std::string id;          ///< column that names an event; may be empty
  uint64_t id_repeats = 0;
  std::string key;   ///< column that is the records' key; may be empty
  std::string time;  ///< column; may be empty
  std::vector<std::string> order_by;
  std::string order_why;
  std::string partition_by;
  std::string partition_why;
  std::vector<SuggestedView> views;
  CheckReport check;  ///< of the sample against the proposal, by the real decoder; filled by the caller

  const Column* column(std::string_view name) const;
};

struct ProposeOptions {
  std::string name;
  std::string topic;
  int32_t partitions = 4;
  std::string origin;
};

/// kDecode when no record is a JSON object, or none has a field that can be a column.
Result<Proposal> propose(const Observer& observer, const ProposeOptions& options);

/// streams/NAME.yaml, with the reasons as comments. The project's checker accepts it (project/project.h).
std::string stream_text(const Proposal& proposal);

}  // namespace freshet::infer
