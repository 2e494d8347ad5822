#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/output_file.h"
#include "cli/program.h"
#include "cli/run_info.h"
#include "cli/sample.h"
#include "cli/streams.h"
#include "cli/terminal.h"
#include "infer/names.h"
#include "infer/proposal.h"
#include "project/names.h"
#include "project/parse_stream.h"
#include "project/project.h"

namespace freshet::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

/// Of the sample's values together: they are kept until the proposal has been tried on them.
constexpr size_t kMaxSampleBytes = size_t{64} << 20;

struct InferOptions {
  std::string source;
  std::string name;
  std::string out;
  std::string broker;
  int64_t limit = 10'000;
  bool views = false;
  bool force = false;
};

struct Output {
  std::string path;
  std::string text;
};

struct Sample {
  bool is_topic = false;
  std::string topic;
  int32_t partitions = 4;
  std::string origin;
  infer::Observer observer;
  std::vector<std::pair<std::optional<std::string>, std::string>> values;  ///< and their places
  size_t bytes = 0;
};

/// Where the records come from. What looks like a path is a file; a plain name (`clicks`) is a topic, unless there is a
/// file of the name and no such topic. A folder is never meant.
Result<bool> is_topic(const Context& context, const InferOptions& options) {
  const std::string& source = options.source;
  if (!options.broker.empty()) return true;
  if (source == "-" || source.find('/') != source.npos) return false;
  const bool named_like_a_file = source.ends_with(".json") || source.ends_with(".jsonl") || source.ends_with(".ndjson");
  std::error_code error;
  const bool exists = fs::exists(source, error) && !fs::is_directory(source, error);
  if (named_like_a_file || !exists) return !named_like_a_file;
  if (source.find('.') != source.npos) return false;
  const auto running = find_running(context.folder);
  if (!running) return false;
  return has_topic(running->kafka, source);
}

std::string file_stem(const std::string& path) { return path == "-" ? "events" : fs::path(path).stem().string(); }

Result<void> read_sample(const Context& context, const InferOptions& options, Sample& sample) {
  const RecordVisitor visit = [&sample](const SampledRecord& record) {
    sample.observer.add({.value = record.value, .key = record.key, .timestamp_ms = record.timestamp_ms});
    sample.values.emplace_back(record.value, record.place);
    sample.bytes += record.value ? record.value->size() : 0;
    return sample.bytes < kMaxSampleBytes;
  };
  ASSIGN_OR_RETURN(sample.is_topic, is_topic(context, options));
  SampleFacts facts;
  if (sample.is_topic) {
    std::string broker = options.broker;
    if (broker.empty()) {
      ASSIGN_OR_RETURN(const RunInfo info, find_running(context.folder));
      broker = info.kafka;
    }
    ASSIGN_OR_RETURN(facts, visit_topic(broker, options.source, options.limit, visit));
    sample.topic = options.source;
    sample.partitions = std::min(facts.partitions, project::kMaxPartitions);
  } else {
    ASSIGN_OR_RETURN(facts, visit_lines(options.source, options.limit, visit));
  }
  const std::string what = sample.is_topic         ? "topic " + options.source
                           : options.source == "-" ? "standard input"
                                                   : "file " + fs::path(options.source).filename().string();
  const std::string of = facts.available > facts.visited ? fmt::format("of {} in {}, from its beginning to its end",
                                                                       infer::grouped(facts.available), what)
                                                         : "of " + what;
  sample.origin = fmt::format("{} record{} {}{}", infer::grouped(facts.visited), facts.visited == 1 ? "" : "s", of,
                              sample.bytes >= kMaxSampleBytes ? ", cut off at 64 MiB" : "");
  return {};
}

Result<infer::Proposal> propose(const InferOptions& options, const Sample& sample) {
  infer::ProposeOptions wanted;
  wanted.name = !options.name.empty()
                    ? options.name
                    : project::sanitized_name(sample.is_topic ? sample.topic : file_stem(options.source));
  if (const auto fault = project::name_fault(wanted.name))
    return fail(ErrorCode::kUsage, "the stream's name '{}' {}", wanted.name, *fault);
  wanted.topic = sample.is_topic ? sample.topic : wanted.name;
  wanted.partitions = sample.partitions;
  wanted.origin = sample.origin;
  ASSIGN_OR_RETURN(infer::Proposal proposal, infer::propose(sample.observer, wanted));
  // The proposal is tried before anybody sees it: by the project's checker, then by the decoder on the sample.
  const auto stream =
      project::parse_stream(wanted.name, "streams/" + wanted.name + ".yaml", infer::stream_text(proposal));
  if (!stream) return std::unexpected(all_but_first_printed(stream.error()));
  ASSIGN_OR_RETURN(infer::Checker checker, infer::Checker::make(*stream));
  for (const auto& [value, place] : sample.values) checker.add(value, place);
  proposal.check = checker.report();
  return proposal;
}

