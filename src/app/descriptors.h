#pragma once

#include <cstdint>

namespace freshet::app {

/// Sockets, log segments and the engine's pipes are descriptors, and shells give a program 1,024: raises the soft limit
/// (RLIMIT_NOFILE) to the hard one. Returns the limit that holds now. Children inherit it.
uint64_t raise_descriptor_limit();

/// What run_up() does at its start: raises, and warns when what there is will not do for many clients.
void provide_descriptors();

}  // namespace freshet::app
