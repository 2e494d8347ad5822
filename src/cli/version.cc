#include <CLI/CLI.hpp>

#include "cli/program.h"
#include "cli/terminal.h"
#include "engine/engine.h"

namespace freshet::cli {

void add_version(CLI::App& app, Context& context) {
  CLI::App* verb =
      app.add_subcommand("version", "print the versions of Freshet and of the engine that it was tested with");
  verb->footer("Example:\n  freshet version");
  verb->callback([&context] {
    context.action = [&context]() -> Result<int> {
      print_out(context.json ? fmt::format("{{\"freshet\": \"{}\", \"clickhouse\": \"{}\"}}\n", FRESHET_VERSION,
                                           engine::kTestedVersion)
                             : fmt::format("freshet {} (ClickHouse {})\n", FRESHET_VERSION, engine::kTestedVersion));
      return kWell;
    };
  });
}

}  // namespace freshet::cli
