#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "base/error.h"
#include "base/hash.h"
#include "base/ids.h"
#include "clickhouse/client.h"
#include "ingest/batch.h"

/// The book-keeping tables of a project, NAME__freshet.
namespace freshet::app {

/// The epoch of this incarnation of a topic, from the table `epochs`; a new one, the next number, where it has none.
/// One process at a time may do this for a project: the data folder's lock sees to it.
Result<Epoch> epoch_of(clickhouse::Client& client, const std::string& book_database, const std::string& cluster,
                       const std::string& topic, const Uuid& topic_id);

/// Rows of the table `inserts`: for people who look, no part of the protocol. Written every few seconds on a thread of
/// its own; what does not fit the queue, or cannot be written, is dropped.
class InsertsBook {
 public:
  InsertsBook(clickhouse::Endpoint endpoint, std::string book_database);
  ~InsertsBook();  ///< writes what is queued, if ClickHouse answers
  /// Any thread; never blocks.
  void add(const std::string& stream, const ingest::BuiltBatch& batch, int64_t visible_at_ms);

 private:
  void run();
  void write(std::deque<std::string> rows);

  clickhouse::Client client_;  ///< the thread's
  const std::string book_database_;
  std::mutex mutex_;
  std::condition_variable wakes_;
  std::deque<std::string> rows_;  ///< JSON; guarded by mutex_
  bool stopping_ = false;         ///< guarded by mutex_
  std::jthread thread_;
};

}  // namespace freshet::app
