#include <CLI/CLI.hpp>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/strings.h"
#include "cli/program.h"
#include "cli/run_info.h"
#include "cli/sample.h"
#include "cli/streams.h"
#include "cli/terminal.h"
#include "infer/names.h"
#include "project/parse_stream.h"
#include "project/project.h"

namespace freshet::cli {
namespace {

using nlohmann::ordered_json;

constexpr int64_t kTopicLimit = 10'000;
constexpr size_t kShownUnknown = 20;

struct CheckOptions {
  std::string file;
  std::string topic;
  std::string stream;
  std::string stream_file;
  std::string broker;
  int64_t limit = -1;  ///< -1: all of a file, kTopicLimit of a topic
};

std::vector<std::string> names_of(const std::vector<project::Stream>& streams) {
  std::vector<std::string> names;
  for (const project::Stream& stream : streams) names.push_back(stream.name);
  return names;
}

Result<project::Stream> read_stream_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::kNotFound, "cannot open '{}'", path);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  auto stream = project::parse_stream("stream", path, text);
  if (!stream) return std::unexpected(all_but_first_printed(std::move(stream).error()));
  return std::move(*stream);
}

/// The declaration to check against: the file or stream that is named, the one that reads the topic, or the only one.
Result<project::Stream> chosen_stream(const Context& context, const CheckOptions& options) {
  if (!options.stream_file.empty()) return read_stream_file(options.stream_file);
  auto project = project::load(context.folder);
  if (!project) return std::unexpected(all_but_first_printed(std::move(project).error()));
  for (project::Stream& stream : project->streams) {
    const bool wanted = !options.stream.empty()  ? stream.name == options.stream
                        : !options.topic.empty() ? stream.topic == options.topic
                                                 : project->streams.size() == 1;
    if (wanted) return std::move(stream);
  }
  const std::vector<std::string> names = names_of(project->streams);
  if (names.empty())
    return fail(ErrorCode::kUsage, "this project has no stream: name a declaration with --stream-file");
  if (!options.stream.empty()) {
    const std::string meant = nearest(options.stream, names);
    return fail(ErrorCode::kUsage, "there is no stream '{}'{}; the streams are {}", options.stream,
                meant.empty() ? "" : fmt::format(", did you mean '{}'?", meant), fmt::join(names, ", "));
  }
  return fail(ErrorCode::kUsage, "{}: say by --stream which one to check against, of {}",
              options.topic.empty() ? "there are several streams" : "no stream reads topic " + options.topic,
              fmt::join(names, ", "));
}

std::string counted(uint64_t count, std::string_view thing) {
  return fmt::format("{} {}{}", infer::grouped(count), thing, count == 1 ? "" : "s");
}

std::string unknown_text(const infer::CheckReport& report) {
  if (report.unknown_count == 0) return {};
  std::string out = fmt::format("\n{} that no column takes, ignored:\n", counted(report.unknown_count, "field"));
  std::vector<std::vector<std::string>> rows = {{"count", "field"}};
  uint64_t named = 0;
  for (const infer::UnknownField& field : report.unknown_fields) {
    if (rows.size() > kShownUnknown) break;
    rows.push_back({infer::grouped(field.count), infer::shown_text(field.name, 100)});
    named += field.count;
  }
  if (named < report.unknown_count) rows.push_back({infer::grouped(report.unknown_count - named), "of other names"});
  return out + table(rows);
}

std::string as_text(const infer::CheckReport& report, const std::string& source, const project::Stream& stream) {
  std::string out = fmt::format("{} of {} under {}: {}, {}\n", counted(report.records, "record"), source, stream.file,
                                counted(report.rows, "row"), counted(report.dead(), "dead letter"));
  if (report.dead() > 0) out += "\n" + dead_letters_text(report);
  out += unknown_text(report);
  if (report.null_defaults > 0)
    out += fmt::format("\n{} in a column that is not Nullable: its default\n", counted(report.null_defaults, "null"));
  return out;
}

