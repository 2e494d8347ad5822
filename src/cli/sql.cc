#include "cli/sql.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/program.h"
#include "cli/run_info.h"
#include "cli/terminal.h"
#include "clickhouse/client.h"
#include "io/file_system.h"

namespace freshet::cli {
namespace {

constexpr const char* kQueryUser = "freshet_query";
constexpr int kQueryTimeoutMs = 3'600'000;

struct SqlOptions {
  std::string statement;
  std::string file;
  std::string format;
};

Result<std::string> read_stdin() {
  std::string text;
  char buffer[64 << 10];
  while (const size_t got = std::fread(buffer, 1, sizeof buffer, stdin)) text.append(buffer, got);
  if (std::ferror(stdin)) return fail(ErrorCode::kIo, "cannot read the statement from stdin");
  return text;
}

Result<std::string> password_of(const std::string& folder) {
  const std::string path = folder + "/data/users.json";
  ASSIGN_OR_RETURN(const std::string text, io::real_file_system().read_file(path));
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains(kQueryUser) || !json[kQueryUser].is_string()) {
    return fail(ErrorCode::kCorrupt, "'{}' holds no password of {}", path, kQueryUser);
  }
  return json[kQueryUser].get<std::string>();
}

/// The statement of a file. A relative path that leads nowhere from here is looked up in the project's folder, so that
/// `freshet -C shop sql -f queries/recent_inserts.sql` works from anywhere.
Result<std::string> read_statement(const std::string& project_folder, const std::string& file) {
  io::FileSystem& files = io::real_file_system();
  const std::string own = project_folder + "/" + file;
  const bool elsewhere = !file.starts_with('/') && !files.exists(file) && files.exists(own);
  auto text = files.read_file(elsewhere ? own : file);
  if (text && text->find_first_not_of(" \t\r\n") == text->npos) {
    return fail(ErrorCode::kUsage, "'{}' is empty: it should hold one statement", file);
  }
  return text;
}

Result<std::string> statement_of(const Context& context, const SqlOptions& options) {
  if (options.statement.empty() == options.file.empty()) {
    return fail(ErrorCode::kUsage, "name one statement, like `freshet sql 'SELECT 1'`, or one file with --file");
  }
  if (!options.file.empty()) return read_statement(context.folder, options.file);
  return options.statement == "-" ? read_stdin() : Result<std::string>(options.statement);
}

/// The database is the project's name, as it stands in freshet.yaml's first level.
Result<std::string> database_of(const std::string& folder) {
  ASSIGN_OR_RETURN(const std::string text, io::real_file_system().read_file(folder + "/freshet.yaml"));
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line(text.data() + begin, end - begin);
    begin = end + 1;
    if (!line.starts_with("name:")) continue;
    line.remove_prefix(5);
    const size_t first = line.find_first_not_of(" \t\"'");
    if (first == line.npos) break;
    return std::string(line.substr(first, line.find_first_of(" \t\"'#\r", first) - first));
  }
  return fail(ErrorCode::kProjectMissing, "'{}/freshet.yaml' has no name", folder);
}

std::string output_format(const Context& context, const SqlOptions& options) {
  if (!options.format.empty()) return options.format;
  if (context.json) return "JSON";
  return stdout_is_terminal() ? "PrettyCompact" : "TabSeparated";
}

Result<int> run_sql(const Context& context, const SqlOptions& options) {
  ASSIGN_OR_RETURN(const std::string statement, statement_of(context, options));
  ASSIGN_OR_RETURN(const RunInfo info, find_running(context.folder));
  ASSIGN_OR_RETURN(const HostPort address, parse_host_port(info.clickhouse_http));
  ASSIGN_OR_RETURN(const std::string password, password_of(context.folder));
  clickhouse::Query query{.sql = statement};
  ASSIGN_OR_RETURN(query.database, database_of(context.folder));
  query.settings["default_format"] = output_format(context, options);
  query.timeout_ms = kQueryTimeoutMs;
  clickhouse::Client client({address.host, address.port, kQueryUser, password});
  const auto answer = client.run(query);
  if (answer) return print_out(*answer) ? kWell : kFailed;
  Error error = answer.error().to_error();
  const std::string_view sentence = exception_sentence(error.message);
  if (sentence.size() < error.message.size()) error.message = fmt::format("{}\n{}", sentence, error.message);
  return std::unexpected(std::move(error));
}

}  // namespace

std::string_view exception_sentence(std::string_view text) {
  if (const size_t at = text.find("DB::Exception: "); at != text.npos) text.remove_prefix(at + 15);
  // Further "DB::Exception: " prefixes come from forwarded errors.
  while (text.starts_with("DB::Exception: ")) text.remove_prefix(15);
  for (const std::string_view end :
       {std::string_view(" (version "), std::string_view("Stack trace:"), std::string_view("\n")}) {
    text = text.substr(0, text.find(end));
  }
  while (text.ends_with(' ') || text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

void add_sql(CLI::App& app, Context& context) {
  auto options = std::make_shared<SqlOptions>();
  CLI::App* verb = app.add_subcommand("sql", "run one statement in ClickHouse, read only");
  verb->footer(
      "Examples:\n"
      "  freshet sql 'SELECT * FROM events_minute ORDER BY agg_minute DESC LIMIT 10'\n"
      "  freshet sql --format CSVWithNames 'SELECT * FROM events_minute' > minutes.csv\n"
      "  freshet sql --file queries/recent_inserts.sql");
  verb->add_option("STATEMENT", options->statement, "the statement; '-' reads it from stdin");
  verb->add_option("-f,--file", options->file, "a file with the statement, here or in the project's folder")
      ->type_name("FILE");
  verb->add_option("--format", options->format,
                   "any of ClickHouse's output formats; a table on a terminal, else TabSeparated")
      ->type_name("FORMAT");
  verb->callback([&context, options] { context.action = [&context, options] { return run_sql(context, *options); }; });
}

}  // namespace freshet::cli
