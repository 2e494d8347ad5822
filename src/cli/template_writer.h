#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

/// Writing files of templates/ into a project folder.
namespace freshet::cli {

/// "{{name}}" and what stands there instead.
using Placeholders = std::vector<std::pair<std::string_view, std::string>>;
std::string filled_in(std::string_view text, const Placeholders& placeholders);

/// Makes the folders on the way. kDiskFull, kPermission or kIo, with the path and the reason.
Result<void> write_file(const std::string& path, const std::string& text);

}  // namespace freshet::cli