std::string as_json(const infer::CheckReport& report, const std::string& source, const project::Stream& stream) {
  ordered_json out = {{"source", source},
                      {"declaration", stream.file},
                      {"records", report.records},
                      {"rows", report.rows},
                      {"dead_letters", report.dead()},
                      {"causes", ordered_json::array()},
                      {"other_causes", report.other_causes},
                      {"unknown_fields", ordered_json::array()},
                      {"unknown_count", report.unknown_count},
                      {"null_defaults", report.null_defaults}};
  for (const infer::DeadLetters& dead : report.dead_letters) {
    ordered_json cause = {
        {"field", dead.field}, {"why", dead.why}, {"count", dead.count}, {"examples", ordered_json::array()}};
    for (const auto& example : dead.examples)
      cause["examples"].push_back({{"place", example.place}, {"message", example.message}});
    out["causes"].push_back(std::move(cause));
  }
  for (const infer::UnknownField& field : report.unknown_fields)
    out["unknown_fields"].push_back({{"name", field.name}, {"count", field.count}});
  return out.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

Result<void> feed(const Context& context, const CheckOptions& options, infer::Checker& checker) {
  const RecordVisitor visit = [&checker](const SampledRecord& record) {
    checker.add(record.value, record.place);
    return true;
  };
  if (options.topic.empty()) {
    RETURN_IF_ERROR(visit_lines(options.file, std::max<int64_t>(options.limit, 0), visit));
    return {};
  }
  std::string broker = options.broker;
  if (broker.empty()) {
    ASSIGN_OR_RETURN(const RunInfo info, find_running(context.folder));
    broker = info.kafka;
  }
  RETURN_IF_ERROR(visit_topic(broker, options.topic, options.limit < 0 ? kTopicLimit : options.limit, visit));
  return {};
}

Result<int> run_check(const Context& context, const CheckOptions& options) {
  if (options.file.empty() == options.topic.empty())
    return fail(ErrorCode::kUsage,
                "name a FILE of JSON lines (-: standard input) or a topic with --topic, one of them");
  ASSIGN_OR_RETURN(const project::Stream stream, chosen_stream(context, options));
  ASSIGN_OR_RETURN(infer::Checker checker, infer::Checker::make(stream));
  RETURN_IF_ERROR(feed(context, options, checker));
  const infer::CheckReport report = checker.report();
  const std::string source = !options.topic.empty() ? "topic " + options.topic
                             : options.file == "-"  ? "standard input"
                                                    : options.file;
  print_out(context.json ? as_json(report, source, stream) : as_text(report, source, stream));
  return report.dead() == 0 ? kWell : kToDo;
}

}  // namespace

std::string dead_letters_text(const infer::CheckReport& report) {
  if (report.dead() == 0) return {};
  std::vector<std::vector<std::string>> rows = {{"count", "field", "the first one", "where"}};
  for (const infer::DeadLetters& dead : report.dead_letters) {
    std::vector<std::string> places;
    for (const auto& example : dead.examples) places.push_back(example.place);
    rows.push_back({infer::grouped(dead.count), dead.field.empty() ? "-" : infer::shown_text(dead.field, 64),
                    infer::shown_text(dead.examples.front().message, 160),
                    fmt::format("{}{}", fmt::join(places, ", "), dead.count > places.size() ? ", …" : "")});
  }
  if (report.other_causes > 0) rows.push_back({infer::grouped(report.other_causes), "-", "other causes", ""});
  return table(rows);
}

void add_streams_check(CLI::App& noun, Context& context) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* verb = noun.add_subcommand("check", "which records would become dead letters, by which field and why");
  verb->footer(
      "Examples:\n"
      "  freshet streams check new.jsonl --stream events           before a producer sends them\n"
      "  freshet streams check new.jsonl --stream-file draft.yaml  before a declaration is used\n"
      "  freshet streams check --topic events                      10,000 records, spread over the whole topic\n"
      "Exit code 0 when all become rows, 2 otherwise. The decoder is the one that ingestion uses (docs/types.md).");
  verb->add_option("FILE", options->file, "JSON objects, one a line; -: standard input");
  verb->add_option("--topic", options->topic, "records of this topic of the running project instead")
      ->type_name("TOPIC");
  CLI::Option* stream =
      verb->add_option("--stream", options->stream, "the stream of the project; needed when there are several")
          ->type_name("NAME");
  verb->add_option("--stream-file", options->stream_file, "a declaration anywhere")
      ->type_name("FILE")
      ->excludes(stream);
  verb->add_option("--limit", options->limit, "at most so many records, spread over all there are; 0: all of them")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  verb->add_option("--broker", options->broker, "the topic lies at another broker than the project's")
      ->type_name("HOST:PORT");
  verb->callback(
      [&context, options] { context.action = [&context, options] { return run_check(context, *options); }; });
}

}  // namespace freshet::cli
