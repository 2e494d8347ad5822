#include "app/book.h"

#include <fmt/format.h>
#include <pthread.h>

#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/strings.h"
#include "clickhouse/ddl.h"

namespace freshet::app {
namespace {
constexpr size_t kQueueLimit = 10'000;
constexpr std::chrono::seconds kInterval{3};
}  // namespace

Result<Epoch> epoch_of(clickhouse::Client& client, const std::string& book_database, const std::string& cluster,
                       const std::string& topic, const Uuid& topic_id) {
  const std::string table = clickhouse::qualified(book_database, "epochs");
  ASSIGN_OR_RETURN(const auto rows,
                   client.rows(fmt::format(
                       "SELECT maxIf(epoch, cluster = {0} AND topic_id = {1}), max(epoch) FROM {2} WHERE topic = {3}",
                       quote_literal(cluster), quote_literal(topic_id.to_string()), table, quote_literal(topic))));
  if (rows.size() != 1 || rows[0].size() != 2) return fail(ErrorCode::kClickHouse, "table {} gave no answer", table);
  const auto known = static_cast<uint32_t>(std::strtoul(rows[0][0].c_str(), nullptr, 10));
  if (known != 0) return Epoch(known);
  const Epoch next(static_cast<uint32_t>(std::strtoul(rows[0][1].c_str(), nullptr, 10)) + 1);
  RETURN_IF_ERROR(client.execute(fmt::format(
      "INSERT INTO {} (cluster, topic, topic_id, epoch) SETTINGS async_insert = 0 VALUES ({}, {}, {}, {})", table,
      quote_literal(cluster), quote_literal(topic), quote_literal(topic_id.to_string()), next.value)));
  return next;
}

InsertsBook::InsertsBook(clickhouse::Endpoint endpoint, std::string book_database)
    : client_(std::move(endpoint)), book_database_(std::move(book_database)), thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "inserts-book");
}

InsertsBook::~InsertsBook() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wakes_.notify_all();
  thread_.join();
}

void InsertsBook::add(const std::string& stream, const ingest::BuiltBatch& batch, int64_t visible_at_ms) {
  std::string ranges;
  for (const ingest::Range& range : batch.ranges) {
    ranges +=
        fmt::format("{}{}:{}-{}", ranges.empty() ? "" : ",", range.partition.value, range.first.value, range.end.value);
  }
  const auto row = [&](const std::string& table, int64_t rows, size_t bytes) {
    nlohmann::json json = {{"at", fmt::format("{}.{:03}", visible_at_ms / 1000, visible_at_ms % 1000)},
                           {"stream", stream},
                           {"table", table},
                           {"token", batch.name.hex()},
                           {"batch", batch.name.high},
                           {"ranges", ranges},
                           {"rows", rows},
                           {"bytes", bytes},
                           {"ms", static_cast<double>(visible_at_ms - batch.inserted_at_ms)}};
    return json.dump();
  };
  const std::lock_guard lock(mutex_);
  if (rows_.size() >= kQueueLimit) return;
  if (batch.raw_print.rows > 0) rows_.push_back(row(stream, batch.raw_print.rows, batch.raw_bytes.size()));
  if (batch.dead_print.rows > 0) rows_.push_back(row("dead_letters", batch.dead_print.rows, batch.dead_bytes.size()));
}

void InsertsBook::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_ || !rows_.empty()) {
    if (!stopping_) wakes_.wait_for(lock, kInterval, [&] { return stopping_; });
    if (rows_.empty()) continue;
    std::deque<std::string> rows = std::move(rows_);
    rows_.clear();
    lock.unlock();
    write(std::move(rows));
    lock.lock();
  }
}

void InsertsBook::write(std::deque<std::string> rows) {
  std::string body;
  for (const std::string& row : rows) body += row + "\n";
  clickhouse::Query query;
  query.sql = fmt::format("INSERT INTO {} FORMAT JSONEachRow", clickhouse::qualified(book_database_, "inserts"));
  query.settings = {{"async_insert", "0"}};
  query.body = body;
  query.timeout_ms = 10'000;
  static_cast<void>(client_.run(query));
}

}  // namespace freshet::app
