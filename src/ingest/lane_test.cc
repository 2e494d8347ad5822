#include "ingest/lane.h"

#include <gtest/gtest.h>

namespace freshet::ingest {
namespace {

constexpr PartitionId kZero(0);
constexpr PartitionId kOne(1);

Error broken() { return {ErrorCode::kClickHouseUnreachable, "unreachable", {}, 0, 0}; }

/// Runs a lane of two partitions by hand: each action is taken, looked at and answered.
class LaneTest : public ::testing::Test {
 protected:
  LaneTest() { facts_ = {{"uuid-1", 0, "26.7", "boot-1"}, 1}; }

  void make() {
    LaneConfig config;
    config.stream = config.raw_table = "events";
    config.definition = "def";
    config.epoch = Epoch(1);
    config.partitions = 2;
    lane_ = std::make_unique<Lane>(config);
  }
  template <class T>
  T main() {
    for (int i = 0; i < 100; ++i, now_us_ += 1'000'000) {
      auto action = lane_->next_main(now_us_);
      if (!action) continue;
      EXPECT_TRUE(std::holds_alternative<T>(*action)) << "action " << action->index();
      return std::holds_alternative<T>(*action) ? std::get<T>(*action) : T{};
    }
    ADD_FAILURE() << "no action: " << lane_->status().problem;
    return {};
  }
  void load(std::vector<Commit> committed = {}, std::vector<StoredRows> raw = {}, std::vector<StoredRows> dead = {}) {
    make();
    main<LoadAction>();
    Loaded loaded;
    loaded.facts = facts_;
    loaded.committed = std::move(committed);
    loaded.raw = std::move(raw);
    loaded.dead = std::move(dead);
    loaded.bounds = {{Offset(0), Offset(100)}, {Offset(0), Offset(100)}};
    lane_->on_loaded(loaded, now_us_);
  }
  static std::shared_ptr<const BuiltBatch> batch(std::vector<Range> ranges, int64_t dead = 0) {
    auto built = std::make_shared<BuiltBatch>();
    built->ranges = ranges;
    int64_t rows = 0;
    for (const Range& r : ranges) {
      built->gains.push_back({r.partition, r.end, (r.end - r.first) - dead, dead, 0, 77});
      rows += (r.end - r.first) - dead;
    }
    built->raw_print = {rows, hash128("raw")};
    if (dead > 0) built->dead_print = {dead * static_cast<int64_t>(ranges.size()), hash128("dead")};
    return built;
  }
  /// The lane asks for a build and gets this one.
  BuildAction build(std::shared_ptr<const BuiltBatch> built) {
    now_us_ += 1'000'000;
    const auto action = lane_->next_build(now_us_, 5);
    EXPECT_TRUE(action);
    BuildAnswer answer;
    answer.ranges = built->ranges;
    answer.sealed = built;
    lane_->on_built(answer, now_us_);
    return action.value_or(BuildAction{});
  }
  SaveAction saved() {
    SaveAction save = main<SaveAction>();
    lane_->on_saved({}, now_us_);
    return save;
  }
  InsertAction inserted(InsertVerdict verdict = InsertVerdict::kDone) {
    InsertAction insert = main<InsertAction>();
    lane_->on_inserted(answer(verdict, facts_.run), now_us_);
    return insert;
  }
  static InsertAnswer answer(InsertVerdict verdict, uint64_t run) {
    InsertAnswer answer;
    answer.verdict = verdict;
    answer.run = run;
    return answer;
  }
  void probed() {
    main<ProbeAction>();
    lane_->on_probed(facts_, now_us_);
  }
  void counted(int64_t raw, int64_t dead = 0) {
    main<CountAction>();
    lane_->on_counted(Counted{{{kZero, raw, Offset(9)}}, {{kZero, dead, Offset(9)}}}, now_us_);
  }
  static Intent parse(const Commit& commit) { return parse_intent(commit.metadata).value_or(Intent{}); }
  /// An intent of an earlier process for [0, 10) of partition 0.
  std::vector<Commit> left_behind() {
    load();
    build(batch({{kZero, Offset(0), Offset(10)}}));
    return main<SaveAction>().commits;
  }

