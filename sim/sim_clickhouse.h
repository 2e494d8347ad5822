#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "ingest/warehouse.h"
#include "sim/random.h"
#include "sim/timeline.h"
#include "sim/trace.h"

/// ClickHouse as the engine contract tests found it to behave: a raw table split into parts by partition key, two views
/// that are fed after raw, one by one, and a token log for each table that is written before the part is renamed.
namespace freshet::sim {

struct RawRow {
  uint32_t epoch = 0;
  int32_t partition = 0;
  int64_t offset = 0;
  std::string id;
  int64_t month = 0;
  int64_t bucket = 0;
  int64_t amount = 0;
};
/// What both views keep: a count and a sum for each bucket.
struct Sum {
  int64_t count = 0;
  int64_t amount = 0;
  bool operator==(const Sum&) const = default;
};

struct Part {
  std::vector<RawRow> rows;     ///< raw and dead letters
  std::map<int64_t, Sum> sums;  ///< views
};

/// One table: parts and token lines on disk, and the tokens that the running engine remembers.
struct SimTable {
  struct TokenLine {
    std::string token;
    int64_t part = 0;
    bool struck = false;
  };
  std::string name;
  std::map<int64_t, Part> parts;
  std::vector<TokenLine> lines;
  std::deque<std::string> window;  ///< in memory, newest last
  std::set<std::string> known;     ///< the same
};

/// How the machine is built wrong on purpose, to show that the audit sees it.
struct Mutant {
  bool no_token_repair = false;
  bool no_intent = false;
  bool same_generation = false;
  bool no_dedup = false;
};

class SimClickHouse {
 public:
  struct Faults {
    int kill_in_steps = -1;    ///< the engine dies at that small step of an insert
    int rename_fails_in = -1;  ///< the n-th rename from now fails
    double slow = 0;           ///< share of small steps that take seconds
    double refuse = 0;         ///< share of inserts refused without writing (memory, too many queries)
    std::array<bool, 2> view_broken{};
  };
  using Answered = std::function<void(const ingest::InsertAnswer&)>;

  SimClickHouse(Timeline& timeline, Random& random, Trace& trace, const Mutant& mutant, size_t window);

  // The child process.
  bool running() const { return running_; }
  bool ending() const { return ending_; }
  void start();
  void kill();
  /// The pipe was closed: what runs goes on for a moment, then the engine ends in order.
  void close_pipe();
  std::function<void()> on_death;
  void set_boot(std::string id) { scope_.boot_id = std::move(id); }
  /// Another version, whose token logs nobody knows how to repair: its next start believes every line.
  void set_version(std::string version) {
    scope_.engine_version = std::move(version);
    unrepaired_start_ = true;
  }
  Faults faults;

  // Its HTTP interface; calls while it does not run are refused.
  ingest::EngineFacts facts() const;
  std::vector<ingest::StoredRows> stored(ingest::Table table, Epoch epoch) const;
  std::vector<ingest::StoredRows> count(ingest::Table table, Epoch epoch,
                                        const std::vector<ingest::Range>& ranges) const;
  /// Ends queries whose id begins so, and waits for them.
  void kill_queries(const std::string& prefix);
  void insert(ingest::Table table, const ingest::BuiltBatch& batch, const std::string& token,
              const std::string& query_id, Answered answered);
  void fill(ingest::Table table, Epoch epoch, const ingest::BuiltBatch& batch, const std::string& token,
            Answered answered);
  void heal(Epoch epoch, const std::vector<ingest::Range>& ranges, const std::string& token, Answered answered);
  void rebuild(Answered answered);
  Epoch epoch_of(const Uuid& topic);

  // For the auditor.
  const SimTable& raw() const { return raw_; }
  const SimTable& dead() const { return dead_; }
  const std::array<SimTable, 2>& views() const { return views_; }

 private:
  /// A block on its way into a table, cut into parts.
  struct Target {
    SimTable* table = nullptr;
    int view = -1;
    std::vector<std::pair<std::string, Part>> parts;  ///< with their tokens
  };
  struct Job {
    uint64_t number = 0;
    std::string query_id;
    std::vector<Target> targets;
    size_t target = 0;
    size_t part = 0;
    int64_t written = 0;  ///< number of the part whose token line stands and whose rename is next; 0: none
    bool rebuild = false;
    std::string error;
    std::string failing_view;
    Answered answered;
  };

  void begin(Job job);
  void schedule(uint64_t number);
  /// One small step; false when the job has ended.
  bool advance(Job& job);
  bool rename(Job& job, SimTable& table);
  void answer(Job& job, ingest::InsertVerdict verdict);
  void remember(SimTable& table, const std::string& token);
  void repair_and_load(SimTable& table, bool repair);
  std::vector<SimTable*> tables();
  Job make_job(ingest::Table table, std::vector<RawRow> rows, const std::string& token, std::string query_id,
               Answered answered);
  std::vector<RawRow> rows_in(ingest::Table table, Epoch epoch, const std::vector<ingest::Range>& ranges) const;

  Timeline& timeline_;
  Random& random_;
  Trace& trace_;
  const Mutant mutant_;
  const size_t window_;

  bool running_ = false;
  bool ending_ = false;
  bool unrepaired_start_ = false;
  uint64_t run_ = 0;
  uint64_t life_ = 0;  ///< raised by every start and end: events of an earlier life are void
  ingest::TokenScope scope_;
  SimTable raw_, dead_;
  std::array<SimTable, 2> views_;
  std::map<uint64_t, Job> jobs_;
  uint64_t next_job_ = 1;
  int64_t next_part_ = 1;
  std::map<Uuid, uint32_t> epochs_;
  std::map<std::string, Hash128> blocks_;  ///< what each token was first sent with
};

/// Rows of a batch's block.
std::vector<RawRow> rows_of(ingest::Table table, const ingest::BuiltBatch& batch);

}  // namespace freshet::sim
