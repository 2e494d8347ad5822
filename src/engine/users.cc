#include "engine/users.h"

#include <openssl/rand.h>
#include <openssl/sha.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "engine/files.h"

namespace freshet::engine {
namespace {

constexpr std::array kUsers{kIngestUser, kQueryUser, kScratchUser};

std::string hex(const unsigned char* bytes, size_t size) {
  std::string out;
  for (size_t i = 0; i < size; ++i) out += fmt::format("{:02x}", bytes[i]);
  return out;
}

Result<std::string> new_password() {
  std::array<unsigned char, 24> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    return fail(ErrorCode::kInternal, "the operating system gives no random numbers");
  }
  return hex(bytes.data(), bytes.size());
}

Result<Users> parse(const std::string& path, const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    return fail(ErrorCode::kCorrupt,
                "{} is not a JSON object of users and passwords; restore it, or remove it while "
                "Freshet is stopped to have new passwords made",
                path);
  }
  Users users;
  for (const auto& [name, value] : json.items()) {
    if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
      return fail(ErrorCode::kCorrupt, "{}: the password of {} is not a text", path, name);
    }
    users.passwords[name] = value.get<std::string>();
  }
  return users;
}

}  // namespace

const std::string& Users::password(const std::string& user) const {
  static const std::string none;
  const auto found = passwords.find(user);
  return found == passwords.end() ? none : found->second;
}

Result<Users> load_or_create_users(const std::string& path) {
  Users users;
  if (auto text = read_whole_file(path)) {
    ASSIGN_OR_RETURN(users, parse(path, *text));
  } else if (text.error().code != ErrorCode::kNotFound) {
    return std::unexpected(text.error());
  }
  bool changed = false;
  for (const char* user : kUsers) {
    if (users.passwords.contains(user)) continue;
    ASSIGN_OR_RETURN(users.passwords[user], new_password());
    changed = true;
  }
  if (changed) RETURN_IF_ERROR(write_private_file(path, nlohmann::json(users.passwords).dump(2) + "\n"));
  return users;
}

std::string sha256_hex(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return hex(digest.data(), digest.size());
}

}  // namespace freshet::engine