  EngineFacts facts_;
  std::unique_ptr<Lane> lane_;
  int64_t now_us_ = 1'000'000;
};

TEST_F(LaneTest, IntentIsSavedBeforeTheInsertAndConfirmedWhenIdle) {
  load();
  build(batch({{kZero, Offset(0), Offset(10)}}, 2));
  const SaveAction intent = saved();
  ASSERT_EQ(intent.commits.size(), 1u);
  EXPECT_EQ(intent.commits[0].offset, Offset(0));
  EXPECT_TRUE(parse(intent.commits[0]).has_batch());
  EXPECT_EQ(inserted().table, Table::kDead);
  EXPECT_EQ(inserted().table, Table::kRaw);
  EXPECT_EQ(lane_->position(kZero), Offset(10));
  EXPECT_EQ(lane_->confirmed(kZero), Offset(0));
  const SaveAction confirmation = saved();
  EXPECT_FALSE(parse(confirmation.commits[0]).has_batch());
  EXPECT_EQ(confirmation.commits[0].offset, Offset(10));
  EXPECT_EQ(parse(confirmation.commits[0]).state.raw, 8);
  EXPECT_EQ(lane_->confirmed(kZero), Offset(10));
}

TEST_F(LaneTest, RefusedIntentIsSavedAgainAndNothingIsInserted) {
  load();
  build(batch({{kZero, Offset(0), Offset(10)}}));
  main<SaveAction>();
  lane_->on_saved(std::unexpected(broken()), now_us_);
  probed();
  saved();
  inserted();
  EXPECT_EQ(lane_->position(kZero), Offset(10));
}

TEST_F(LaneTest, NextIntentConfirmsThePartitionsOfTheBatchBefore) {
  load();
  build(batch({{kZero, Offset(0), Offset(10)}}));
  saved();
  inserted();
  build(batch({{kOne, Offset(0), Offset(5)}}));
  const SaveAction save = saved();
  ASSERT_EQ(save.commits.size(), 2u);
  EXPECT_EQ(save.commits[0].partition, kOne);
  EXPECT_FALSE(parse(save.commits[1]).has_batch());
  EXPECT_EQ(save.commits[1].offset, Offset(10));
}

TEST_F(LaneTest, ErrorIsFollowedByTheSameToken) {
  load();
  build(batch({{kZero, Offset(0), Offset(10)}}));
  saved();
  const std::string token = inserted(InsertVerdict::kDoubt).token;
  facts_.run = 2;  // started again through the repair
  probed();
  EXPECT_EQ(inserted().token, token);
  EXPECT_EQ(lane_->position(kZero), Offset(10));
}

TEST_F(LaneTest, AnswerOfAnotherRunOfTheEngineIsNotBelieved) {
  load();
  build(batch({{kZero, Offset(0), Offset(10)}}));
  saved();
  inserted(InsertVerdict::kDoubt);
  probed();
  main<InsertAction>();
  lane_->on_inserted(answer(InsertVerdict::kDone, 2), now_us_);
  EXPECT_EQ(lane_->position(kZero), Offset(0));
  facts_.run = 2;
  facts_.scope.boot_id += "-1";  // with token logs that could not be read
  probed();
  counted(0);
}

TEST_F(LaneTest, TokenOfASpoiltRunIsNotRepeated) {
  load();
  build(batch({{kZero, Offset(0), Offset(10)}}));
  saved();
  inserted(InsertVerdict::kNeedsRepair);
  main<RestartEngineAction>();
  lane_->on_engine_restarted(now_us_);
  probed();  // the restart failed: it is still run 1
  main<CountAction>();
}

TEST_F(LaneTest, NothingInRawLeadsToTheNextGenerationWhichIsSavedFirst) {
  load();
  build(batch({{kZero, Offset(0), Offset(10)}}));
  saved();
  const std::string token = inserted(InsertVerdict::kDoubt).token;
  facts_.scope.boot_id = "boot-2";
  probed();
  counted(0);
  main<SaveAction>();
  lane_->on_saved(std::unexpected(broken()), now_us_);
  probed();
  const SaveAction again = saved();  // not inserted before this is written down
  EXPECT_EQ(parse(again.commits[0]).generation, 1u);
  EXPECT_FALSE(parse(again.commits[0]).counted);
  EXPECT_NE(inserted().token, token);
}

TEST_F(LaneTest, SomeInRawIsFilledUnderASavedGenerationAndViewsAreRebuilt) {
  load();
  build(batch({{kZero, Offset(0), Offset(10)}}));
  saved();
  inserted(InsertVerdict::kDoubt);
  facts_.scope.engine_version = "26.8";
  probed();
  counted(4);
  EXPECT_TRUE(parse(saved().commits[0]).counted);
  main<FillAction>();
  lane_->on_repaired({}, now_us_);
  main<RebuildViewsAction>();
  lane_->on_repaired({}, now_us_);
  EXPECT_EQ(lane_->position(kZero), Offset(10));
}

TEST_F(LaneTest, CountedIntentOfAnEarlierProcessIsCountedAgain) {
  std::vector<Commit> commits = left_behind();
  Intent intent = parse(commits[0]);
  intent.counted = true;
  commits[0].metadata = *encode(intent);
  load(commits);
  probed();
  build(batch({{kZero, Offset(0), Offset(10)}}));
  main<CountAction>();
}

TEST_F(LaneTest, DecodingAheadBeginsBehindTheBatchInDoubt) {
  load(left_behind());
  probed();
  EXPECT_TRUE(build(batch({{kZero, Offset(0), Offset(10)}})).exact);
  const InsertAction insert = main<InsertAction>();
  EXPECT_EQ(insert.batch->ranges[0].end, Offset(10));
  Lane& lane = *lane_;
  lane.advance(kZero, Offset(20'000));
  const auto ahead = lane.next_build(now_us_, 5);
  ASSERT_TRUE(ahead);
  for (const Wanted& wanted : ahead->wanted) {
    EXPECT_TRUE(wanted.partition != kZero || wanted.first == Offset(10));
  }
}

TEST_F(LaneTest, QueriesOfEveryTableAndGenerationAreEndedBeforeCounting) {
  load();
  build(batch({{kZero, Offset(0), Offset(10)}}, 1));
  saved();
  const InsertAction dead = inserted(InsertVerdict::kDoubt);
  facts_.scope.boot_id = "boot-2";
  probed();
  EXPECT_TRUE(dead.query_id.starts_with(main<CountAction>().query_id));
}

TEST_F(LaneTest, LostOffsetsTakeRawsPosition) {
  load({}, {{kZero, 30, Offset(29)}}, {{kZero, 2, Offset(31)}});
  EXPECT_EQ(lane_->position(kZero), Offset(32));
  EXPECT_EQ(lane_->position(kOne), Offset(0));
}

TEST_F(LaneTest, ALogThatEndsBelowWhatWasIngestedStopsTheStream) {
  load({}, {{kOne, 150, Offset(149)}});
  const Error error = lane_->status().error.value_or(Error{});
  EXPECT_EQ(error.code, ErrorCode::kLogGap);
  EXPECT_NE(error.message.find("partition 1"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("150"), std::string::npos);
  EXPECT_NE(error.message.find("100"), std::string::npos);
  load({}, {{kOne, 100, Offset(99)}});
  EXPECT_FALSE(lane_->status().error);
}

TEST_F(LaneTest, RawBehindAnchorAndOtherTableStopTheStream) {
  Intent done;
  done.epoch = Epoch(1);
  done.scope = facts_.scope;
  done.state.raw = 10;
  done.state.anchor = 5;
  const std::vector<Commit> commits = {{kZero, Offset(10), *encode(done)}};
  load(commits);
  EXPECT_EQ(lane_->status().error.value_or(Error{}).code, ErrorCode::kRawBehind);
  facts_.scope.raw_uuid = "uuid-2";
  load(commits, {{kZero, 10, Offset(9)}});
  EXPECT_EQ(lane_->status().error.value_or(Error{}).code, ErrorCode::kRawReplaced);
}

TEST_F(LaneTest, MetadataOfAnotherEpochIsPassedOver) {
  std::vector<Commit> commits = left_behind();
  Intent intent = parse(commits[0]);
  intent.epoch = Epoch(9);
  commits[0] = {kZero, Offset(50), *encode(intent)};
  load(commits);
  EXPECT_EQ(lane_->position(kZero), Offset(0));
}

TEST_F(LaneTest, StopDropsWhatHasNoIntentAndConfirmsTheRest) {
  load();
  build(batch({{kZero, Offset(0), Offset(10)}}));
  saved();
  inserted();
  build(batch({{kZero, Offset(10), Offset(20)}}));
  lane_->stop();
  EXPECT_EQ(saved().commits[0].offset, Offset(10));
  EXPECT_FALSE(lane_->next_main(now_us_));
  EXPECT_EQ(lane_->status().state, LaneStatus::State::kStopped);
}

}  // namespace
}  // namespace freshet::ingest
