#include "engine/engine_launch.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/log_line.h"
#include "base/strings.h"
#include "engine/config.h"
#include "engine/files.h"

namespace freshet::engine {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kReadyTimeoutMs = 120'000;  // a million tokens took 1.4 s; a slow disk may need long
constexpr int kFirstPollMs = 10;
constexpr int kPollMs = 50;
constexpr uint64_t kLogFileBytes = 16 << 20;
constexpr size_t kTailBytes = 600;

std::vector<std::string> arguments(const Plan& plan) {
  const auto& options = plan.options;
  std::vector<std::string> out = {"__engine", plan.program.path()};
  if (plan.program.library.empty()) out.push_back("local");
  out.insert(out.end(),
             {
                 "--config-file=" + options.data_folder + "/config.xml",
                 "--path=" + options.data_folder,
                 "--listen_host=" + options.http.host,
                 fmt::format("--http_port={}", options.http.port),
                 fmt::format("--tcp_port={}", options.tcp.port),
                 "--log-level=warning",
                 // Lives until its input ends: https://clickhouse.com/docs/sql-reference/statements/system#start-listen
                 "--query=SYSTEM START LISTEN HTTP; SYSTEM START LISTEN TCP; SELECT count() FROM "
                 "file('/dev/stdin','LineAsString','l String')",
             });
  return out;
}

Result<void> write_configuration(const Plan& plan) {
  const std::string& folder = plan.options.data_folder;
  const ConfigInputs inputs{plan.options.project_name, folder + "/users.xml", plan.memory_bytes,
                            plan.options.durability == project::Durability::kPower, plan.options.settings.kafka_tables};
  RETURN_IF_ERROR(write_private_file(inputs.users_config_path, users_config(inputs, plan.users)));
  return write_private_file(folder + "/config.xml", server_config(inputs));
}

/// The engine's log is a few lines a day; one that grew is moved aside at a start.
void rotate_log(const std::string& path) {
  std::error_code code;
  if (std::filesystem::file_size(path, code) > kLogFileBytes && !code) {
    std::filesystem::rename(path, path + ".1", code);
  }
}

Result<std::string> ask_version(const Plan& plan) {
  clickhouse::Client client(plan.endpoint(kIngestUser));
  ASSIGN_OR_RETURN(const auto rows, client.rows("SELECT version()"));
  return rows.empty() || rows[0].empty() ? std::string() : rows[0][0];
}

}  // namespace

clickhouse::Endpoint Plan::endpoint(const char* user) const {
  return {options.http.host, options.http.port, user, users.password(user)};
}

Result<void> check_port(project::Address& address, const char* key) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
      code != 0) {
    return fail(ErrorCode::kProjectInvalid, "{}: '{}' is not an address of this machine: {}", key, address.host,
                ::gai_strerror(code));
  }
  const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  int error = 0;
  if (fd < 0 || ::bind(fd, found->ai_addr, found->ai_addrlen) != 0 || ::listen(fd, 1) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
    error = errno;
  }
  ::freeaddrinfo(found);
  if (fd >= 0) ::close(fd);
  if (error != 0) {
    return fail(error == EADDRINUSE ? ErrorCode::kPortInUse : ErrorCode::kIo, "{}: cannot listen on {}:{}: {}{}", key,
                address.host, address.port, std::strerror(error),
                error == EADDRINUSE ? "; stop the other program, or choose another port in freshet.yaml" : "");
  }
  if (address.port == 0) {
    address.port = ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port
                                                     : reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
  }
  return {};
}

Result<Plan> make_plan(const Engine::Options& options) {
  Plan plan;
  plan.options = options;
  plan.executable = options.executable.empty() ? own_executable() : options.executable;
  const char* path = std::getenv("PATH");
  ASSIGN_OR_RETURN(plan.program, find_engine(options.settings.program, plan.executable, path == nullptr ? "" : path));
  RETURN_IF_ERROR(create_private_folder(options.data_folder));
  std::error_code code;
  plan.options.data_folder = std::filesystem::canonical(options.data_folder, code).string();
  if (code) return std::unexpected(file_error("find", options.data_folder, code.value()));
  ASSIGN_OR_RETURN(plan.users, load_or_create_users(options.users_file));
  plan.memory_bytes = options.settings.max_memory_bytes > 0 ? options.settings.max_memory_bytes
                                                            : default_engine_memory_bytes(machine_memory_bytes());
  return plan;
}

Result<ChildProcess> launch(const Plan& plan, const DataLock& lock, const std::function<bool()>& cancelled,
                            std::string& version) {
  RETURN_IF_ERROR(write_configuration(plan));
  rotate_log(plan.log_file());
  ASSIGN_OR_RETURN(auto child, ChildProcess::start({.program = plan.executable,
                                                    .arguments = arguments(plan),
                                                    .log_file = plan.log_file(),
                                                    .inherited_fd = lock.fd()}));
  const auto deadline = Clock::now() + std::chrono::milliseconds(kReadyTimeoutMs);
  clickhouse::Client client(plan.endpoint(kIngestUser));
  for (int poll_ms = kFirstPollMs; !client.ping(1'000); poll_ms = std::min(poll_ms * 2, kPollMs)) {
    if (const auto ended = child.wait(poll_ms)) {
      return fail(ErrorCode::kEngineStart, "the ClickHouse engine ended at its start ({}): {}", *ended,
                  log_tail(plan.log_file()));
    }
    if (cancelled()) return fail(ErrorCode::kCancelled, "the ClickHouse engine was stopped while it started");
    if (Clock::now() > deadline) {
      return fail(ErrorCode::kEngineStart, "the ClickHouse engine did not answer within {} s: {}",
                  kReadyTimeoutMs / 1000, log_tail(plan.log_file()));
    }
  }
  ASSIGN_OR_RETURN(version, ask_version(plan));
  return child;
}

bool end_child(ChildProcess& child, int patience_ms) {
  constexpr int kAfterTermMs = 5'000;
  child.close_input();
  if (child.wait(patience_ms)) return child.ended_well();
  log_warn("engine", "process {} did not end within {} ms after its input was closed: SIGTERM", child.pid(),
           patience_ms);
  child.signal(SIGTERM);
  if (!child.wait(kAfterTermMs)) {
    child.signal(SIGKILL);
    child.wait(kAfterTermMs);
  }
  return false;
}

std::string log_tail(const std::string& log_file) {
  const auto text = read_whole_file(log_file);
  if (!text || text->empty()) return "it wrote nothing to " + log_file;
  std::string tail = text->substr(text->size() - std::min(text->size(), kTailBytes));
  return fmt::format("{} (see {})", trim(tail), log_file);
}

}  // namespace freshet::engine
