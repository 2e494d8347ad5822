#pragma once

#include <cstdint>
#include <string>

#include "engine/users.h"

/// The engine's configuration files, written anew at each start. Everything that is not a default is here, with its
/// reason.
namespace freshet::engine {

/// Parts of one table that a deduplication token is remembered for. A window of 100,000 costs nothing measurable.
inline constexpr int kDeduplicationWindow = 100'000;

struct ConfigInputs {
  std::string project_name;
  std::string users_config_path;
  int64_t max_memory_bytes = 0;
  bool power_durable = true;  ///< parts are synced before an insert is answered
  bool kafka_tables = false;  ///< the ingest user may make tables that read other brokers, ours included
};

/// `--config-file`: limits, pools, caches, defaults of tables.
std::string server_config(const ConfigInputs& inputs);
/// Users, profiles and rights. Holds hashes of passwords, no password.
std::string users_config(const ConfigInputs& inputs, const Users& users);

/// The memory that this process may use: the machine's, or its control group's limit when that is lower.
int64_t machine_memory_bytes();
/// What the engine may use of it when nothing is said: half, at least 1 GiB where there is so much.
int64_t default_engine_memory_bytes(int64_t machine_bytes);

}  // namespace freshet::engine
