#include "cli/run_info.h"

#include <signal.h>

#include <cerrno>
#include <charconv>
#include <nlohmann/json.hpp>

#include "io/file_system.h"
#include "project/command_text.h"

namespace freshet::cli {
namespace {

constexpr uint64_t kRunFileLimit = 64 << 10;

bool is_alive(int64_t pid) { return pid > 0 && (::kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM); }

Result<RunInfo> parse(const std::string& path, const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return fail(ErrorCode::kCorrupt, "'{}' is not what `freshet up` writes; start it again", path);
  const auto text_of = [&](const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  const auto number_of = [&](const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_number_integer() ? found->get<int64_t>() : int64_t{0};
  };
  return RunInfo{text_of("kafka"),          text_of("http"),  text_of("clickhouse_http"),
                 text_of("clickhouse_tcp"), number_of("pid"), number_of("engine_pid")};
}

}  // namespace

Result<RunInfo> find_running(const std::string& folder) {
  io::FileSystem& files = io::real_file_system();
  if (!files.exists(folder + "/freshet.yaml")) {
    return fail(
        ErrorCode::kProjectMissing,
        "'{}' is no project folder (it has no freshet.yaml): name one with -C DIR, or make one with `freshet init`",
        folder);
  }
  const std::string path = folder + "/data/run.json";
  if (!files.exists(path)) {
    return fail(ErrorCode::kNotRunning, "nothing runs for '{}': start it with `{} up`", folder,
                project::command_for(folder));
  }
  ASSIGN_OR_RETURN(const std::string text, files.read_file(path, kRunFileLimit));
  ASSIGN_OR_RETURN(RunInfo info, parse(path, text));
  if (!is_alive(info.pid)) {
    return fail(ErrorCode::kNotRunning, "nothing runs for '{}' any more (process {} is gone): start it with `{} up`",
                folder, info.pid, project::command_for(folder));
  }
  return info;
}

Result<HostPort> parse_host_port(std::string_view url) {
  std::string_view rest = url;
  if (const size_t scheme = rest.find("://"); scheme != rest.npos) rest.remove_prefix(scheme + 3);
  rest = rest.substr(0, rest.find('/'));
  const size_t colon = rest.rfind(':');
  HostPort out;
  if (colon == rest.npos || colon == 0) return fail(ErrorCode::kCorrupt, "'{}' is no address", url);
  const std::string_view port = rest.substr(colon + 1);
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (parsed.ec != std::errc() || parsed.ptr != port.data() + port.size()) {
    return fail(ErrorCode::kCorrupt, "'{}' is no address", url);
  }
  std::string_view host = rest.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  out.host = std::string(host);
  return out;
}

}  // namespace freshet::cli
