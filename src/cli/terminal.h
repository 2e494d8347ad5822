#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What goes to people's eyes: tables, numbers, and whether somebody looks.
namespace freshet::cli {

bool stdout_is_terminal();
bool stderr_is_terminal();
bool stdin_is_terminal();

/// Everything to stdout at once. False when the reader is gone (`freshet … | head`).
bool print_out(std::string_view text);

/// "1,234,567"
std::string with_commas(int64_t number);

/// Columns aligned by width; numbers to the right. The first row is the header. Lines end with '\n'.
std::string table(const std::vector<std::vector<std::string>>& rows);

}  // namespace freshet::cli
