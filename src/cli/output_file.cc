#include "cli/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>

namespace freshet::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kMostBackups = 1000;

Error write_error(const std::string& path, int reason) {
  return {reason == ENOSPC   ? ErrorCode::kDiskFull
          : reason == EACCES ? ErrorCode::kPermission
          : reason == EEXIST ? ErrorCode::kProjectExists
                             : ErrorCode::kIo,
          fmt::format("cannot write '{}': {}", path, std::strerror(reason)),
          {},
          0,
          0};
}

/// 0, or an errno.
int write_all(const std::string& path, std::string_view left) {
  const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
  if (file < 0) return errno;
  int reason = 0;
  while (!left.empty() && reason == 0) {
    const ssize_t written = ::write(file, left.data(), left.size());
    if (written < 0 && errno != EINTR) reason = errno;
    if (written > 0) left.remove_prefix(static_cast<size_t>(written));
  }
  if (::close(file) != 0 && reason == 0) reason = errno;
  return reason;
}

/// Gives what is at the path a second name, which is returned; empty where nothing is.
Result<std::string> keep(const std::string& path) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) return std::string();
  for (int i = 1; i <= kMostBackups; ++i) {
    const std::string backup = i == 1 ? path + ".bak" : fmt::format("{}.{}.bak", path, i);
    if (::link(path.c_str(), backup.c_str()) == 0) return backup;
    const int reason = errno;
    if (reason == EEXIST) continue;
    // Some file systems have no links.
    std::error_code error;
    if (!fs::copy_file(path, backup, error)) return std::unexpected(write_error(backup, error.value()));
    return backup;
  }
  return std::unexpected(write_error(path + ".bak", EEXIST));
}

}  // namespace

Result<std::string> write_output(const std::string& path, const std::string& text, bool replace) {
  std::error_code error;
  const fs::path folder = fs::path(path).parent_path();
  if (!folder.empty()) fs::create_directories(folder, error);
  if (error) return std::unexpected(write_error(path, error.value()));
  const std::string beside =
      fmt::format("{}/.{}.{}", folder.empty() ? "." : folder.string(), fs::path(path).filename().string(), ::getpid());
  int reason = write_all(beside, text);
  Result<std::string> backup = std::string();
  if (reason == 0 && replace) backup = keep(path);
  if (reason == 0 && backup) {
    // A link refuses where a file is; some file systems have none.
    const bool linked = !replace && ::link(beside.c_str(), path.c_str()) == 0;
    if (!replace && !linked && errno == EEXIST) reason = EEXIST;
    if (!linked && reason == 0 && ::rename(beside.c_str(), path.c_str()) != 0) reason = errno;
  }
  ::unlink(beside.c_str());
  if (reason != 0) return std::unexpected(write_error(path, reason));
  return backup;
}

}  // namespace freshet::cli
