#pragma once

#include <map>
#include <string>

#include "base/error.h"

/// The users of the embedded engine. Their passwords are made once and lie in data/users.json, which only its owner may
/// read: `{"freshet_ingest": "…", "freshet_query": "…", "freshet_scratch": "…"}`. The engine sees their hashes only.
namespace freshet::engine {

inline constexpr const char* kIngestUser = "freshet_ingest";    ///< everything in the project's databases
inline constexpr const char* kQueryUser = "freshet_query";      ///< reads the project's databases, with limits
inline constexpr const char* kScratchUser = "freshet_scratch";  ///< everything in databases fr_scratch_*, nothing else

struct Users {
  std::map<std::string, std::string> passwords;  ///< by user
  const std::string& password(const std::string& user) const;
};

/// Reads the file; makes it, or adds the users that it lacks, with 192 random bits a password. kCorrupt when the file
/// is not what it should be: a password is never replaced silently, for others may rely on it.
Result<Users> load_or_create_users(const std::string& path);

/// Lower-case hexadecimal SHA-256, as ClickHouse's `password_sha256_hex` wants it.
std::string sha256_hex(std::string_view text);

}  // namespace freshet::engine
