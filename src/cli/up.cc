#include <CLI/CLI.hpp>
#include <memory>

#include "app/up.h"
#include "cli/event_source.h"
#include "cli/program.h"

namespace freshet::cli {

void add_up(CLI::App& app, Context& context) {
  auto options = std::make_shared<app::UpOptions>();
  auto ports = std::make_shared<std::string>();
  CLI::App* verb = app.add_subcommand("up", "start everything of this project, until Ctrl-C");
  verb->footer(
      "Examples:\n"
      "  freshet up                                 in the project folder\n"
      "  freshet -C shop up --ports free            beside another one; the addresses are in shop/data/run.json\n"
      "  freshet up --ready-file ready.json         for scripts: the file is written once everything answers");
  verb->add_option("--ports", *ports, "free: any free ports instead of those of freshet.yaml")
      ->check(CLI::IsMember({"free"}));
  verb->add_option("--ready-file", options->ready_file, "written once everything answers, with all addresses as JSON")
      ->type_name("FILE");
  verb->callback([&context, options, ports] {
    context.action = [&context, options, ports]() -> Result<int> {
      options->folder = context.folder;
      options->free_ports = *ports == "free";
      options->has_story = [&context](const std::string& topic) { return has_story(context.folder, topic); };
      return app::run_up(*options);
    };
  });
}

}  // namespace freshet::cli
