#include "project/data_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "base/strings.h"

namespace freshet::project {
namespace {

Error from_errno(int error, std::string_view what, const std::string& path) {
  const ErrorCode code = error == EACCES || error == EPERM || error == EROFS ? ErrorCode::kPermission
                         : error == ENOSPC || error == EDQUOT                ? ErrorCode::kDiskFull
                                                                             : ErrorCode::kIo;
  return Error{code, fmt::format("cannot {} '{}': {}", what, path, std::strerror(error)), {}, 0, 0};
}

/// Under another name first: a crash leaves a whole VERSION or none.
Result<void> write_version(const std::string& folder) {
  const std::string path = folder + "/VERSION";
  const std::string temporary = path + ".new";
  const std::string text = fmt::format("{}\n", kDataVersion);
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return std::unexpected(from_errno(errno, "write", temporary));
  errno = ENOSPC;  // what a short write means
  const bool written =
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
  const int error = errno;
  ::close(file);
  if (!written) return std::unexpected(from_errno(error, "write", temporary));
  if (::rename(temporary.c_str(), path.c_str()) != 0) return std::unexpected(from_errno(errno, "write", path));
  return {};
}

/// Empty but for what a start that was cut short, or an engine's users, may have left.
bool is_unused(const std::string& folder) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name != "VERSION.new" && name != "users.json") return false;
  }
  return !error;
}

}  // namespace

Result<void> open_data_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    return std::unexpected(from_errno(errno, "make the folder", path));
  std::ifstream file(path + "/VERSION");
  if (file) {
    std::string text;
    std::getline(file, text);
    if (trim(text) == fmt::format("{}", kDataVersion)) return {};
    return fail(ErrorCode::kDataVersion,
                "'{}' was written by another version of Freshet: its VERSION is '{}', this program's is {}", path,
                trim(text).substr(0, 20), kDataVersion);
  }
  if (::access((path + "/VERSION").c_str(), F_OK) == 0)
    return std::unexpected(from_errno(EACCES, "read", path + "/VERSION"));
  if (::access(path.c_str(), R_OK | W_OK | X_OK) != 0)
    return std::unexpected(from_errno(errno, "use the folder", path));
  if (!is_unused(path)) {
    return fail(ErrorCode::kDataVersion,
                "'{}' holds files but no VERSION: it is no data folder of Freshet's, or a damaged one", path);
  }
  return write_version(path);
}

}  // namespace freshet::project
