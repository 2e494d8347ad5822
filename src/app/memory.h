#pragma once

namespace freshet::app {

/// Large blocks come and go many times a second: the allocator keeps their memory instead of asking the system for
/// zeroed pages each time. Once, before threads start.
void keep_freed_memory();
/// Gives back what is kept. For quiet times.
void return_freed_memory();

}  // namespace freshet::app
