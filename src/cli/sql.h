#pragma once

#include <string>
#include <string_view>

namespace freshet::cli {

/// ClickHouse's sentence of an exception text, without "Code: 60. DB::Exception: " and the stack and version at its
/// end.
std::string_view exception_sentence(std::string_view text);

}  // namespace freshet::cli
