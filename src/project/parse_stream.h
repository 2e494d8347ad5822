#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "project/project.h"

namespace freshet::project {

/// One stream from the text of its file, checked on its own; `name` and `file` as load() would set them. All errors
/// found.
std::expected<Stream, std::vector<Error>> parse_stream(const std::string& name, const std::string& file,
                                                       std::string_view text);

}  // namespace freshet::project
