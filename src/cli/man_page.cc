#include "cli/man_page.h"

#include <CLI/CLI.hpp>
#include <vector>

#include "base/strings.h"
#include "cli/help_format.h"
#include "cli/program.h"
#include "cli/terminal.h"

namespace freshet::cli {
namespace {

/// The character of UTF-8 that begins at `at`, as roff names it: "\\[u2026]"; `at` comes to stand on its last byte.
std::string named_character(std::string_view text, size_t& at) {
  const auto first = static_cast<unsigned char>(text[at]);
  const size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
  uint32_t code = first & (0x3fU >> more);
  for (size_t i = 0; i < more && at + 1 < text.size(); ++i)
    code = code << 6 | (static_cast<unsigned char>(text[++at]) & 0x3fU);
  return fmt::format("\\[u{:04X}]", code);
}

/// Text as roff reads it: backslashes and hyphens are themselves, no line begins with a request.
std::string escaped(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (static_cast<unsigned char>(c) >= 0x80) {
      out += named_character(text, at);
    } else if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'') {
      out += "\\(aq";
    } else if (c == '.' && (out.empty() || out.back() == '\n')) {
      out += "\\&.";
    } else {
      out += c;
    }
  }
  return out;
}

/// "\-\-rate \fIN\fR": the names, then what the value is called. Ranges and choices stand in the description.
std::string option_title(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("\\fB\\-" + escaped(name) + "\\fR");
  for (const std::string& name : option.get_lnames()) names.push_back("\\fB\\-\\-" + escaped(name) + "\\fR");
  const std::string type = value_name(option);
  std::string title =
      names.empty() ? "\\fI" + escaped(option.get_name()) + "\\fR" : fmt::format("{}", fmt::join(names, ", "));
  if (!names.empty() && option.get_items_expected_max() > 0 && !type.empty()) title += " \\fI" + escaped(type) + "\\fR";
  return title;
}

std::string option_text(const CLI::Option& option) {
  std::string text = escaped(option.get_description());
  if (!option.get_default_str().empty()) text += " (default: " + escaped(option.get_default_str()) + ")";
  return fmt::format(".TP\n{}\n{}\n", option_title(option), text);
}

/// Positionals first, as `--help` has them.
std::string options_of(const CLI::App& app) {
  std::string out;
  for (const bool positional : {true, false}) {
    for (const CLI::Option* option : app.get_options()) {
      const bool is_help = option->check_lname("help") && app.get_parent() != nullptr;
      if (option->get_positional() == positional && !option->get_group().empty() && !is_help)
        out += option_text(*option);
    }
  }
  return out;
}

std::string synopsis_of(const CLI::App& app, const std::string& path) {
  std::string out = "\\fBfreshet " + escaped(path) + "\\fR";
  bool options = false;
  for (const CLI::Option* option : app.get_options()) {
    options = options || (!option->get_positional() && !option->check_lname("help") && !option->get_group().empty());
  }
  if (options) out += " [\\fIOPTIONS\\fR]";
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) continue;
    const std::string name = "\\fI" + escaped(option->get_name()) + "\\fR";
    out += option->get_required() ? " " + name : " [" + name + "]";
  }
  return out;
}

std::vector<const CLI::App*> verbs_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* verb) { return !verb->get_group().empty(); });
}

/// A verb; of a noun, each of its verbs.
std::string verb_text(const CLI::App& app, const std::string& path) {
  const std::vector<const CLI::App*> verbs = verbs_of(app);
  std::string out = fmt::format(".SS {}\n{}.\n", escaped(path), escaped(app.get_description()));
  if (verbs.empty())
    out = fmt::format(".SS {}\n{}\n.PP\n{}.\n", escaped(path), synopsis_of(app, path), escaped(app.get_description()));
  out += options_of(app);
  const std::string footer = app.get_footer();
  const bool inherited = app.get_parent() != nullptr && app.get_parent()->get_footer() == footer;
  if (!footer.empty() && !inherited) out += ".PP\n.nf\n" + escaped(footer) + "\n.fi\n";
  for (const CLI::App* verb : verbs) out += verb_text(*verb, path + " " + verb->get_name());
  return out;
}

constexpr const char* kEnd = R"(.SH EXIT STATUS
0: well. 1: an error. 2: something to do, or a command line that is not understood. 3: degraded.
.SH FILES
.TP
\fIfreshet.yaml\fR, \fIstreams/*.yaml\fR, \fIviews/*.sql\fR
The project: what \fBfreshet init\fR writes. docs/project.md explains every key.
.TP
\fIdata/\fR
What \fBfreshet up\fR keeps: the log, ClickHouse's files, passwords.
.TP
\fIdata/run.json\fR
Where a running \fBfreshet up\fR listens.
.SH DIAGNOSTICS
Every error begins with a code, like FR0301. docs/errors.md says what each means and what to do.
.SH SEE ALSO
.BR clickhouse (1),
.BR kcat (1)
)";

}  // namespace

std::string man_page(const CLI::App& app) {
  std::string out =
      ".TH FRESHET 1 \"\" \"freshet " FRESHET_VERSION
      "\" \"User Commands\"\n.SH NAME\nfreshet \\- events in over the Kafka protocol, live aggregates in ClickHouse\n"
      ".SH SYNOPSIS\n\\fBfreshet\\fR [\\fB\\-C\\fR \\fIDIR\\fR] [\\fB\\-\\-json\\fR] \\fIVERB\\fR [\\fIARGUMENTS\\fR]\n"
      ".SH DESCRIPTION\nOne program: a log that speaks the Kafka protocol, an ingester that writes every event into "
      "ClickHouse exactly once, materialized views, and the verbs below.\n.PP\n.nf\n";
  out +=
      escaped(app.get_footer()) + "\n.fi\n.SH OPTIONS\nBefore or after the verb.\n" + options_of(app) + ".SH VERBS\n";
  for (const CLI::App* verb : verbs_of(app)) out += verb_text(*verb, verb->get_name());
  return out + kEnd;
}

/// Hidden: the build makes freshet.1 with it.
void add_man_page(CLI::App& app, Context& context) {
  CLI::App* verb = app.add_subcommand("__man", "print the man page")->group("");
  verb->callback([&app, &context] {
    context.action = [&app]() -> Result<int> {
      print_out(man_page(app));
      return kWell;
    };
  });
}

}  // namespace freshet::cli