/// What the project already has under these names; a file that is to be written is checked where it is written.
Result<void> check_project(const Context& context, const InferOptions& options, const infer::Proposal& proposal) {
  const auto project = project::load(context.folder);
  if (!project) return std::unexpected(all_but_first_printed(project.error()));
  for (const project::Stream& stream : project->streams) {
    if (stream.topic != proposal.topic || (options.force && stream.name == proposal.name)) continue;
    return fail(
        ErrorCode::kProjectExists,
        "topic '{}' is read by {} already, and there is one stream a topic: `--out -` only shows the proposal{}",
        proposal.topic, stream.file, stream.name == proposal.name ? ", --force replaces the file" : "");
  }
  for (const project::View& view : project->views) {
    if (view.name == proposal.name)
      return fail(ErrorCode::kProjectExists, "{} has the name of the stream: choose another with --name", view.file);
  }
  for (const infer::SuggestedView& view : proposal.views) {
    const auto same = std::ranges::find(project->streams, view.name, &project::Stream::name);
    if (options.views && same != project->streams.end())
      return fail(ErrorCode::kProjectExists,
                  "{} has the name of a view that would be written: choose another with --name", same->file);
  }
  return {};
}

Result<void> check_outputs(const InferOptions& options, const std::vector<Output>& outputs) {
  std::error_code error;
  for (const Output& output : outputs) {
    if (!options.force && fs::exists(output.path, error)) {
      return fail(ErrorCode::kProjectExists, "{} is there already: --force replaces it, --name chooses another name",
                  output.path);
    }
  }
  return {};
}

std::string absence_of(const infer::Column& column, uint64_t records) {
  if (column.absent == 0) return "never";
  return fmt::format("{:.3g}%", 100.0 * static_cast<double>(column.absent) / static_cast<double>(records));
}

std::string summary(const infer::Proposal& proposal) {
  std::vector<std::vector<std::string>> rows = {{"column", "type", "different", "absent", "why"}};
  for (const infer::Column& column : proposal.columns) {
    const std::string distinct = (column.distinct_exact ? "" : ">") + infer::grouped(column.distinct);
    rows.push_back({column.name, column.type(), column.distinct == 0 ? "-" : distinct,
                    absence_of(column, proposal.objects), infer::shown_text(column.choice.why, 90)});
  }
  std::string out = proposal.origin + "\n\n" + table(rows) + "\n";
  out += fmt::format("time: {}, sorted by: {}", proposal.time.empty() ? "none found" : proposal.time,
                     fmt::join(proposal.order_by, ", "));
  if (!proposal.id.empty()) out += fmt::format(", an event's id: {}", proposal.id);
  if (!proposal.key.empty()) out += fmt::format(", records are keyed by: {}", proposal.key);
  out += "\n";
  if (!proposal.left_out.empty())
    out += fmt::format("fields without a column: {}; the file names them\n", infer::grouped(proposal.left_out.size()));
  const std::string dead = dead_letters_text(proposal.check);
  if (!dead.empty()) {
    out += fmt::format("\n{} of {} records would become dead letters\n{}", infer::grouped(proposal.check.dead()),
                       infer::grouped(proposal.check.records), dead);
  }
  return out;
}

std::string next_steps(const InferOptions& options, const infer::Proposal& proposal, const std::vector<Output>& outputs,
                       const std::vector<std::string>& kept, bool is_topic) {
  std::string out = "\n";
  for (const Output& output : outputs) out += fmt::format("wrote {}\n", output.path);
  for (const std::string& line : kept) out += line;
  if (!kept.empty())
    out +=
        "tables and views that exist do not change by it: `up` says what no longer fits, and the old file is there\n";
  std::vector<std::string> names;
  for (const infer::SuggestedView& view : proposal.views) names.push_back(view.name);
  if (!options.views && !names.empty())
    out += fmt::format("views that would fit: {}; --views writes them too\n", fmt::join(names, ", "));
  out += "read what is written, then start `freshet up` again: ";
  if (is_topic) return out + "the topic is read from its oldest record on\n";
  return out + fmt::format("what is produced to topic {} becomes rows\n", proposal.topic);
}

ordered_json column_json(const infer::Column& column) {
  ordered_json out = {{"name", column.name},         {"type", column.type()},
                      {"nullable", column.nullable}, {"records", column.records},
                      {"absent", column.absent},     {"nulls", column.nulls},
                      {"distinct", column.distinct}, {"distinct_exact", column.distinct_exact},
                      {"why", column.choice.why},    {"remark", column.remark}};
  return out;
}

ordered_json text_or_null(const std::string& text) { return text.empty() ? ordered_json() : ordered_json(text); }

