#pragma once

#include <string>

#include "base/error.h"

namespace freshet::cli {

/// Shows what `status --storage --json` prints (its names: docs/http-api.md): what is on the disk, how fast it grows
/// and from how long that is extrapolated, when the disk is full, what would save space. kCorrupt when `json` has no
/// disk, log and tables.
Result<std::string> render_storage(const std::string& json);

}  // namespace freshet::cli
