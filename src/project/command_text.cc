#include "project/command_text.h"

#include <algorithm>

namespace freshet::project {
namespace {

bool is_plain(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80 || c == '/' ||
         c == '.' || c == '-' || c == '_';
}

std::string shell_word(const std::string& text) {
  if (!text.empty() &&
      std::all_of(text.begin(), text.end(), [](char c) { return is_plain(static_cast<unsigned char>(c)); }))
    return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

std::string command_for(const std::string& folder) {
  return folder == "." ? "freshet" : "freshet -C " + shell_word(folder);
}

}  // namespace freshet::project
