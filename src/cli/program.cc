#include "cli/program.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <vector>

#include "base/strings.h"

namespace freshet::cli {
namespace {

constexpr const char* kFooter =
    "Examples:\n"
    "  freshet init shop && cd shop && freshet up     a new project, and start it\n"
    "  freshet produce events --generate --rate 1000  a demo producer (in another terminal)\n"
    "  freshet status                                 how it goes, in one sentence first\n"
    "  freshet sql 'SELECT * FROM events_minute'      the aggregates\n"
    "Exit codes: 0 well, 1 error, 2 something to do, 3 degraded. Error codes are explained in docs/errors.md.";

/// CLI11's texts for what users get wrong most, with the nearest right name added.
std::string explain(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  std::string text = error.what();
  std::vector<std::string> verbs;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; }))
    verbs.push_back(verb->get_name());
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "-C") {
      ++i;
      continue;
    }
    if (word.starts_with('-')) continue;
    if (std::find(verbs.begin(), verbs.end(), word) != verbs.end()) break;
    const std::string meant = nearest(word, verbs);
    return fmt::format("there is no verb '{}'{}; `freshet --help` lists them", word,
                       meant.empty() ? "" : fmt::format(", did you mean '{}'?", meant));
  }
  while (text.ends_with('\n')) text.pop_back();
  return text + "; --help shows what is possible";
}

}  // namespace

void print_error(const Error& error) { fmt::print(stderr, "error: {}\n", error.to_string()); }

int run(int argc, char** argv) {
  Context context;
  CLI::App app{"Freshet: events in over the Kafka protocol, live aggregates in ClickHouse."};
  app.name("freshet");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("freshet " FRESHET_VERSION));
  app.add_option("-C,--folder", context.folder, "the project folder")->type_name("DIR");
  app.add_flag("--json", context.json, "print JSON");
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

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    if (argc < 2) {
      fmt::print("{}", app.help());
      return kToDo;
    }
    print_error({ErrorCode::kUsage, explain(app, error, argc, argv), {}, 0, 0});
    return kToDo;
  }
  const Result<int> code = context.action();
  if (code) return *code;
  print_error(code.error());
  return code.error().code == ErrorCode::kUsage ? kToDo : kFailed;
}

}  // namespace freshet::cli
