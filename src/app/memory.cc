#include "app/memory.h"

#include <malloc.h>

namespace freshet::app {
namespace {
constexpr int kKeepBytes = 256 << 20;
}

void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, kKeepBytes);
  mallopt(M_TRIM_THRESHOLD, kKeepBytes);
  mallopt(M_TOP_PAD, 16 << 20);
}

void return_freed_memory() { malloc_trim(0); }

}  // namespace freshet::app
