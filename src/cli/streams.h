#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "infer/check.h"

namespace CLI {
class App;
}

/// What the verbs of `freshet streams` share.
namespace freshet::cli {

struct Context;

/// Each adds its verb to the noun `streams`.
void add_streams_infer(CLI::App& noun, Context& context);
void add_streams_check(CLI::App& noun, Context& context);

/// All on stderr but the first, which is returned: run() prints it.
Error all_but_first_printed(std::vector<Error> errors);

/// Dead letters as lines for people, with their examples; empty when there are none.
std::string dead_letters_text(const infer::CheckReport& report);

}  // namespace freshet::cli
