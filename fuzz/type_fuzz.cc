// Types as users write them: whatever is accepted is written so that it is read again as the same type.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "schema/type.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto type = freshet::schema::parse_type({reinterpret_cast<const char*>(data), size});
  if (!type) return 0;
  const auto again = freshet::schema::parse_type(type->to_string());
  if (!again || *again != *type) std::abort();
  return 0;
}
