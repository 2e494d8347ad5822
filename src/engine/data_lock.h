#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/error.h"

/// The lock of an engine's data folder: an flock on DIR/LOCK that the child inherits, so that the folder stays locked
/// as long as either lives. The file names both, for people and for clearing up after a kill.
namespace freshet::engine {

class DataLock {
 public:
  /// kAlreadyRunning while another Freshet that is alive holds the folder. An engine whose Freshet was killed sees its
  /// input close and ends in order: it is given `patience_ms` for that, then killed, if it is surely ours.
  /// `*took_over`: the holder had to be waited for. kCancelled as soon as `cancelled` (may be empty) says so.
  static Result<std::unique_ptr<DataLock>> acquire(const std::string& folder, int patience_ms, bool* took_over,
                                                   const std::function<bool()>& cancelled = {});
  ~DataLock();
  DataLock(const DataLock&) = delete;
  DataLock& operator=(const DataLock&) = delete;

  int fd() const { return fd_; }
  /// Writes down who holds the lock: this process and its child (0: none).
  Result<void> note_child(int child_pid);

 private:
  DataLock(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  std::string path_;
  int fd_;
};

}  // namespace freshet::engine
