#include "cli/template_writer.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace freshet::cli {
namespace {

namespace fs = std::filesystem;

Error write_error(const std::string& path, const std::string& reason, int error) {
  return Error{error == ENOSPC   ? ErrorCode::kDiskFull
               : error == EACCES ? ErrorCode::kPermission
                                 : ErrorCode::kIo,
               fmt::format("cannot write '{}': {}", path, reason),
               {},
               0,
               0};
}

}  // namespace

std::string filled_in(std::string_view text, const Placeholders& placeholders) {
  std::string out(text);
  for (const auto& [placeholder, value] : placeholders) {
    for (size_t at = out.find(placeholder); at != out.npos; at = out.find(placeholder, at + value.size())) {
      out.replace(at, placeholder.size(), value);
    }
  }
  return out;
}

Result<void> write_file(const std::string& path, const std::string& text) {
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  if (error) return std::unexpected(write_error(path, error.message(), error.value()));
  errno = 0;
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) return std::unexpected(write_error(path, errno == 0 ? "unknown reason" : std::strerror(errno), errno));
  return {};
}

}  // namespace freshet::cli
