#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "base/ids.h"
#include "io/file_system.h"

/// Kafka's two sparse indexes of a segment, byte for byte as their files hold them (big-endian, entries of fixed size).
/// Both are hints: whatever is lost of them is built again from the segment.
namespace freshet::log {

/// The bytes of an index: growing in memory for the last segment, mapped from the file for the others.
class IndexFile {
 public:
  IndexFile(std::string path, size_t entry_bytes) : path_(std::move(path)), entry_bytes_(entry_bytes) {}

  std::string_view bytes() const { return mapped_.owner ? mapped_.bytes : std::string_view(grown_); }
  size_t count() const { return bytes().size() / entry_bytes_; }
  const char* entry(size_t i) const { return bytes().data() + i * entry_bytes_; }
  void append(std::string_view entry) { grown_.append(entry); }
  /// Keeps the first `count` entries; for an index in memory.
  void keep(size_t count);

  /// Reads the file; kNotFound, or kCorrupt when it does not hold whole entries. `map`: in place, for reading only.
  Result<void> load(io::FileSystem& fs, bool map);
  /// Writes what the file lacks. Opens it once. `sync`: durable when it returns.
  Result<void> flush(io::FileSystem& fs, bool sync);
  /// After flush(): from the memory of this process to the file's own.
  Result<void> map(io::FileSystem& fs);
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  size_t entry_bytes_;
  std::string grown_;
  Slice mapped_;
  std::unique_ptr<io::File> file_;  ///< while it grows
  size_t flushed_bytes_ = 0;        ///< first bytes of grown_ that the file holds too
};

/// `.index`: last offset of a batch (relative to the base, i32), position of that batch (i32).
class OffsetIndex {
 public:
  static constexpr size_t kEntryBytes = 8;
  struct Entry {
    Offset offset;
    uint64_t position = 0;
  };
  OffsetIndex(std::string path, Offset base) : file(std::move(path), kEntryBytes), base_(base) {}

  Entry at(size_t i) const;
  size_t count() const { return file.count(); }
  void append(Offset last_offset, uint64_t position);
  /// The last entry whose offset is at most `offset`; the segment's start where there is none.
  Entry lookup(Offset offset) const;
  /// Ascending, and inside of a segment of that size.
  bool plausible(uint64_t segment_bytes) const;

  IndexFile file;

 private:
  Offset base_;
};

/// `.timeindex`: largest timestamp so far (i64), last offset of the batch that brought it (relative, i32).
class TimeIndex {
 public:
  static constexpr size_t kEntryBytes = 12;
  struct Entry {
    int64_t timestamp_ms = -1;
    Offset offset;
  };
  TimeIndex(std::string path, Offset base) : file(std::move(path), kEntryBytes), base_(base) {}

  Entry at(size_t i) const;
  size_t count() const { return file.count(); }
  Entry last() const { return count() == 0 ? Entry{-1, base_} : at(count() - 1); }
  /// Nothing when the timestamp is not larger than the last one.
  void append_if_larger(int64_t timestamp_ms, Offset offset);
  /// The last entry below the timestamp: nothing at or after it was appended before that entry's offset.
  Entry lookup_below(int64_t timestamp_ms) const;
  bool plausible() const;

  IndexFile file;

 private:
  Offset base_;
};

}  // namespace freshet::log
