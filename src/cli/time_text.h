#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Points in time as people write them.
namespace freshet::cli {

/// Milliseconds since 1970 of "2026-01-18", "2026-01-18T12:34", "2026-01-18 12:34:56.789", each with "Z", "+02:00" or
/// without a zone, which is UTC. Nothing for any other text.
std::optional<int64_t> parse_time_ms(std::string_view text);

/// "2026-01-18T12:34:56.789Z"; "no time" for negative ones.
std::string time_text(int64_t ms);

}  // namespace freshet::cli
