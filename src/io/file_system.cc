#include "io/file_system.h"

namespace freshet::io {

Result<std::string> FileSystem::read_file(const std::string& path, uint64_t limit) {
  ASSIGN_OR_RETURN(auto file, open(path, OpenMode::kRead));
  if (file->size() > limit) {
    return fail(ErrorCode::kTooLarge, "{} has {} bytes, more than the {} that it may have", path, file->size(), limit);
  }
  return file->read_at(0, static_cast<size_t>(file->size()));
}

Result<void> FileSystem::replace_file(const std::string& path, std::string_view content) {
  const std::string temporary = path + ".tmp";
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  const auto write = [&]() -> Result<void> {
    ASSIGN_OR_RETURN(auto file, open(temporary, OpenMode::kCreateOrAppend));
    RETURN_IF_ERROR(file->truncate(0));
    RETURN_IF_ERROR(file->append(content));
    return file->sync();
  };
  Result<void> done = write();
  if (done) done = rename(temporary, path);
  if (!done) {
    (void)remove(temporary);  // the first error is the one to report
    return done;
  }
  return sync_folder(folder);
}

}  // namespace freshet::io
