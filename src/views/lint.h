#pragma once

#include <string>
#include <vector>

#include "views/finalize.h"
#include "views/plan.h"

/// Views that ClickHouse accepts and that would be silently wrong.
namespace freshet::views {

struct Finding {
  std::string name;  ///< a column or word to point at in the file; may be empty
  std::string message;
};

/// `select`: marked (source.h). `sources`: the streams that it reads, one an occurrence.
std::vector<Finding> lint(const StorageShape& shape, const PlanFacts& plan, const std::string& select,
                          const std::vector<std::string>& sources);

}  // namespace freshet::views
