#pragma once

#include <functional>
#include <memory>
#include <string>

#include "clickhouse/client.h"
#include "ingest/warehouse.h"

namespace freshet::ingest {

/// A stream's tables in ClickHouse. Belongs to the lane's thread; abort() may come from another.
class ClickHouseWarehouse final : public Warehouse {
 public:
  struct Options {
    clickhouse::Endpoint endpoint;
    std::string database;
    std::string stream;  ///< the raw table's name too
    std::string book_database;
    std::string boot_id;  ///< /proc/sys/kernel/random/boot_id
    int insert_timeout_ms = 120'000;
    /// Number of the engine's run, and how often its token logs were lost.
    std::function<std::pair<uint64_t, uint64_t>()> engine_run;
    std::function<void(const std::string& reason)> restart_engine;
    std::function<Result<void>()> rebuild_views;
  };
  explicit ClickHouseWarehouse(Options options);

  Result<EngineFacts> facts() override;
  Result<std::vector<StoredRows>> stored(Table table, Epoch epoch) override;
  Result<std::vector<StoredRows>> count(Table table, Epoch epoch, const std::vector<Range>& ranges,
                                        const std::string& query_id) override;
  InsertAnswer insert(Table table, const BuiltBatch& batch, const std::string& token,
                      const std::string& query_id) override;
  Result<void> fill(Table table, Epoch epoch, const BuiltBatch& batch, const std::string& token) override;
  Result<void> heal_views(Epoch epoch, const std::vector<Range>& ranges, const std::string& token) override;
  Result<void> rebuild_views() override;
  void restart_engine(const std::string& reason) override;
  void abort() override { client_.abort(); }

 private:
  std::string name_of(Table table) const;               ///< qualified and quoted
  std::string rows_of(Table table, Epoch epoch) const;  ///< WHERE condition for this stream and epoch
  Result<std::vector<StoredRows>> grouped(Table table, const std::string& where);

  const Options options_;
  clickhouse::Client client_;
};

/// "(_partition = 0 AND _offset >= 5 AND _offset < 9) OR (…)"
std::string ranges_condition(const std::vector<Range>& ranges);

}  // namespace freshet::ingest
