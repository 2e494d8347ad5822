#include <algorithm>
#include <map>

#include "base/strings.h"
#include "project/fields.h"
#include "project/names.h"
#include "project/readers.h"

namespace freshet::project {
namespace {

constexpr size_t kMaxColumns = 1000;

void read_topic(Fields& top, Stream& stream) {
  stream.topic = stream.name;
  top.text("topic", stream.topic);
  const Node* node = top.find("topic");
  if (const auto fault = topic_name_fault(stream.topic); fault && node != nullptr) {
    top.problems().add(ErrorCode::kProjectInvalid, node->mark, fmt::format("'topic': '{}' {}", stream.topic, *fault));
  }
}

void read_format(Fields& top, Stream& stream) {
  const Node* node = top.find("format");
  if (node != nullptr && (node->text == "avro" || node->text == "protobuf")) {
    top.problems().add(ErrorCode::kProjectUnsupported, node->mark,
                       fmt::format("'format': {} is not there yet; the one format is json", node->text));
    return;
  }
  size_t format = 0;
  top.choice("format", {"json"}, format);
  stream.format = "json";
}

/// ClickHouse takes columns `a.x` and `a.y` of type Array for one Nested structure and wants them equally long.
void check_nested_arrays(const Stream& stream, const Problems& problems) {
  std::map<std::string, std::string> seen;
  for (const Column& column : stream.columns) {
    const size_t dot = column.name.find('.');
    if (dot == std::string::npos || !column.type.starts_with("Array(")) continue;
    const auto [first, fresh] = seen.emplace(column.name.substr(0, dot), column.name);
    if (fresh) continue;
    problems.add(
        ErrorCode::kProjectInvalid, {column.line, column.column},
        fmt::format(
            "'columns': ClickHouse would take '{}' and '{}' for one Nested column, whose arrays must be equally "
            "long: keep one of them",
            first->second, column.name));
  }
}

void read_columns(Fields& top, Stream& stream) {
  const Node* node = top.require("columns", "columns: {event_id: String, ts: \"DateTime64(3, 'UTC')\"}");
  if (node == nullptr) return;
  const Problems& problems = top.problems();
  if (node->kind != Node::Kind::kMap) {
    problems.add(
        ErrorCode::kProjectWrongType, node->mark,
        fmt::format("'columns' must be a map of names to ClickHouse types, one a line like `event_id: String`, not {}",
                    node->kind_name()));
    return;
  }
  if (node->entries.empty() || node->entries.size() > kMaxColumns) {
    problems.add(ErrorCode::kProjectInvalid, node->mark,
                 fmt::format("'columns' must name 1 to {} columns, not {}", kMaxColumns, node->entries.size()));
  }
  for (const Node::Entry& entry : node->entries) {
    if (const auto fault = column_name_fault(entry.key)) {
      problems.add(ErrorCode::kProjectInvalid, entry.mark, fmt::format("'columns': '{}' {}", entry.key, *fault));
    }
    if (entry.value.kind != Node::Kind::kScalar || trim(entry.value.text).empty()) {
      problems.add(
          ErrorCode::kProjectWrongType, entry.value.kind == Node::Kind::kNull ? entry.mark : entry.value.mark,
          fmt::format("'columns.{}' must be a ClickHouse type like String or DateTime64(3, 'UTC'), not {}", entry.key,
                      entry.value.kind == Node::Kind::kScalar ? "an empty text" : entry.value.kind_name()));
      continue;
    }
    stream.columns.push_back(
        {entry.key, std::string(trim(entry.value.text)), entry.value.mark.line, entry.value.mark.column});
  }
  check_nested_arrays(stream, problems);
}

std::vector<std::string> column_names(const Stream& stream) {
  std::vector<std::string> names;
  for (const Column& column : stream.columns) names.push_back(column.name);
  return names;
}

/// A plain name must be a column; anything else is an expression, which ClickHouse checks.
void check_names_column(const Fields& top, std::string_view key, const Node& node, const std::string& text,
                        const Stream& stream, bool must_be_plain) {
  if (stream.columns.empty() || (!must_be_plain && column_name_fault(text).has_value())) return;
  const std::vector<std::string> names = column_names(stream);
  if (std::find(names.begin(), names.end(), text) != names.end()) return;
  const std::string meant = nearest(text, names);
  top.problems().add(ErrorCode::kProjectInvalid, node.mark,
                     fmt::format("'{}': '{}' is not a column of this stream{}", key, text,
                                 meant.empty() ? fmt::format("; its columns are {}", fmt::join(names, ", "))
                                               : fmt::format("; did you mean '{}'?", meant)));
}

/// [toStartOfInterval(ts, INTERVAL 1 DAY)] without quotes is two items of a YAML list.
bool is_balanced(std::string_view text) {
  int open = 0;
  for (const char c : text) {
    if (c == '(') ++open;
    if (c == ')' && --open < 0) return false;
  }
  return open == 0;
}

void read_expression(const Fields& top, std::string_view key, const Node& node, const Stream& stream,
                     std::string& out) {
  if (node.kind != Node::Kind::kScalar || trim(node.text).empty()) {
    top.problems().add(ErrorCode::kProjectWrongType, node.mark,
                       fmt::format("'{}' must hold column names or expressions, not {}", key,
                                   node.kind == Node::Kind::kScalar ? "an empty text" : node.kind_name()));
    return;
  }
  out = trim(node.text);
  if (!is_balanced(out)) {
    top.problems().add(
        ErrorCode::kProjectInvalid, node.mark,
        fmt::format("'{}': the parentheses of '{}' are not closed: put an expression that holds a comma in double "
                    "quotes, like [\"toStartOfInterval(ts, INTERVAL 1 DAY)\"]",
                    key, out));
    return;
  }
  check_names_column(top, key, node, out, stream, false);
}

void read_order_by(Fields& top, Stream& stream) {
  const Node* node = top.require("order_by", "order_by: [ts]");
  if (node == nullptr) return;
  const auto add = [&](const Node& item) {
    std::string text;
    read_expression(top, "order_by", item, stream, text);
    if (text.empty()) return;
    if (std::find(stream.order_by.begin(), stream.order_by.end(), text) != stream.order_by.end()) {
      top.problems().add(ErrorCode::kProjectInvalid, item.mark,
                         fmt::format("'order_by': '{}' stands here twice", text));
      return;
    }
    stream.order_by.push_back(std::move(text));
  };
  if (node->kind != Node::Kind::kSequence) return add(*node);
  for (const Node& item : node->items) add(item);
  if (node->items.empty()) {
    top.problems().add(ErrorCode::kProjectInvalid, node->mark,
                       "'order_by' is empty: name the columns that queries filter by, like [project, ts]");
  }
}

void read_time(Fields& top, Stream& stream) {
  top.text("time", stream.time);
  const Node* node = top.find("time");
  if (node == nullptr || stream.time.empty()) return;
  check_names_column(top, "time", *node, stream.time, stream, true);
  const auto column = std::find_if(stream.columns.begin(), stream.columns.end(),
                                   [&](const Column& c) { return c.name == stream.time; });
  if (column != stream.columns.end() && !column->type.starts_with("Date")) {
    top.problems().add(
        ErrorCode::kProjectInvalid, node->mark,
        fmt::format("'time': '{}' is of type {}: the time of an event is a Date, DateTime or DateTime64 column",
                    stream.time, column->type));
  }
}

void read_ingest(Fields& top, IngestSettings& ingest) {
  const Node* node = top.find("ingest");
  if (node == nullptr) return;
  Fields fields(*node, "ingest", top.problems());
  int64_t floor_ms = ingest.floor_ms;
  fields.duration("floor", 0, 60'000, floor_ms);
  ingest.floor_ms = static_cast<int32_t>(floor_ms);
  fields.integer("max_rows", 1, 1'000'000, ingest.max_rows);
  fields.size("max_bytes", int64_t{64} << 10, int64_t{512} << 20, ingest.max_bytes);
  fields.finish();
}

}  // namespace

void read_stream(const Node& root, const Problems& problems, Stream& stream) {
  Fields top(root, "", problems);
  read_topic(top, stream);
  int64_t partitions = stream.partitions;
  top.integer("partitions", 1, kMaxPartitions, partitions);
  stream.partitions = static_cast<int32_t>(partitions);
  read_format(top, stream);
  read_columns(top, stream);
  read_time(top, stream);
  read_order_by(top, stream);
  if (const Node* node = top.find("partition_by"))
    read_expression(top, "partition_by", *node, stream, stream.partition_by);
  read_ingest(top, stream.ingest);
  top.not_yet(
      "ttl",
      "removing old rows by itself is not there yet; leave it out, and delete with ALTER TABLE … DROP PARTITION");
  top.not_yet("dedup", "dropping repeated events by their id is not there yet; leave it out");
  top.not_yet("late", "a policy for late events is not there yet; leave it out: they are counted like all others");
  top.finish();
}

}  // namespace freshet::project
