#include "app/up.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/descriptors.h"
#include "app/memory.h"
#include "app/pipeline.h"
#include "app/status.h"
#include "app/storage.h"
#include "base/log_line.h"
#include "decode/decoder.h"
#include "http/server.h"
#include "io/file_system.h"
#include "project/command_text.h"
#include "project/data_folder.h"

namespace freshet::app {
namespace {

constexpr const char* kComponent = "up";

int report(const std::vector<Error>& errors) {
  for (const Error& error : errors) fmt::print(stderr, "error: {}\n", error.to_string());
  return 1;
}
int report(const Error& error) { return report(std::vector<Error>{error}); }

/// SIGINT and SIGTERM as a file descriptor, blocked for every thread started afterwards.
class StopSignal {
 public:
  StopSignal() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    signal(SIGPIPE, SIG_IGN);
    descriptor_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  ~StopSignal() { close(descriptor_); }
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  /// True once a signal has come; waits at most `timeout_ms` for it.
  bool wait(int timeout_ms) {
    pollfd poller{descriptor_, POLLIN, 0};
    if (!came_ && poll(&poller, 1, timeout_ms) > 0) {
      signalfd_siginfo info;
      came_ = read(descriptor_, &info, sizeof info) == sizeof info;
    }
    return came_;
  }

 private:
  int descriptor_ = -1;
  bool came_ = false;
};

/// Held for as long as the program runs: two on one data folder would give offsets twice.
class DataLock {
 public:
  static Result<std::unique_ptr<DataLock>> take(const std::string& folder) {
    const std::string path = folder + "/LOCK";
    const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return fail(ErrorCode::kPermission, "cannot open {}: {}", path, strerror(errno));
    auto lock = std::unique_ptr<DataLock>(new DataLock(descriptor));
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      return fail(ErrorCode::kAlreadyRunning,
                  "another `freshet up` runs on {}; stop it first, or look at it with `freshet status`", folder);
    }
    return lock;
  }
  ~DataLock() { close(descriptor_); }
  DataLock(const DataLock&) = delete;
  DataLock& operator=(const DataLock&) = delete;

 private:
  explicit DataLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

/// Gone when the program ends in order.
class RunFile {
 public:
  RunFile(io::FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}
  ~RunFile() { static_cast<void>(files_.remove(path_)); }
  RunFile(const RunFile&) = delete;
  RunFile& operator=(const RunFile&) = delete;

 private:
  io::FileSystem& files_;
  const std::string path_;
};

std::string address(const std::string& host, uint16_t port) { return project::Address{host, port}.to_string(); }

/// The addresses as run.json and the ready file carry them.
std::string run_json(const Pipeline& pipeline, uint16_t web_port) {
  const project::Project& project = pipeline.project();
  const nlohmann::json json = {
      {"kafka", address(project.kafka.listen.host, pipeline.kafka_port())},
      {"http", "http://" + address(project.web.host, web_port)},
      {"registry", nullptr},
      {"clickhouse_http", "http://" + address(project.clickhouse.http.host, pipeline.engine().query_endpoint().port)},
      {"clickhouse_tcp", address(project.clickhouse.tcp.host, pipeline.engine().tcp_port())},
      {"pid", getpid()},
      {"engine_pid", pipeline.engine().state().pid}};
  return json.dump(2) + "\n";
}

void add_routes(http::Server& server, const Pipeline& pipeline, const MetricsRegistry& metrics, const Clock& clock) {
  server.route("GET", "/metrics", [&](const http::Request&) {
    http::Response response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = metrics.text();
    return response;
  });
  server.route("GET", "/livez", [](const http::Request&) {
    http::Response response;
    response.body = "ok\n";
    return response;
  });
  server.route("GET", "/readyz", [&](const http::Request&) {
    const StatusReport status = make_status(pipeline, clock, getpid());
    http::Response response;
    response.status = status.ok() ? 200 : 503;
    response.body = status.verdict + "\n";
    return response;
  });
  server.route("GET", "/api/status",
               [&](const http::Request&) { return http::json_response(make_status(pipeline, clock, getpid()).json); });
}

void print_addresses(const Pipeline& pipeline, const UpOptions& options, uint16_t web_port) {
  const project::Project& project = pipeline.project();
  const std::string kafka = address(project.kafka.listen.host, pipeline.kafka_port());
  fmt::print("Freshet {} runs project {}\n", FRESHET_VERSION, project.name);
  fmt::print("  Kafka       {}    (bootstrap.servers of your producers)\n", kafka);
  fmt::print("  HTTP        http://{}    (/metrics /readyz /api/status)\n", address(project.web.host, web_port));
  fmt::print("  ClickHouse  http://{}    (user freshet_query, password in {}/users.json)\n",
             address(project.clickhouse.http.host, pipeline.engine().query_endpoint().port), project.data_folder());
  if (!project.streams.empty()) {
    const project::Stream& stream = project.streams.front();
    const std::string freshet = project::command_for(project.folder);
    fmt::print("Try it from another shell:\n");
    fmt::print("  {} produce {} {}\n", freshet, stream.topic,
               options.has_story(stream.topic) ? "--generate --rate 1000" : "< events.jsonl");
    fmt::print("  {} sql 'SELECT count() FROM {}'\n", freshet, stream.name);
    fmt::print("  kcat -b {} -L\n", kafka);
  }
  fmt::print("Ctrl-C stops it.\n");
  fflush(stdout);
}

/// On a terminal one line that moves, otherwise a log line when something changes for the worse or the better.
class LiveLine {
 public:
  LiveLine(const Pipeline& pipeline, const Clock& clock)
      : pipeline_(pipeline), clock_(clock), terminal_(isatty(STDOUT_FILENO) != 0) {}

