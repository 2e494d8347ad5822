// Whatever lies in a deduplication log: no crash, and what the repair returns is in order for the next one.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "engine/token_repair.h"

/// Input: part names, one a line, an empty line, then the log.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t gap = input.find("\n\n");
  if (gap == std::string_view::npos) return 0;
  std::vector<std::string> parts;
  for (const std::string_view name : freshet::split(input.substr(0, gap), '\n')) parts.emplace_back(name);
  const std::string_view log = input.substr(gap + 2);

  const auto repaired = freshet::engine::repair_log({log}, parts);
  const std::string readable = freshet::engine::readable_lines(log);
  const auto salvaged = freshet::engine::repair_log({readable}, parts);
  if (!salvaged || salvaged->torn) std::abort();
  if (!repaired) return 0;
  if (repaired->text.size() < log.size() && !repaired->torn) std::abort();
  const auto again = freshet::engine::repair_log({repaired->text}, parts);
  if (!again || again->text != repaired->text || again->struck_out != 0 || again->torn) std::abort();
  return 0;
}
