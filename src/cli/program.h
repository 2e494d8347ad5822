#pragma once

#include <functional>
#include <string>

#include "base/error.h"

namespace CLI {
class App;
}

/// The command line: `freshet [-C DIR] [--json] VERB …`. One file a verb; each adds its sub-command to the App and
/// leaves what it will do in Context::action.
namespace freshet::cli {

enum ExitCode : int { kWell = 0, kFailed = 1, kToDo = 2, kDegraded = 3 };

struct Context {
  std::string folder = ".";             ///< -C: the project folder
  bool json = false;                    ///< --json: one JSON document, or one JSON object a line
  std::function<Result<int>()> action;  ///< of the verb that was named; returns the exit code
};

/// The whole program but the engine's child. Prints errors on stderr as `error: FR0301 …`; returns the exit code.
int run(int argc, char** argv);

void add_init(CLI::App& app, Context& context);
void add_up(CLI::App& app, Context& context);
void add_status(CLI::App& app, Context& context);
void add_sql(CLI::App& app, Context& context);
void add_produce(CLI::App& app, Context& context);
void add_consume(CLI::App& app, Context& context);
void add_topics(CLI::App& app, Context& context);
void add_streams(CLI::App& app, Context& context);
void add_version(CLI::App& app, Context& context);
void add_completion(CLI::App& app, Context& context);
void add_man_page(CLI::App& app, Context& context);

/// "error: FR0003 …" on stderr.
void print_error(const Error& error);

}  // namespace freshet::cli
