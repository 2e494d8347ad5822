#include <CLI/CLI.hpp>
#include <memory>

#include "cli/init.h"
#include "cli/program.h"
#include "cli/terminal.h"

namespace freshet::cli {
namespace {

Result<int> run_init(const Context& context, InitOptions options) {
  if (context.folder != "." && !options.folder.starts_with('/')) options.folder = context.folder + "/" + options.folder;
  RETURN_IF_ERROR(init_project(options));
  if (context.json) {
    print_out(fmt::format("{{\"folder\": \"{}\", \"template\": \"{}\"}}\n", options.folder, options.template_name));
    return kWell;
  }
  print_out(fmt::format("{0}/ is a project of the template '{1}'. Start it:\n  freshet -C {0} up\n", options.folder,
                        options.template_name));
  return kWell;
}

}  // namespace

void add_init(CLI::App& app, Context& context) {
  auto options = std::make_shared<InitOptions>();
  CLI::App* verb = app.add_subcommand("init", "make a project folder from a template");
  verb->footer("Examples:\n  freshet init shop\n  freshet init --template sre-errors errors");
  verb->add_option("DIR", options->folder, "the new folder; its name becomes the project's")->required();
  verb->add_option("--template", options->template_name, fmt::format("one of: {}", fmt::join(template_names(), ", ")))
      ->type_name("NAME");
  verb->add_option("--name", options->name, "the project's name, if not the folder's")->type_name("NAME");
  verb->add_option("--producer", options->producers, "example producers to write: python, go, node, cpp")
      ->delimiter(',')
      ->type_name("LANGUAGE");
  verb->callback([&context, options] { context.action = [&context, options] { return run_init(context, *options); }; });
}

}  // namespace freshet::cli
