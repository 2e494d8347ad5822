#include "decode/parse_words.h"

#include <arpa/inet.h>

#include <cstring>

#include "base/bytes.h"

namespace freshet::decode {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// inet_pton wants a terminated text of a bounded length.
template <size_t Size>
bool to_address(int family, std::string_view text, std::array<unsigned char, Size>& out) {
  char buffer[INET6_ADDRSTRLEN + 1];
  if (text.empty() || text.size() >= sizeof buffer || text.find('\0') != std::string_view::npos) return false;
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  return inet_pton(family, buffer, out.data()) == 1;
}

}  // namespace

std::optional<columns::Bytes16> parse_uuid(std::string_view text) {
  constexpr std::string_view kUrn = "urn:uuid:";
  if (text.starts_with(kUrn)) text.remove_prefix(kUrn.size());
  if (text.size() > 2 && text.front() == '{' && text.back() == '}') text = text.substr(1, text.size() - 2);
  const bool dashes = text.size() == 36;
  if (!dashes && text.size() != 32) return std::nullopt;
  columns::Bytes16 bytes;
  size_t at = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (dashes && (i == 4 || i == 6 || i == 8 || i == 10) && text[at++] != '-') return std::nullopt;
    const int high = hex_digit(text[at]);
    const int low = hex_digit(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[i] = static_cast<unsigned char>(high * 16 + low);
    at += 2;
  }
  return columns::uuid_in_memory(bytes);
}

std::optional<uint32_t> parse_ipv4(std::string_view text) {
  std::array<unsigned char, 4> bytes;
  if (!to_address(AF_INET, text, bytes)) return std::nullopt;
  return load_big<uint32_t>(reinterpret_cast<const char*>(bytes.data()));
}

std::optional<columns::Bytes16> parse_ipv6(std::string_view text) {
  columns::Bytes16 bytes{};
  if (to_address(AF_INET6, text, bytes)) return bytes;
  std::array<unsigned char, 4> mapped;
  if (!to_address(AF_INET, text, mapped)) return std::nullopt;
  bytes[10] = 0xFF;
  bytes[11] = 0xFF;
  std::memcpy(bytes.data() + 12, mapped.data(), mapped.size());
  return bytes;
}

}  // namespace freshet::decode
