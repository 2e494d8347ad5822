#pragma once

#include <string>

#include "base/error.h"

/// What the engine's process may reach in the file system, enforced by the kernel (landlock(7)). ClickHouse's own
/// rights are not enough: clickhouse-local lets every user that may SELECT read any file by the scalar `file()`.
namespace freshet::engine {

/// Restricts the calling thread and all that it starts, for good. Open descriptors stay usable. Allowed afterwards:
/// reading and writing below `data_folder`; reading and executing `program` (libchdb.so or a `clickhouse` program; the
/// file, not its folder) and the system's shared libraries; reading /proc, /sys, time zones and what name lookups need
/// of /etc; /dev/null and the random devices. Call it before other threads exist.
///
/// False where the kernel has no Landlock, or only that of Linux 5.13 to 5.18, which forbids renames between folders:
/// nothing is restricted then. An error (kPermission, kNotFound, kIo): it has it and refuses, or one of
/// the two paths is not there.
Result<bool> restrict_files(const std::string& data_folder, const std::string& program);

}  // namespace freshet::engine
