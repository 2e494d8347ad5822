// The broker over a log in a folder, and nothing else: `broker_only FOLDER [PORT] [power|process] [segment bytes]`.
// Prints the port on its first line and serves until SIGTERM or SIGINT.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/log_line.h"
#include "broker/net/broker.h"

int main(int argc, char** argv) {
  using namespace freshet;
  if (argc < 2) {
    std::fprintf(stderr, "usage: broker_only FOLDER [PORT] [power|process] [SEGMENT_BYTES]\n");
    return 1;
  }
  const std::string folder = argv[1];
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  io::FileSystem& files = io::real_file_system();
  log::LogOptions log_options;
  log_options.cluster_id_if_new = random_uuid();
  log_options.sync_before_visible = argc < 4 || std::string(argv[3]) != "process";
  if (argc > 4) log_options.segment_bytes = std::strtoull(argv[4], nullptr, 10);
  std::vector<std::string> warnings;
  if (const auto made = files.create_folders(folder); !made) {
    std::fprintf(stderr, "%s\n", made.error().to_string().c_str());
    return 1;
  }
  const auto logs = log::LogManager::open(files, folder + "/log", log_options, warnings);
  for (const std::string& warning : warnings) log_warn("log", "{}", warning);
  if (!logs) {
    std::fprintf(stderr, "%s\n", logs.error().to_string().c_str());
    return 1;
  }
  MetricsRegistry metrics;
  broker::Broker::Options options;
  options.listen_port = static_cast<uint16_t>(argc > 2 ? std::atoi(argv[2]) : 0);
  options.folder = folder;
  options.sync = log_options.sync_before_visible;
  const auto broker = broker::Broker::start(files, **logs, metrics, options);
  if (!broker) {
    std::fprintf(stderr, "%s\n", broker.error().to_string().c_str());
    return 1;
  }
  std::printf("%d\n", (*broker)->port());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  (*broker)->stop();
  if (const auto closed = (*logs)->close(); !closed) std::fprintf(stderr, "%s\n", closed.error().to_string().c_str());
  if (std::getenv("BROKER_ONLY_METRICS") != nullptr) std::fputs(metrics.text().c_str(), stdout);
  return 0;
}
