// The engine that the tests of this layer share: see test_engine.h.
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "views/test_engine.h"

namespace freshet::views {
namespace {

std::string library() {
  const char* named = std::getenv("FRESHET_LIBCHDB");
  return named != nullptr ? named
                          : std::string(FRESHET_SOURCE_DIR) + "/node_modules/@chdb/lib-linux-x64-gnu/libchdb.so";
}

uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(socket, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(socket);
  return ntohs(address.sin_port);
}

std::string user(const std::string& name, const std::vector<std::string>& grants) {
  std::string out = "<" + name +
                    "><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</"
                    "profile><quota>default</quota><grants>";
  for (const std::string& grant : grants) out += "<query>GRANT " + grant + "</query>";
  return out + "</grants></" + name + ">";
}

void write_configuration(const std::string& folder) {
  std::ofstream(folder + "/users.xml")
      << "<clickhouse><profiles><default></default></profiles><quotas><default></default></quotas><users>"
      << user("default", {"SYSTEM LISTEN ON *.*", "READ ON FILE", "CREATE TEMPORARY TABLE ON *.*"})
      << user("freshet_ingest", {"ALL ON t*.*", "ALL ON fr_scratch_*.*", "SELECT ON system.*", "TABLE ENGINE ON *",
                                 "CREATE TEMPORARY TABLE ON *.*"})
      << user("freshet_query", {"SELECT ON t*.*"})
      << user(
             "freshet_scratch",
             {"CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP DATABASE, DROP TABLE, DROP VIEW, INSERT, "
              "SELECT, SHOW ON fr_scratch_*.*",
              "TABLE ENGINE ON *", "SELECT ON system.tables", "SELECT ON system.columns", "SELECT ON system.databases"})
      << "</users></clickhouse>";
  std::ofstream(folder + "/config.xml")
      << "<clickhouse><users_config>" << folder << "/users.xml</users_config><access_control_improvements>"
      << "<table_engines_require_grant>true</table_engines_require_grant>"
      << "<select_from_system_db_requires_grant>true</select_from_system_db_requires_grant>"
      << "</access_control_improvements></clickhouse>";
}

[[noreturn]] void run_engine(const std::string& folder, uint16_t http, uint16_t tcp, int stdin_pipe) {
  ::dup2(stdin_pipe, STDIN_FILENO);
  const int log = ::open((folder + "/log").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  for (int file = 3; file < 256; ++file) ::close(file);
  void* handle = ::dlopen(library().c_str(), RTLD_NOW);
  using Run = void* (*)(int, char**);
  const Run run = handle == nullptr ? nullptr : reinterpret_cast<Run>(::dlsym(handle, "chdb_query_cmdline"));
  if (run == nullptr) std::_Exit(1);
  std::vector<std::string> arguments = {
      "clickhouse-local",
      "--config-file=" + folder + "/config.xml",
      "--path=" + folder + "/data",
      "--listen_host=127.0.0.1",
      "--http_port=" + std::to_string(http),
      "--tcp_port=" + std::to_string(tcp),
      "--log-level=warning",
      "--query=SYSTEM START LISTEN HTTP; SYSTEM START LISTEN TCP; SELECT count() FROM "
      "file('/dev/stdin','LineAsString','l String')"};
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  run(static_cast<int>(argv.size()), argv.data());
  std::_Exit(0);
}

}  // namespace

std::unique_ptr<TestEngine> TestEngine::start() {
  if (!std::filesystem::exists(library())) return nullptr;
  std::unique_ptr<TestEngine> engine(new TestEngine);
  std::string pattern = testing::TempDir() + "freshet_views_XXXXXX";
  engine->folder_ = ::mkdtemp(pattern.data());
  write_configuration(engine->folder_);
  engine->port_ = free_port();
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return nullptr;
  engine->child_ = ::fork();
  if (engine->child_ == 0) run_engine(engine->folder_, engine->port_, free_port(), pipe[0]);
  ::close(pipe[0]);
  engine->hold_ = pipe[1];
  clickhouse::Client client(engine->ingest());
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!client.ping(1000)) {
    if (std::chrono::steady_clock::now() > deadline) return nullptr;
    std::this_thread::yield();
  }
  return engine;
}

TestEngine::~TestEngine() {
  if (hold_ >= 0) ::close(hold_);
  if (child_ > 0) ::waitpid(child_, nullptr, 0);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace freshet::views
