#include "cli/streams.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/strings.h"
#include "cli/program.h"
#include "cli/terminal.h"
#include "project/project.h"

namespace freshet::cli {
namespace {

using nlohmann::ordered_json;

Result<project::Project> load_project(const Context& context) {
  auto project = project::load(context.folder);
  if (!project) return std::unexpected(all_but_first_printed(std::move(project).error()));
  return std::move(*project);
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

Result<int> run_list(const Context& context) {
  ASSIGN_OR_RETURN(const project::Project project, load_project(context));
  ordered_json json = ordered_json::array();
  std::vector<std::vector<std::string>> rows = {{"stream", "topic", "partitions", "columns", "time", "order_by"}};
  for (const project::Stream& stream : project.streams) {
    rows.push_back({stream.name, stream.topic, fmt::format("{}", stream.partitions),
                    fmt::format("{}", stream.columns.size()), or_dash(stream.time),
                    fmt::format("{}", fmt::join(stream.order_by, ", "))});
    json.push_back({{"name", stream.name},
                    {"topic", stream.topic},
                    {"partitions", stream.partitions},
                    {"columns", stream.columns.size()},
                    {"time", stream.time},
                    {"order_by", stream.order_by}});
  }
  print_out(context.json ? json.dump(2) + "\n" : project.streams.empty() ? "no streams yet\n" : table(rows));
  return kWell;
}

Result<int> run_show(const Context& context, const std::string& name) {
  ASSIGN_OR_RETURN(const project::Project project, load_project(context));
  const auto found = std::ranges::find(project.streams, name, &project::Stream::name);
  if (found == project.streams.end()) {
    std::vector<std::string> names;
    for (const project::Stream& stream : project.streams) names.push_back(stream.name);
    const std::string meant = nearest(name, names);
    return fail(ErrorCode::kUsage, "there is no stream '{}'{}; `freshet streams list` shows all", name,
                meant.empty() ? "" : fmt::format(", did you mean '{}'?", meant));
  }
  const project::Stream& stream = *found;
  if (context.json) {
    ordered_json json = {{"name", stream.name},
                         {"file", stream.file},
                         {"topic", stream.topic},
                         {"partitions", stream.partitions},
                         {"format", stream.format},
                         {"columns", ordered_json::array()},
                         {"time", stream.time},
                         {"order_by", stream.order_by},
                         {"partition_by", stream.partition_by}};
    for (const project::Column& column : stream.columns)
      json["columns"].push_back({{"name", column.name}, {"type", column.type}});
    print_out(json.dump(2) + "\n");
    return kWell;
  }
  std::vector<std::vector<std::string>> rows = {{"column", "type"}};
  for (const project::Column& column : stream.columns) rows.push_back({column.name, column.type});
  print_out(fmt::format("stream {} ({}): topic {}, {} partitions; time {}; sorted by {}; partitioned by {}\n{}",
                        stream.name, stream.file, stream.topic, stream.partitions, or_dash(stream.time),
                        fmt::join(stream.order_by, ", "), or_dash(stream.partition_by), table(rows)));
  return kWell;
}

}  // namespace

Error all_but_first_printed(std::vector<Error> errors) {
  for (size_t i = 1; i < errors.size(); ++i) print_error(errors[i]);
  return std::move(errors.front());
}

void add_streams(CLI::App& app, Context& context) {
  CLI::App* noun = app.add_subcommand("streams", "propose, check, list and show streams");
  noun->footer(
      "Examples:\n  freshet streams infer clicks --views\n  freshet streams check new.jsonl --stream events\n  freshet "
      "streams list");
  noun->require_subcommand(1);
  add_streams_infer(*noun, context);
  add_streams_check(*noun, context);
  CLI::App* list = noun->add_subcommand("list", "the streams of this project");
  list->footer("Examples:\n  freshet streams list\n  freshet --json streams list");
  list->callback([&context] { context.action = [&context] { return run_list(context); }; });
  auto name = std::make_shared<std::string>();
  CLI::App* show = noun->add_subcommand("show", "a stream as it is declared");
  show->add_option("STREAM", *name, "its name")->required();
  show->footer("Example:\n  freshet streams show events");
  show->callback([&context, name] { context.action = [&context, name] { return run_show(context, *name); }; });
}

}  // namespace freshet::cli
