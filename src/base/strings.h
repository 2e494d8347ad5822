#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace freshet {

/// The candidate closest to `word` by edit distance, or empty when none is near enough to be meant.
std::string nearest(std::string_view word, std::span<const std::string> candidates);

std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);

/// ClickHouse: `name` in back-quotes when it needs them, and 'text' with what it escapes.
std::string quote_identifier(std::string_view name);
std::string quote_literal(std::string_view text);

/// "20 GiB", "1.5 MiB", "17 B"
std::string human_bytes(uint64_t size_bytes);
/// "340 ms", "12 s", "5 min", "3 h": one significant unit.
std::string human_duration(int64_t duration_ms);

}  // namespace freshet
