#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/hash.h"

/// `freshet init`: writes a project folder from a template.
namespace freshet::cli {

struct InitOptions {
  std::string folder;
  std::string name;  ///< the project's; empty: from the folder's name
  std::string template_name = "telemetry";
  std::vector<std::string> producers;  ///< --producer: not there yet
  Uuid id;                             ///< zero: a random one
};

/// The templates' names, sorted.
std::vector<std::string> template_names();

/// Makes the folder where there is none. kProjectExists when it holds anything already; kUsage for an unknown template
/// or a name that cannot be a project's; kProjectUnsupported for producers.
Result<void> init_project(const InitOptions& options);

}  // namespace freshet::cli
