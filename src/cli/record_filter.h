#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

/// `freshet consume --where`: conditions on the fields of JSON values.
namespace freshet::cli {

/// All of its conditions must hold. Belongs to one thread.
///
/// A condition is FIELD OPERATOR VALUE. FIELD is a dotted path, `user.id`, with numbers for elements of arrays; a name
/// that holds the dots itself comes first. Operators:
///   =  !=        numbers as numbers, however long they are, anything else as text; true, false
///                and null by their names
///   <  <=  >  >= two numbers, or two texts in the order of their bytes (times in one zone sort as they should)
///   ~            a POSIX extended regular expression that occurs in the text
/// A field that is missing, or of a value that is no JSON, equals nothing: only != holds.
class RecordFilter {
 public:
  /// kUsage, with the condition, when one cannot be read.
  static Result<RecordFilter> parse(const std::vector<std::string>& conditions);
  RecordFilter(RecordFilter&&) noexcept;
  RecordFilter& operator=(RecordFilter&&) noexcept;
  ~RecordFilter();

  bool matches(std::string_view value);

 private:
  struct Impl;
  explicit RecordFilter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet::cli
