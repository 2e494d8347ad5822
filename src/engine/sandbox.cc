#include "engine/sandbox.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "engine/files.h"

namespace freshet::engine {
namespace {

// Debian 12's headers end at Linux 6.1.
constexpr uint64_t kTruncate = uint64_t{1} << 14;
constexpr int kReferAbi = 2;     // Linux 5.19: renames between folders
constexpr int kTruncateAbi = 3;  // Linux 6.2

constexpr uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr uint64_t kReadExecute = kRead | LANDLOCK_ACCESS_FS_EXECUTE;
constexpr uint64_t kReadWriteFile = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;
constexpr uint64_t kReadWrite = kRead | kReadWriteFile | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER;
constexpr uint64_t kEverything = kReadWrite | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                                 LANDLOCK_ACCESS_FS_MAKE_BLOCK;
/// The only rights that a rule on something other than a folder may name.
constexpr uint64_t kFileRights = kReadWriteFile | LANDLOCK_ACCESS_FS_EXECUTE;

struct SystemPath {
  const char* path;
  uint64_t access;
};

/// What ClickHouse, the loader and the resolver read. Neither all of /etc nor of /dev: /dev/shm holds files of users.
constexpr SystemPath kSystemPaths[] = {
    {"/lib", kReadExecute},
    {"/lib64", kReadExecute},
    {"/usr/lib", kReadExecute},
    {"/usr/lib64", kReadExecute},
    {"/usr/share/zoneinfo", kRead},
    {"/proc", kRead},
    {"/sys", kRead},
    {"/dev/null", kReadWriteFile},
    {"/dev/zero", kReadWriteFile},
    {"/dev/random", kRead},
    {"/dev/urandom", kRead},
    {"/etc/group", kRead},
    {"/etc/host.conf", kRead},
    {"/etc/hosts", kRead},
    {"/etc/ld.so.cache", kRead},
    {"/etc/localtime", kRead},
    {"/etc/nsswitch.conf", kRead},
    {"/etc/passwd", kRead},
    {"/etc/resolv.conf", kRead},
    {"/etc/timezone", kRead},
};

/// A set of rules until it is enforced.
class Ruleset {
 public:
  Ruleset(int fd, uint64_t handled) : fd_(fd), handled_(handled) {}
  ~Ruleset() { ::close(fd_); }
  Ruleset(const Ruleset&) = delete;
  Ruleset& operator=(const Ruleset&) = delete;

  /// 0, or an errno: of opening `path` (links are followed: the rule is for what they lead to), or of the kernel.
  int allow(const char* path, uint64_t access) const {
    const int fd = ::open(path, O_PATH | O_CLOEXEC);
    if (fd < 0) return errno;
    struct stat status{};
    if (::fstat(fd, &status) != 0 || !S_ISDIR(status.st_mode)) access &= kFileRights;
    landlock_path_beneath_attr rule{};
    rule.allowed_access = access & handled_;
    rule.parent_fd = fd;
    const int error = ::syscall(SYS_landlock_add_rule, fd_, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0 ? 0 : errno;
    ::close(fd);
    return error;
  }
  int enforce() const {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
    return ::syscall(SYS_landlock_restrict_self, fd_, 0) == 0 ? 0 : errno;
  }

 private:
  int fd_;
  uint64_t handled_;
};

}  // namespace

Result<bool> restrict_files(const std::string& data_folder, const std::string& program) {
  const int64_t abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (abi < kReferAbi) return false;
  const uint64_t handled = abi >= kTruncateAbi ? kEverything : kEverything & ~kTruncate;
  uint64_t attributes[] = {handled};  // the first member of landlock_ruleset_attr, which grew since
  const auto fd = static_cast<int>(::syscall(SYS_landlock_create_ruleset, attributes, sizeof attributes, 0));
  if (fd < 0) return std::unexpected(file_error("restrict the engine to", data_folder, errno));
  const Ruleset rules(fd, handled);
  if (const int error = rules.allow(data_folder.c_str(), kReadWrite); error != 0) {
    return std::unexpected(file_error("allow the engine to write", data_folder, error));
  }
  if (const int error = rules.allow(program.c_str(), kReadExecute); error != 0) {
    return std::unexpected(file_error("allow the engine to load", program, error));
  }
  // Which of these exist differs between systems; what cannot be allowed stays forbidden.
  for (const SystemPath& entry : kSystemPaths) rules.allow(entry.path, entry.access);
  if (const int error = rules.enforce(); error != 0) {
    return std::unexpected(file_error("restrict the engine to", data_folder, error));
  }
  return true;
}

}  // namespace freshet::engine
