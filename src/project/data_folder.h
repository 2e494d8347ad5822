#pragma once

#include <string>

#include "base/error.h"

/// The folder of what Freshet stores: `data/` in the project folder, or elsewhere.
namespace freshet::project {

/// Written to data/VERSION: raised when what lies in the folder changes in a way that an older program would misread.
inline constexpr int kDataVersion = 1;

/// Makes the folder (mode 0700, with its VERSION) where there is none, and checks the version of one that is there.
/// kDataVersion: written by another version, or a folder of something else; kPermission, kDiskFull, kIo as they happen.
Result<void> open_data_folder(const std::string& path);

}  // namespace freshet::project
