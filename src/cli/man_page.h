#pragma once

#include <string>

namespace CLI {
class App;
}

namespace freshet::cli {

/// The man page freshet(1), in the macros of man(7), from the same definitions as `--help`. Verbs without a group are
/// hidden there too.
std::string man_page(const CLI::App& app);

}  // namespace freshet::cli
