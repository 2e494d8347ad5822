#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

namespace freshet::cli {

/// Where the running `freshet up` of a project can be reached: data/run.json, which it writes when everything answers.
struct RunInfo {
  std::string kafka;            ///< "127.0.0.1:9092"
  std::string http;             ///< "http://127.0.0.1:8080"
  std::string clickhouse_http;  ///< "http://127.0.0.1:8123"
  std::string clickhouse_tcp;   ///< "127.0.0.1:9000"
  int64_t pid = 0;
  int64_t engine_pid = 0;
};

/// kNotRunning, with a sentence that says what to do, when the file is absent or its process is gone; kProjectMissing
/// when `folder` is no project folder; kCorrupt when the file cannot be read.
Result<RunInfo> find_running(const std::string& folder);

struct HostPort {
  std::string host;
  uint16_t port = 0;
};
/// Of "http://127.0.0.1:8080/", "127.0.0.1:9092" or "[::1]:9092". kCorrupt otherwise.
Result<HostPort> parse_host_port(std::string_view url);

}  // namespace freshet::cli
