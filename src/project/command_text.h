#pragma once

#include <string>

namespace freshet::project {

/// How a command for the project in `folder` begins, to be copied into a shell: "freshet", or "freshet -C 'my shop'".
std::string command_for(const std::string& folder);

}  // namespace freshet::project
