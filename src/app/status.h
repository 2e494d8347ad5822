#pragma once

#include <string>

#include "app/pipeline.h"

namespace freshet::app {

/// What `freshet status` shows and /api/status answers. The fields are listed in docs/http-api.md.
struct StatusReport {
  std::string verdict;  ///< "ok", or a sentence that says what is wrong
  std::string json;
  bool ok() const { return verdict == "ok"; }
};
StatusReport make_status(const Pipeline& pipeline, const Clock& clock, int pid);

/// "events 1,234/s  lag 12  freshness 14 ms": sums over the streams, for the live line of `up`.
struct LiveFigures {
  int64_t ingested = 0;  ///< rows in raw, this epoch
  int64_t lag_records = 0;
  int64_t freshness_ms = 0;
};
LiveFigures live_figures(const Pipeline& pipeline, const Clock& clock);

}  // namespace freshet::app
