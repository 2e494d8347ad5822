#include "cli/status.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/strings.h"
#include "cli/program.h"
#include "cli/run_info.h"
#include "cli/storage.h"
#include "cli/terminal.h"
#include "http/client.h"

namespace freshet::cli {
namespace {

using nlohmann::json;

constexpr int kStatusTimeoutMs = 10'000;

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return "-";
  if (found->is_string()) return found->get<std::string>();
  if (found->is_number_integer()) return with_commas(found->get<int64_t>());
  return found->dump();
}

std::string duration_of(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return "-";
  return human_duration(static_cast<int64_t>(found->get<double>()));
}

std::string latency_of(const json& stream) {
  const auto found = stream.find("latency_ms");
  if (found == stream.end() || !found->is_object()) return "-";
  return fmt::format("{} / {}", duration_of(*found, "p50"), duration_of(*found, "p99"));
}

const json& list_of(const json& status, const char* key) {
  static const json kNone = json::array();
  const auto found = status.find(key);
  return found != status.end() && found->is_array() ? *found : kNone;
}

std::string streams_table(const json& streams) {
  std::vector<std::vector<std::string>> rows = {{"stream", "log end", "ingested", "lag", "duplicates", "dead letters",
                                                 "late", "freshness", "latency p50 / p99", "watermark"}};
  for (const json& stream : streams) {
    rows.push_back({text_of(stream, "name"), text_of(stream, "log_end"), text_of(stream, "ingested"),
                    text_of(stream, "lag_records"), text_of(stream, "duplicates"), text_of(stream, "dead_letters"),
                    text_of(stream, "late"), duration_of(stream, "freshness_ms"), latency_of(stream),
                    text_of(stream, "watermark")});
  }
  return table(rows);
}

std::string views_table(const json& views) {
  std::vector<std::vector<std::string>> rows = {{"view", "version", "state", "position", "settled until"}};
  for (const json& view : views) {
    rows.push_back({text_of(view, "name"), text_of(view, "version"), text_of(view, "state"), text_of(view, "position"),
                    text_of(view, "settled_until")});
  }
  return table(rows);
}

/// "log: 1.2 GiB of 20 GiB, grows by 3.4 MiB/s: takes events for 93 min without ClickHouse"
std::string log_line(const json& log) {
  const auto bytes = [&](const char* key) { return human_bytes(static_cast<uint64_t>(log.value(key, int64_t{0}))); };
  std::string out = "log: " + bytes("bytes");
  if (log.contains("max_bytes") && log["max_bytes"].is_number()) out += " of " + bytes("max_bytes");
  if (log.value("bytes_per_s", int64_t{0}) > 0) out += fmt::format(", grows by {}/s", bytes("bytes_per_s"));
  if (log.contains("holds_for_s") && log["holds_for_s"].is_number()) {
    out += fmt::format(": takes events for {} without ClickHouse",
                       human_duration(log["holds_for_s"].get<int64_t>() * 1000));
  }
  return out + "\n";
}

std::string topics_line(const json& topics) {
  std::string out;
  for (const json& topic : topics) {
    const std::string name = topic.is_string() ? topic.get<std::string>() : text_of(topic, "name");
    out += fmt::format("topic {} is only a log: no stream of this project reads it", name);
    const bool filled = topic.is_object() && topic.value("records", int64_t{0}) > 0;
    if (filled)
      out +=
          fmt::format("; `freshet streams infer {}` proposes one for its {} records", name, text_of(topic, "records"));
    out += "\n";
  }
  return out;
}

Result<std::string> fetch(const RunInfo& info, const std::string& target) {
  ASSIGN_OR_RETURN(const HostPort address, parse_host_port(info.http));
  http::Client client({.host = address.host, .port = address.port});
  http::ClientRequest request;
  request.method = "GET";
  request.target = target;
  request.timeout_ms = kStatusTimeoutMs;
  const auto response = client.send(request);
  if (!response) {
    return fail(response.error().timed_out ? ErrorCode::kTimeout : ErrorCode::kNotRunning,
                "process {} does not answer at {}: {}", info.pid, info.http, response.error().message);
  }
  if (response->status != 200) {
    return fail(ErrorCode::kInternal, "{}{} answers {}: {}", info.http, target, response->status, response->body);
  }
  return response->body;
}

Result<int> run_status(const Context& context) {
  ASSIGN_OR_RETURN(const RunInfo info, find_running(context.folder));
  ASSIGN_OR_RETURN(const std::string body, fetch(info, "/api/status"));
  ASSIGN_OR_RETURN(const StatusText status, render_status(body));
  print_out(context.json ? body + (body.ends_with('\n') ? "" : "\n") : status.text);
  return status.ok ? kWell : kDegraded;
}

Result<int> run_storage(const Context& context) {
  ASSIGN_OR_RETURN(const RunInfo info, find_running(context.folder));
  ASSIGN_OR_RETURN(const std::string body, fetch(info, "/api/storage"));
  ASSIGN_OR_RETURN(const std::string text, render_storage(body));
  print_out(context.json ? body + "\n" : text);
  return kWell;
}

}  // namespace

Result<StatusText> render_status(const std::string& body) {
  const json status = json::parse(body, nullptr, false);
  if (!status.is_object() || !status.contains("verdict") || !status["verdict"].is_string()) {
    return fail(ErrorCode::kCorrupt, "the status has no verdict");
  }
  const std::string verdict = status["verdict"].get<std::string>();
  StatusText out;
  out.ok = verdict == "ok";
  out.text = out.ok ? "ok: everything that was acknowledged is in its views, or on its way\n"
                    : fmt::format("degraded: {}\n", verdict);
  if (const json& streams = list_of(status, "streams"); !streams.empty()) out.text += "\n" + streams_table(streams);
  if (const json& views = list_of(status, "views"); !views.empty()) out.text += "\n" + views_table(views);
  if (status.contains("log") && status["log"].is_object()) out.text += "\n" + log_line(status["log"]);
  if (const json& topics = list_of(status, "log_only_topics"); !topics.empty()) out.text += "\n" + topics_line(topics);
  return out;
}

void add_status(CLI::App& app, Context& context) {
  CLI::App* verb = app.add_subcommand("status", "how it goes: a verdict, then every stream and view");
  auto storage = std::make_shared<bool>(false);
  verb->add_flag("--storage", *storage, "instead: what is on the disk, how fast it grows, what would save space");
  verb->footer(
      "Examples:\n  freshet status\n  freshet status --storage\n  freshet --json status | jq .verdict\n"
      "Exit code 3 when the verdict is not ok.");
  verb->callback([&context, storage] {
    context.action = [&context, storage] { return *storage ? run_storage(context) : run_status(context); };
  });
}

}  // namespace freshet::cli
