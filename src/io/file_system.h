#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

/// The one seam to files. What must be durable goes through here, so that tests and the simulation can replace it by a
/// disk that fails, fills up, or loses what was not synced.
namespace freshet::io {

/// An open file. One thread at a time may call the functions that change it; read_at() and view() are safe beside them
/// for ranges that were written before.
class File {
 public:
  virtual ~File() = default;
  /// Appends all parts or fails; after a failure the file may be longer than before: truncate() it.
  virtual Result<void> append(std::span<const std::string_view> parts) = 0;
  Result<void> append(std::string_view bytes) { return append(std::span(&bytes, 1)); }
  /// Overwrites bytes inside of the file.
  virtual Result<void> write_at(uint64_t offset, std::string_view bytes) = 0;
  virtual Result<void> truncate(uint64_t size) = 0;
  /// fdatasync: what was appended survives a power cut, the file's size included.
  virtual Result<void> sync() = 0;
  /// Only a hint that sync() will follow: the system may begin to write what lies from `from` on, nobody waits for it,
  /// and what fails is for sync() to say.
  virtual void start_sync(uint64_t /*from*/) {}
  virtual uint64_t size() const = 0;
  /// Up to `size` bytes; fewer only at the end of the file.
  virtual Result<std::string> read_at(uint64_t offset, size_t size) const = 0;
  /// The same in place, without a copy where the system can (a mapping that outlives the file's removal).
  virtual Result<Slice> view(uint64_t offset, size_t size) const = 0;
};

enum class OpenMode { kRead, kCreateOrAppend };

/// Paths are plain UTF-8 strings with '/'. Errors name the path and the system's reason, with kDiskFull, kPermission
/// and kNotFound told apart. Thread-safe.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  /// Names (not paths) of files and folders in `folder`, sorted.
  virtual Result<std::vector<std::string>> list(const std::string& folder) = 0;
  virtual bool exists(const std::string& path) = 0;
  virtual Result<uint64_t> file_size(const std::string& path) = 0;
  virtual Result<void> create_folders(const std::string& path) = 0;
  virtual Result<void> remove(const std::string& path) = 0;
  virtual Result<void> remove_all(const std::string& path) = 0;
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  /// Makes creations, removals and renames in `folder` durable.
  virtual Result<void> sync_folder(const std::string& folder) = 0;
  virtual Result<uint64_t> free_bytes(const std::string& path) = 0;

  /// Whole file; kTooLarge above `limit`.
  Result<std::string> read_file(const std::string& path, uint64_t limit = 64 << 20);
  /// Temporary file, sync, rename, sync of the folder: after a crash the old or the new content, never a mixture.
  Result<void> replace_file(const std::string& path, std::string_view content);
};

/// The operating system's files.
FileSystem& real_file_system();

}  // namespace freshet::io
