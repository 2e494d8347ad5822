#include <limits>

#include "project/fields.h"
#include "project/names.h"
#include "project/readers.h"

namespace freshet::project {
namespace {

/// A listener, and where it stands, for the checks across listeners.
struct Listener {
  std::string key;
  const Address* address;
  Mark place;
};

constexpr int64_t kDay = int64_t{24} * 3600 * 1000;

template <class Read>
void section(Fields& top, std::string_view key, Read read) {
  const Node* node = top.find(key);
  if (node == nullptr) return;
  Fields fields(*node, top.full(key), top.problems());
  read(fields);
  fields.finish();
}

void read_name(Fields& top, Project& project) {
  const Node* node = top.require("name", "name: telemetry");
  if (node == nullptr) return;
  top.text("name", project.name);
  if (project.name.empty()) return;
  auto fault = name_fault(project.name);
  for (const char* taken : {"default", "system", "information_schema", "INFORMATION_SCHEMA"}) {
    if (project.name == taken) fault = "is a database of ClickHouse's own";
  }
  if (fault)
    top.problems().add(ErrorCode::kProjectInvalid, node->mark, fmt::format("'name': '{}' {}", project.name, *fault));
}

void read_id(Fields& top, Project& project) {
  const Node* node = top.require("id", "id: " + std::string("0c5e0000-0000-4000-8000-000000000000") +
                                           "` with a UUID of your own, as `uuidgen` prints");
  std::string text;
  if (node != nullptr) top.text("id", text);
  if (!text.empty() && (!Uuid::parse(text, project.id) || project.id.is_zero())) {
    top.problems().add(
        ErrorCode::kProjectInvalid, node->mark,
        fmt::format("'id': '{}' is not a UUID: write one as `uuidgen` prints it, and never change it later", text));
  }
}

void read_kafka(Fields& top, Project& project, Listener& listen) {
  KafkaSettings& kafka = project.kafka;
  section(top, "kafka", [&](Fields& fields) {
    fields.address("listen", kafka.listen, &listen.place);
    int64_t partitions = kafka.default_partitions;
    fields.integer("default_partitions", 1, kMaxPartitions, partitions);
    kafka.default_partitions = static_cast<int32_t>(partitions);
    fields.boolean("auto_create_topics", kafka.auto_create_topics);
    fields.address("advertise", kafka.advertise);
    fields.not_yet("brokers", "an external Kafka is not there yet; leave it out to use the log inside Freshet");
  });
  if (kafka.advertise.host.empty()) kafka.advertise = kafka.listen;
}

void read_clickhouse(Fields& top, Project& project, Listener& http, Listener& tcp) {
  section(top, "clickhouse", [&](Fields& fields) {
    fields.address("http", project.clickhouse.http, &http.place);
    fields.address("tcp", project.clickhouse.tcp, &tcp.place);
    for (const char* key : {"url", "user", "password_file"}) {
      fields.not_yet(key, "an external ClickHouse is not there yet; leave it out to use the engine inside Freshet");
    }
  });
}

void read_engine(Fields& top, EngineSettings& engine) {
  section(top, "engine", [&](Fields& fields) {
    fields.text("program", engine.program);
    fields.boolean("allow_untested", engine.allow_untested);
    fields.boolean("kafka_tables", engine.kafka_tables);
    fields.size("max_memory", int64_t{256} << 20, std::numeric_limits<int64_t>::max(), engine.max_memory_bytes);
  });
}

void read_log(Fields& top, LogSettings& log) {
  section(top, "log", [&](Fields& fields) {
    fields.duration("retention", 60'000, 36'500 * kDay, log.retention_ms, true);
    fields.size("max_bytes", int64_t{64} << 20, std::numeric_limits<int64_t>::max(), log.max_bytes);
    size_t overrun = static_cast<size_t>(log.overrun);
    fields.choice("overrun", {"refuse", "drop"}, overrun);
    log.overrun = static_cast<Overrun>(overrun);
  });
}

void read_security(Fields& top, Project& project) {
  const Node* node = top.find("security");
  if (node == nullptr) return;
  const bool accepted = node->kind == Node::Kind::kMap && node->entries.size() == 1 &&
                        node->entries[0].key == "unauthenticated" && node->entries[0].value.text == "i-accept";
  project.unauthenticated_accepted = accepted;
  if (accepted) return;
  top.problems().add(ErrorCode::kProjectUnsupported, node->mark,
                     "'security': passwords and encryption are not there yet; the one accepted setting is "
                     "`security: {unauthenticated: i-accept}`, which opens listeners to other machines without any");
}

void check_listeners(const std::vector<Listener>& listeners, const Project& project, const Problems& problems) {
  for (size_t i = 0; i < listeners.size(); ++i) {
    const auto& [key, address, place] = listeners[i];
    if (!address->is_loopback() && !project.unauthenticated_accepted) {
      problems.add(
          ErrorCode::kInsecure, place,
          fmt::format("'{}': {} can be reached from other machines, and anyone there could read and write: listen on "
                      "127.0.0.1:{}, or add `security: {{unauthenticated: i-accept}}` to freshet.yaml",
                      key, address->to_string(), address->port));
    }
    for (size_t j = 0; j < i; ++j) {
      if (address->port == 0 || address->port != listeners[j].address->port) continue;
      problems.add(
          ErrorCode::kProjectInvalid, place,
          fmt::format("'{}': port {} is the port of '{}' too: choose another", key, address->port, listeners[j].key));
    }
  }
}

}  // namespace

void read_settings(const Node& root, const Problems& problems, Project& project) {
  Fields top(root, "", problems);
  std::vector<Listener> listeners = {{"kafka.listen", &project.kafka.listen, root.mark},
                                     {"web.listen", &project.web, root.mark},
                                     {"clickhouse.http", &project.clickhouse.http, root.mark},
                                     {"clickhouse.tcp", &project.clickhouse.tcp, root.mark}};
  read_name(top, project);
  read_id(top, project);
  read_kafka(top, project, listeners[0]);
  section(top, "web", [&](Fields& fields) { fields.address("listen", project.web, &listeners[1].place); });
  read_clickhouse(top, project, listeners[2], listeners[3]);
  read_engine(top, project.engine);
  size_t durability = static_cast<size_t>(project.durability);
  top.choice("durability", {"power", "process"}, durability);
  project.durability = static_cast<Durability>(durability);
  read_log(top, project.log);
  read_security(top, project);
  top.not_yet("registry", "the schema registry is not there yet; leave it out");
  top.finish();
  check_listeners(listeners, project, problems);
}

}  // namespace freshet::project
