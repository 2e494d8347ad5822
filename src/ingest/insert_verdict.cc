#include "ingest/insert_verdict.h"

#include <algorithm>
#include <array>

namespace freshet::ingest {
namespace {

/// None of them comes from a rename: they are raised by reading, converting and computing, or before a part is
/// committed. Numbers are those of ClickHouse's ErrorCodes (errorCodeToName() tells them).
constexpr std::array kOfTheRows = {
    6,    // CANNOT_PARSE_TEXT
    10,   // NOT_FOUND_COLUMN_IN_BLOCK
    16,   // NO_SUCH_COLUMN_IN_TABLE
    20,   // NUMBER_OF_COLUMNS_DOESNT_MATCH
    26,   // CANNOT_PARSE_QUOTED_STRING
    27,   // CANNOT_PARSE_INPUT_ASSERTION_FAILED
    36,   // BAD_ARGUMENTS
    38,   // CANNOT_PARSE_DATE
    41,   // CANNOT_PARSE_DATETIME
    42,   // NUMBER_OF_ARGUMENTS_DOESNT_MATCH
    43,   // ILLEGAL_TYPE_OF_ARGUMENT
    44,   // ILLEGAL_COLUMN
    46,   // UNKNOWN_FUNCTION
    47,   // UNKNOWN_IDENTIFIER
    53,   // TYPE_MISMATCH
    60,   // UNKNOWN_TABLE
    69,   // ARGUMENT_OUT_OF_BOUND
    70,   // CANNOT_CONVERT_TYPE
    72,   // CANNOT_PARSE_NUMBER
    81,   // UNKNOWN_DATABASE
    117,  // INCORRECT_DATA
    125,  // INCORRECT_RESULT_OF_SCALAR_SUBQUERY
    128,  // TOO_LARGE_ARRAY_SIZE
    131,  // TOO_LARGE_STRING_SIZE
    153,  // ILLEGAL_DIVISION
    190,  // SIZES_OF_ARRAYS_DONT_MATCH
    321,  // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
    349,  // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
    376,  // CANNOT_PARSE_UUID
    395,  // FUNCTION_THROW_IF_VALUE_IS_NON_ZERO
    407,  // DECIMAL_OVERFLOW
    427,  // CANNOT_COMPILE_REGEXP
    457,  // BAD_QUERY_PARAMETER
    467,  // CANNOT_PARSE_BOOL
    469,  // VIOLATED_CONSTRAINT
    675,  // CANNOT_PARSE_IPV4
    676,  // CANNOT_PARSE_IPV6
    691,  // UNKNOWN_ELEMENT_OF_ENUM
};
constexpr std::array kOfTheMoment = {
    33,   // CANNOT_READ_ALL_DATA
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
    394,  // QUERY_WAS_CANCELLED
    497,  // ACCESS_DENIED
    516,  // AUTHENTICATION_FAILED
};

/// The disk's or the network's, not the rows': they pass when the cause does.
constexpr std::array kOfTheSystem = {
    49,    // LOGICAL_ERROR
    74,    // CANNOT_READ_FROM_FILE_DESCRIPTOR
    75,    // CANNOT_WRITE_TO_FILE_DESCRIPTOR
    76,    // CANNOT_OPEN_FILE
    77,    // CANNOT_CLOSE_FILE
    84,    // DIRECTORY_ALREADY_EXISTS
    107,   // FILE_DOESNT_EXIST
    173,   // CANNOT_ALLOCATE_MEMORY
    209,   // SOCKET_TIMEOUT
    210,   // NETWORK_ERROR
    439,   // CANNOT_SCHEDULE_TASK
    481,   // CANNOT_CREATE_DIRECTORY
    1000,  // POCO_EXCEPTION
    1001,  // STD_EXCEPTION: a rename that failed
    1002,  // UNKNOWN_EXCEPTION
};

bool contains(const auto& list, int code) { return std::find(list.begin(), list.end(), code) != list.end(); }

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
  const bool spares = contains(kOfTheRows, error.exception_code) || contains(kOfTheMoment, error.exception_code);
  return spares ? InsertVerdict::kDoubt : InsertVerdict::kNeedsRepair;
}

bool comes_again(const clickhouse::QueryError& error) {
  return error.outcome == clickhouse::Outcome::kRefused && error.exception_code != 0 &&
         !contains(kOfTheMoment, error.exception_code) && !contains(kOfTheSystem, error.exception_code);
}

std::string failing_view_of(std::string_view message) {
  constexpr std::string_view kWords = "while pushing to view ";
  const size_t at = message.rfind(kWords);
  if (at == std::string_view::npos) return {};
  std::string_view name = message.substr(at + kWords.size());
  name = name.substr(0, name.find_first_of(" (\n"));
  while (name.ends_with('.') || name.ends_with(',')) name.remove_suffix(1);  // of the sentence
  const size_t dot = name.find('.');
  return std::string(dot == std::string_view::npos ? name : name.substr(dot + 1));
}

}  // namespace freshet::ingest
