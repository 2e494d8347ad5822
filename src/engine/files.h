#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

/// The few file operations of this layer that io/ does not know: files that only their owner may read.
namespace freshet::engine {

/// Temporary file of mode 0600, sync, rename: after a crash the old or the new content.
Result<void> write_private_file(const std::string& path, std::string_view content);
Result<std::string> read_whole_file(const std::string& path);
Result<void> create_private_folder(const std::string& path);
/// The system's error for an operation on a path: kDiskFull, kPermission, kNotFound or kIo.
Error file_error(std::string_view doing, const std::string& path, int error_number);

}  // namespace freshet::engine
