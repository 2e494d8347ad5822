#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "columns/fixed_column.h"

namespace freshet::decode {

/// 8-4-4-4-12 or 32 digits, in either case, also in braces or behind "urn:uuid:". As ClickHouse keeps it.
std::optional<columns::Bytes16> parse_uuid(std::string_view text);
/// "192.0.2.1", in host order.
std::optional<uint32_t> parse_ipv4(std::string_view text);
/// RFC 4291; an IPv4 address is mapped (::ffff:192.0.2.1), as ClickHouse does it.
std::optional<columns::Bytes16> parse_ipv6(std::string_view text);

}  // namespace freshet::decode
