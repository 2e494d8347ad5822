#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ingest/intent.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto intent = freshet::ingest::parse_intent({reinterpret_cast<const char*>(data), size});
  if (!intent) return 0;
  const auto text = freshet::ingest::encode(*intent);
  if (text && !freshet::ingest::parse_intent(*text)) std::abort();
  return 0;
}
