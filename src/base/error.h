#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

/// Errors as values. Every function that can fail returns Result<T>; nothing of ours throws. Exceptions of libraries
/// are caught at the layer that calls them.
namespace freshet {

/// One flat list for the whole program. The number is public: users see it as FR0042, and docs/errors.md explains it.
enum class ErrorCode : uint16_t {
#define FRESHET_ERROR(name, number, summary) name = number,
#include "base/error_codes.def"
#undef FRESHET_ERROR
};

/// A sentence that a user can act on, its code, and where it fits the place in a file of theirs.
struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  std::string file;  ///< as the user named it; empty where no file is at fault
  int line = 0;      ///< from 1; 0: unknown
  int column = 0;    ///< from 1; 0: unknown

  /// "FR0301 streams/events.yaml:7:3: unknown key 'colums'; did you mean 'columns'?"
  std::string to_string() const;
};

template <class T>
using Result = std::expected<T, Error>;

/// `return fail(ErrorCode::kDiskFull, "cannot append to {}: no space left", path);`
template <class... Args>
std::unexpected<Error> fail(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  return std::unexpected(Error{code, fmt::format(format, std::forward<Args>(args)...), {}, 0, 0});
}

/// "FR0042"
std::string code_name(ErrorCode code);
/// The summary in the list of codes: "disk full".
std::string_view code_summary(ErrorCode code);

}  // namespace freshet

#define FRESHET_CONCAT_(a, b) a##b
#define FRESHET_CONCAT(a, b) FRESHET_CONCAT_(a, b)

/// Returns the error of `expression` to the caller, if it has one.
#define RETURN_IF_ERROR(expression)                                                                \
  do {                                                                                             \
    if (auto result_ = (expression); !result_) return std::unexpected(std::move(result_).error()); \
  } while (0)

/// `ASSIGN_OR_RETURN(auto file, fs.open(path));`
#define ASSIGN_OR_RETURN(declaration, expression) \
  ASSIGN_OR_RETURN_(FRESHET_CONCAT(result_, __LINE__), declaration, expression)
#define ASSIGN_OR_RETURN_(result, declaration, expression)        \
  auto result = (expression);                                     \
  if (!result) return std::unexpected(std::move(result).error()); \
  declaration = std::move(*result)
