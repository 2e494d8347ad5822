#include "ingest/insert_verdict.h"

#include <algorithm>
#include <array>

namespace freshet::ingest {
namespace {

/// Raised before a part is committed, or by reading and converting data: none of them comes from a rename.
/// Numbers are those of ClickHouse's ErrorCodes (system.errors).
constexpr std::array kSparesTokenLog = {
    6,    // CANNOT_PARSE_TEXT
    16,   // NO_SUCH_COLUMN_IN_TABLE
    20,   // NUMBER_OF_COLUMNS_DOESNT_MATCH
    26,   // CANNOT_PARSE_QUOTED_STRING
    27,   // CANNOT_PARSE_INPUT_ASSERTION_FAILED
    33,   // CANNOT_READ_ALL_DATA
    36,   // BAD_ARGUMENTS
    38,   // CANNOT_PARSE_DATE
    41,   // CANNOT_PARSE_DATETIME
    43,   // ILLEGAL_TYPE_OF_ARGUMENT
    47,   // UNKNOWN_IDENTIFIER
    53,   // TYPE_MISMATCH
    60,   // UNKNOWN_TABLE
    69,   // ARGUMENT_OUT_OF_BOUND
    70,   // CANNOT_CONVERT_TYPE
    72,   // CANNOT_PARSE_NUMBER
    81,   // UNKNOWN_DATABASE
    117,  // INCORRECT_DATA
    153,  // ILLEGAL_DIVISION
    159,  // TIMEOUT_EXCEEDED
    192,  // UNKNOWN_USER
    193,  // WRONG_PASSWORD
    202,  // TOO_MANY_SIMULTANEOUS_QUERIES
    216,  // QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING
    236,  // ABORTED
    241,  // MEMORY_LIMIT_EXCEEDED
    242,  // TABLE_IS_READ_ONLY
    243,  // NOT_ENOUGH_SPACE: the reservation, before anything is written
    252,  // TOO_MANY_PARTS
    321,  // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
    349,  // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
    394,  // QUERY_WAS_CANCELLED
    395,  // FUNCTION_THROW_IF_VALUE_IS_NON_ZERO
    407,  // DECIMAL_OVERFLOW
    457,  // BAD_QUERY_PARAMETER
    469,  // VIOLATED_CONSTRAINT
    497,  // ACCESS_DENIED
    516,  // AUTHENTICATION_FAILED
};

}  // namespace

InsertVerdict verdict_of(const clickhouse::QueryError& error) {
  switch (error.outcome) {
    case clickhouse::Outcome::kNotSent:
      return InsertVerdict::kUnreachable;
    case clickhouse::Outcome::kUnknown:
      return InsertVerdict::kDoubt;
    case clickhouse::Outcome::kRefused:
      break;
  }
  const bool spares =
      std::find(kSparesTokenLog.begin(), kSparesTokenLog.end(), error.exception_code) != kSparesTokenLog.end();
  return spares ? InsertVerdict::kDoubt : InsertVerdict::kNeedsRepair;
}

std::string failing_view_of(std::string_view message) {
  constexpr std::string_view kWords = "while pushing to view ";
  const size_t at = message.rfind(kWords);
  if (at == std::string_view::npos) return {};
  std::string_view name = message.substr(at + kWords.size());
  name = name.substr(0, name.find_first_of(" (\n"));
  const size_t dot = name.find('.');
  return std::string(dot == std::string_view::npos ? name : name.substr(dot + 1));
}

}  // namespace freshet::ingest
