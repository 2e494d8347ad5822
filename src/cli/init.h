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
  std::vector<std::string> producers;  ///< languages of example producers to write with it
  Uuid id;                             ///< zero: a random one
};

/// The templates' names, sorted.
std::vector<std::string> template_names();

/// Whether the folder is a project already: it has a freshet.yaml.
bool is_project(const std::string& folder);

/// Makes the folder where there is none. kProjectExists when it holds anything already; kUsage for an unknown template
/// or language, or a name that cannot be a project's.
Result<void> init_project(const InitOptions& options);

}  // namespace freshet::cli