  void tick() {
    const LiveFigures now = live_figures(pipeline_, clock_);
    const int64_t at_us = clock_.steady_us();
    quiet_ticks_ = now.ingested == last_.ingested ? quiet_ticks_ + 1 : 0;
    if (quiet_ticks_ == kQuietTicks) return_freed_memory();
    const std::string verdict = make_status(pipeline_, clock_, getpid()).verdict;
    if (terminal_) {
      const double seconds = static_cast<double>(at_us - last_us_) / 1e6;
      const double rate = last_us_ == 0 ? 0 : static_cast<double>(now.ingested - last_.ingested) / seconds;
      fmt::print("\r\x1b[K{:.0f} events/s  lag {}  freshness {} ms  {}", rate, now.lag_records, now.freshness_ms,
                 verdict);
      fflush(stdout);
    }
    if (verdict != verdict_) {
      if (terminal_ && (verdict != "ok" || !verdict_.empty())) fmt::print("\n");
      if (verdict != "ok") log_warn(kComponent, "{}", verdict);
      if (verdict == "ok" && !verdict_.empty()) log_info(kComponent, "all is well again");
      verdict_ = verdict;
    }
    last_ = now;
    last_us_ = at_us;
  }

 private:
  const Pipeline& pipeline_;
  const Clock& clock_;
  const bool terminal_;
  LiveFigures last_;
  static constexpr int kQuietTicks = 15;
  int quiet_ticks_ = 0;
  int64_t last_us_ = 0;
  std::string verdict_;
};

/// Of all streams at once, before anything is started.
std::vector<Error> check_types(const project::Project& project) {
  std::vector<Error> errors;
  for (const project::Stream& stream : project.streams) {
    for (Error& error : decode::check_declared_columns(stream)) errors.push_back(std::move(error));
  }
  return errors;
}

int run_project(project::Project project, const UpOptions& options, StopSignal& stop) {
  const Clock& clock = system_clock();
  const std::string data = project.data_folder();
  const project::Address web = project.web;
  MetricsRegistry metrics;
  Pipeline pipeline(std::move(project), metrics, clock);
  const auto cancelled = [&] { return stop.wait(0); };
  if (auto opened = pipeline.open(cancelled); !opened) {
    return opened.error().code == ErrorCode::kCancelled ? 0 : report(opened.error());
  }
  // Before the rest: an engine that does not start is seen in `freshet status`.
  http::Server::Options http;
  http.host = web.host;
  http.port = web.port;
  StorageApi storage(pipeline, clock);
  http::Server server(http);
  add_routes(server, pipeline, metrics, clock);
  storage.add_route(server);
  if (auto listening = server.start(); !listening) return report(listening.error());

  std::string addresses = run_json(pipeline, server.port());
  io::FileSystem& files = io::real_file_system();
  const RunFile run_file(files, data + "/run.json");
  if (auto written = files.replace_file(data + "/run.json", addresses); !written) return report(written.error());
  if (auto started = pipeline.start(cancelled); !started) {
    if (started.error().front().code == ErrorCode::kCancelled) return 0;
    return report(started.error());
  }
  addresses = run_json(pipeline, server.port());
  if (auto written = files.replace_file(data + "/run.json", addresses); !written) return report(written.error());
  if (!options.ready_file.empty()) {
    if (auto written = files.replace_file(options.ready_file, addresses); !written) return report(written.error());
  }
  print_addresses(pipeline, options, server.port());
  LiveLine live(pipeline, clock);
  while (!stop.wait(1000)) {
    live.tick();
    if (std::string now = run_json(pipeline, server.port()); now != addresses) {  // the engine was started again
      addresses = std::move(now);
      static_cast<void>(files.replace_file(data + "/run.json", addresses));
    }
  }

  fmt::print("\nstopping: what is in flight is finished first\n");
  fflush(stdout);
  server.stop();
  storage.stop();
  pipeline.stop();
  return 0;
}

}  // namespace

int run_up(const UpOptions& options) {
  std::error_code ignored;  // a ready file of an earlier run would lie
  if (!options.ready_file.empty()) std::filesystem::remove(options.ready_file, ignored);
  provide_descriptors();
  keep_freed_memory();
  StopSignal stop;
  auto project = project::load(options.folder);
  if (!project) return report(project.error());
  if (const auto errors = check_types(*project); !errors.empty()) return report(errors);
  if (options.free_ports) {
    for (project::Address* a :
         {&project->kafka.listen, &project->web, &project->clickhouse.http, &project->clickhouse.tcp})
      a->port = 0;
    project->kafka.advertise.port = 0;
  }
  if (auto opened = project::open_data_folder(project->data_folder()); !opened) return report(opened.error());
  const auto lock = DataLock::take(project->data_folder());
  if (!lock) return report(lock.error());
  return run_project(std::move(*project), options, stop);
}

}  // namespace freshet::app
