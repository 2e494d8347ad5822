#include "app/descriptors.h"

#include <sys/resource.h>

#include "base/log_line.h"

namespace freshet::app {
namespace {
constexpr uint64_t kEnough = 4096;
}

uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur == limit.rlim_max) return limit.rlim_cur;
  const rlimit raised{.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
  return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

void provide_descriptors() {
  const uint64_t limit = raise_descriptor_limit();
  if (limit >= kEnough) return;
  log_warn("up", "the limit of open files is {}: many connections or segments will not fit; raise it (ulimit -n {})",
           limit, kEnough);
}

}  // namespace freshet::app
