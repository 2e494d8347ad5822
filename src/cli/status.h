#pragma once

#include <string>

#include "base/error.h"

namespace freshet::cli {

struct StatusText {
  std::string text;  ///< the verdict, then streams, topics and views as tables
  bool ok = false;   ///< the verdict is "ok"
};

/// Shows what `status --json` prints (its names: docs/http-api.md). Missing figures are shown as "-". kCorrupt when
/// `json` is no JSON object with a verdict.
Result<StatusText> render_status(const std::string& json);

}  // namespace freshet::cli
