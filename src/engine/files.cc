#include "engine/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace freshet::engine {

Error file_error(std::string_view doing, const std::string& path, int error_number) {
  ErrorCode code = ErrorCode::kIo;
  if (error_number == ENOSPC || error_number == EDQUOT) code = ErrorCode::kDiskFull;
  if (error_number == EACCES || error_number == EPERM || error_number == EROFS) code = ErrorCode::kPermission;
  if (error_number == ENOENT) code = ErrorCode::kNotFound;
  return {code, fmt::format("cannot {} {}: {}", doing, path, std::strerror(error_number)), {}, 0, 0};
}

Result<void> write_private_file(const std::string& path, std::string_view content) {
  const std::string temporary = path + ".new";
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return std::unexpected(file_error("create", temporary, errno));
  int error = 0;
  while (!content.empty() && error == 0) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n >= 0) {
      content.remove_prefix(static_cast<size_t>(n));
    } else if (errno != EINTR) {
      error = errno;
    }
  }
  if (error == 0 && ::fchmod(fd, 0600) != 0) error = errno;
  if (error == 0 && ::fdatasync(fd) != 0) error = errno;
  ::close(fd);
  if (error == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return {};
  ::unlink(temporary.c_str());
  return std::unexpected(file_error("write", path, error));
}

Result<std::string> read_whole_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::unexpected(file_error("open", path, errno));
  std::string content;
  char buffer[64 << 10];
  for (;;) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n == 0) break;
    if (n > 0) {
      content.append(buffer, static_cast<size_t>(n));
    } else if (errno != EINTR) {
      const int error = errno;
      ::close(fd);
      return std::unexpected(file_error("read", path, error));
    }
  }
  ::close(fd);
  return content;
}

Result<void> create_private_folder(const std::string& path) {
  std::error_code code;
  const std::filesystem::path folder(path);
  std::filesystem::create_directories(folder, code);
  if (code) return std::unexpected(file_error("create the folder", path, code.value()));
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, code);
  if (code) return std::unexpected(file_error("set the permissions of", path, code.value()));
  return {};
}

}  // namespace freshet::engine
