#include "cli/program.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <vector>

#include "cli/help_format.h"
#include "cli/usage_error.h"

namespace freshet::cli {
namespace {

constexpr const char* kFooter =
    "Examples:\n"
    "  freshet init shop && cd shop && freshet up     a new project, and start it\n"
    "  freshet produce events --generate --rate 1000  a demo producer (in another terminal)\n"
    "  freshet status                                 how it goes, in one sentence first\n"
    "  freshet sql 'SELECT * FROM events_minute'      the aggregates\n"
    "Exit codes: 0 well, 1 error, 2 something to do, 3 degraded. Error codes are explained in docs/errors.md.";

}  // namespace

void print_error(const Error& error) { fmt::print(stderr, "error: {}\n", error.to_string()); }

int run(int argc, char** argv) {
  Context context;
  CLI::App app{"Freshet: events in over the Kafka protocol, live aggregates in ClickHouse."};
  app.name("freshet");
  app.footer(kFooter);
  app.set_help_flag("-h,--help", "print this help");
  app.set_version_flag("--version", std::string("freshet " FRESHET_VERSION), "print the version of Freshet");
  app.add_option("-C,--folder", context.folder, "the project folder; here without it")->type_name("DIR");
  app.add_flag("--json", context.json, "print JSON instead of text and tables");
  app.formatter(help_formatter());
  app.require_subcommand(1);
  app.fallthrough();
  add_init(app, context);
  add_up(app, context);
  add_status(app, context);
  add_sql(app, context);
  add_produce(app, context);
  add_consume(app, context);
  add_topics(app, context);
  add_streams(app, context);
  add_version(app, context);
  add_completion(app, context);
  add_man_page(app, context);

  const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    const std::string wrong = unknown_verb(app, arguments);
    if (wrong.empty()) return app.exit(success);
    print_error({ErrorCode::kUsage, wrong, {}, 0, 0});
    return kToDo;
  } catch (const CLI::ParseError& error) {
    if (argc < 2) {
      fmt::print("{}", app.help());
      return kToDo;
    }
    print_error({ErrorCode::kUsage, usage_sentence(app, error, arguments), {}, 0, 0});
    return kToDo;
  }
  const Result<int> code = context.action();
  if (code) return *code;
  print_error(code.error());
  return code.error().code == ErrorCode::kUsage ? kToDo : kFailed;
}

}  // namespace freshet::cli
