#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/init.h"
#include "cli/producers.h"
#include "cli/program.h"
#include "cli/terminal.h"
#include "project/command_text.h"

namespace freshet::cli {
namespace {

/// How a file of the folder is named: "shop/producers/go", and "producers/go" in the folder itself.
std::string path_in(const std::string& folder, const std::string& path) {
  return folder == "." ? path : fmt::format("{}{}{}", folder, folder.ends_with('/') ? "" : "/", path);
}

void print_producers(const InitOptions& options) {
  for (const std::string& language : options.producers) {
    print_out(
        fmt::format("{} is a producer to copy: see its README.md\n", path_in(options.folder, "producers/" + language)));
  }
}

/// In a folder that is a project: its producers only, nothing else is touched.
Result<int> add_producers(const Context& context, const InitOptions& options, bool new_project_named) {
  if (new_project_named) {
    return fail(ErrorCode::kUsage, "'{}' is a project already: --template and --name are for a new one",
                options.folder);
  }
  RETURN_IF_ERROR(write_producers(options.folder, options.producers));
  if (context.json)
    print_out(nlohmann::ordered_json{{"folder", options.folder}, {"producers", options.producers}}.dump() + "\n");
  else
    print_producers(options);
  return kWell;
}

Result<int> run_init(const Context& context, InitOptions options, bool new_project_named) {
  if (context.folder != "." && !options.folder.starts_with('/')) options.folder = context.folder + "/" + options.folder;
  if (!options.producers.empty() && is_project(options.folder))
    return add_producers(context, options, new_project_named);
  RETURN_IF_ERROR(init_project(options));
  if (context.json) {
    nlohmann::ordered_json made = {{"folder", options.folder}, {"template", options.template_name}};
    if (!options.producers.empty()) made["producers"] = options.producers;
    print_out(made.dump() + "\n");
    return kWell;
  }
  print_out(fmt::format("{0}/ is a project of the template '{1}'. Start it:\n  {2} up\n", options.folder,
                        options.template_name, project::command_for(options.folder)));
  print_producers(options);
  return kWell;
}

}  // namespace

void add_init(CLI::App& app, Context& context) {
  auto options = std::make_shared<InitOptions>();
  CLI::App* verb = app.add_subcommand("init", "make a project folder from a template");
  verb->footer(
      "Examples:\n"
      "  freshet init shop\n"
      "  freshet init --template sre-errors errors\n"
      "  freshet init --producer python,go shop    with example producers; in a project that exists: adds only these");
  verb->add_option("DIR", options->folder, "the new folder; its name becomes the project's")->required();
  verb->add_option("--template", options->template_name,
                   fmt::format("one of: {}; telemetry without it", fmt::join(template_names(), ", ")))
      ->type_name("NAME");
  verb->add_option("--name", options->name, "the project's name, if not the folder's")->type_name("NAME");
  verb->add_option("--producer", options->producers,
                   fmt::format("example producers to write: {}", fmt::join(producer_languages(), ", ")))
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("LANGUAGE");
  verb->callback([&context, options, verb] {
    context.action = [&context, options, verb] {
      return run_init(context, *options, verb->count("--template") + verb->count("--name") > 0);
    };
  });
}

}  // namespace freshet::cli
