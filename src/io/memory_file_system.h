#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "io/file_system.h"

namespace freshet::io {

/// What happens to one operation that changes the disk. The default: it succeeds.
struct Fault {
  std::optional<Error> error;        ///< the operation fails with it
  std::optional<size_t> write_only;  ///< of a write, that many bytes arrive before it fails (a short write)
};

/// A disk in memory: deterministic, with faults on demand, a power cut and a kill. Files keep two contents, what the
/// process wrote and what was synced; folders keep two sets of entries likewise.
/// Thread-safe. Files that were open before power_cut() or kill() fail every operation after it, as those of a dead
/// process.
class MemoryFileSystem : public FileSystem {
 public:
  MemoryFileSystem();
  ~MemoryFileSystem() override;

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<std::vector<std::string>> list(const std::string& folder) override;
  bool exists(const std::string& path) override;
  Result<uint64_t> file_size(const std::string& path) override;
  Result<void> create_folders(const std::string& path) override;
  Result<void> remove(const std::string& path) override;
  Result<void> remove_all(const std::string& path) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> sync_folder(const std::string& folder) override;
  Result<uint64_t> free_bytes(const std::string& path) override;

  /// Called before each operation that changes the disk, numbered from 1; `name` is append, write_at, truncate, sync,
  /// create, remove, rename, create_folder or sync_folder. Runs with the lock held: must not call back. Empty: no
  /// faults.
  using FaultHook = std::function<Fault(uint64_t number, std::string_view name, const std::string& path)>;
  void set_fault_hook(FaultHook hook);
  /// The n-th operation from now on (1: the next) that changes the disk fails so, once; only those called `name`, if
  /// given.
  void fail_once(uint64_t n, Fault fault, std::string name = {});
  /// Appends beyond that many bytes in all files together fail with kDiskFull after a short write. Default: no limit.
  void set_capacity(std::optional<uint64_t> bytes);
  uint64_t operations() const;

  /// The machine loses power: only what was synced is left, of files and of folders. `torn` (optional) says for each
  /// file with an unsynced tail how many of its bytes reach the disk all the same.
  using Torn = std::function<uint64_t(const std::string& path, uint64_t unsynced_bytes)>;
  void power_cut(const Torn& torn = {});
  /// The process dies: everything that it wrote stays.
  void kill();

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace freshet::io
