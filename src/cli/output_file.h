#pragma once

#include <string>

#include "base/error.h"

namespace freshet::cli {

/// Writes a file that people keep; its folder is made. Never half a file: it is written beside its place and moved
/// there. Without `replace` a file that is there stays (kProjectExists). With it, that file is kept under the name that
/// is returned, PATH.bak or PATH.2.bak and so on: no copy is ever lost. Empty where there was none.
Result<std::string> write_output(const std::string& path, const std::string& text, bool replace);

}  // namespace freshet::cli