std::string as_json(const infer::Proposal& proposal, const Sample& sample, const std::string& text,
                    const std::vector<Output>& written) {
  ordered_json out = {{"stream", proposal.name},
                      {"topic", proposal.topic},
                      {"partitions", proposal.partitions},
                      {"origin", sample.origin},
                      {"records", proposal.records},
                      {"objects", proposal.objects},
                      {"columns", ordered_json::array()},
                      {"id", text_or_null(proposal.id)},
                      {"key", text_or_null(proposal.key)},
                      {"time", text_or_null(proposal.time)},
                      {"order_by", proposal.order_by},
                      {"partition_by", text_or_null(proposal.partition_by)},
                      {"left_out", ordered_json::array()},
                      {"rows", proposal.check.rows},
                      {"dead_letters", ordered_json::array()},
                      {"text", text},
                      {"views", ordered_json::array()},
                      {"written", ordered_json::array()}};
  for (const infer::Column& column : proposal.columns) out["columns"].push_back(column_json(column));
  for (const infer::LeftOut& field : proposal.left_out)
    out["left_out"].push_back({{"name", field.name}, {"records", field.records}, {"why", field.why}});
  for (const infer::DeadLetters& dead : proposal.check.dead_letters)
    out["dead_letters"].push_back({{"field", dead.field}, {"why", dead.why}, {"count", dead.count}});
  for (const infer::SuggestedView& view : proposal.views)
    out["views"].push_back({{"name", view.name}, {"sql", view.sql}});
  for (const Output& output : written) out["written"].push_back(output.path);
  return out.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::vector<Output> outputs_of(const Context& context, const InferOptions& options, const infer::Proposal& proposal,
                               const std::string& text) {
  std::vector<Output> outputs;
  const std::string stream = fmt::format("{}/streams/{}.yaml", context.folder, proposal.name);
  outputs.push_back({options.out.empty() ? fs::path(stream).lexically_normal().string() : options.out, text});
  if (!options.views) return outputs;
  for (const infer::SuggestedView& view : proposal.views) {
    const fs::path path = fs::path(context.folder) / "views" / (view.name + ".sql");
    outputs.push_back({path.lexically_normal().string(), view.sql});
  }
  return outputs;
}

Result<int> run_infer(const Context& context, const InferOptions& options) {
  if (options.views && !options.out.empty() && options.out != "-") {
    return fail(ErrorCode::kUsage,
                "--views writes views of the stream in streams/NAME.yaml, not of one in '{}': choose its name with "
                "--name, or leave --views out; `--out -` shows all of it",
                options.out);
  }
  auto sample = std::make_unique<Sample>();
  RETURN_IF_ERROR(read_sample(context, options, *sample));
  ASSIGN_OR_RETURN(const infer::Proposal proposal, propose(options, *sample));
  const std::string text = infer::stream_text(proposal);
  if (options.out == "-") {
    std::string shown = text;
    if (options.views) {
      for (const infer::SuggestedView& view : proposal.views)
        shown += fmt::format("\n-- views/{}.sql\n{}", view.name, view.sql);
    }
    print_out(context.json ? as_json(proposal, *sample, text, {}) : shown);
    return kWell;
  }
  const std::vector<Output> outputs = outputs_of(context, options, proposal, text);
  if (options.out.empty() || options.views) RETURN_IF_ERROR(check_project(context, options, proposal));
  RETURN_IF_ERROR(check_outputs(options, outputs));
  std::vector<std::string> kept;
  for (const Output& output : outputs) {
    ASSIGN_OR_RETURN(const std::string backup, write_output(output.path, output.text, options.force));
    if (!backup.empty()) kept.push_back(fmt::format("{} was there: it is {} now\n", output.path, backup));
  }
  print_out(context.json ? as_json(proposal, *sample, text, outputs)
                         : summary(proposal) + next_steps(options, proposal, outputs, kept, sample->is_topic));
  return kWell;
}

}  // namespace

void add_streams_infer(CLI::App& noun, Context& context) {
  auto options = std::make_shared<InferOptions>();
  CLI::App* verb = noun.add_subcommand("infer", "propose a stream, and views, from records of a topic or a file");
  verb->footer(
      "Examples:\n"
      "  freshet streams infer clicks                       writes streams/clicks.yaml, with the reasons as comments\n"
      "  freshet streams infer clicks --views               and three views; then start `freshet up` again\n"
      "  freshet streams infer clicks --out -               only shows it\n"
      "  freshet streams infer old.jsonl --name clicks      from a file of JSON objects, one a line\n"
      "  zcat *.gz | freshet --json streams infer - --out -  the whole analysis\n"
      "docs/streams-infer.md says how types, keys and views are chosen.");
  verb->add_option("TOPIC|FILE", options->source, "a topic of the running project, a file of JSON lines (./NAME), or -")
      ->required();
  verb->add_option("--name", options->name, "the stream's name; from the topic's or file's without it")
      ->type_name("NAME");
  verb->add_option("--limit", options->limit, "look at so many records, spread over all there are")
      ->type_name("N")
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000}))
      ->capture_default_str();
  verb->add_option("--out", options->out, "write the stream to this file; -: show it")->type_name("FILE");
  verb->add_flag("--views", options->views, "write the suggested views too");
  verb->add_flag("--force", options->force, "replace files that are there; they are kept as NAME.bak");
  verb->add_option("--broker", options->broker, "the topic lies at another broker than the project's")
      ->type_name("HOST:PORT");
  verb->callback(
      [&context, options] { context.action = [&context, options] { return run_infer(context, *options); }; });
}

}  // namespace freshet::cli
