#include <gtest/gtest.h>

#include "ingest/lane.h"

namespace freshet::ingest {
namespace {

/// A lane of one partition with one batch of ten records whose insert a view refuses.
class ViewThatRefuses : public testing::Test {
 protected:
  ViewThatRefuses() : lane_(config()) {
    Loaded loaded;
    loaded.facts = {scope(), 1};
    loaded.bounds = {{Offset(0), Offset(10)}};
    next<LoadAction>();
    lane_.on_loaded(std::move(loaded), now_us_);
    auto batch = std::make_shared<BuiltBatch>();
    batch->ranges = {{PartitionId(0), Offset(0), Offset(10)}};
    batch->raw_print.rows = 10;
    batch->gains = {{PartitionId(0), Offset(10), 10, 0, 0, 7}};
    EXPECT_TRUE(lane_.next_build(now_us_, 1).has_value());
    lane_.on_built(BuildAnswer{batch->ranges, 10, 100, batch}, now_us_);
    next<SaveAction>();
    lane_.on_saved({}, now_us_);
  }
  static LaneConfig config() {
    LaneConfig config;
    config.stream = config.raw_table = "events";
    config.epoch = Epoch(1);
    config.partitions = 1;
    return config;
  }
  static TokenScope scope() { return {"uuid", 0, "26.7", "boot"}; }

  template <class Action>
  Action next() {
    for (int i = 0; i < 100; ++i) {
      now_us_ += 100'000;
      if (auto action = lane_.next_main(now_us_)) {
        EXPECT_TRUE(std::holds_alternative<Action>(*action)) << "action " << action->index();
        if (auto* wanted = std::get_if<Action>(&*action)) return *wanted;
      }
    }
    ADD_FAILURE() << "no action came";
    return {};
  }
  void probed() {
    next<ProbeAction>();
    lane_.on_probed(EngineFacts{scope(), 1}, now_us_);
  }
  std::string refused(const std::string& view, bool comes_again) {
    const auto insert = next<InsertAction>();
    lane_.on_inserted({InsertVerdict::kDoubt, "no", view, comes_again, 1}, now_us_);
    return insert.token;
  }

  int64_t now_us_ = 1'000'000;
  Lane lane_;
};

TEST_F(ViewThatRefuses, IsFrozenAfterThreeAttemptsAndTheBatchGoesOnWithItsToken) {
  const std::string token = refused("v_mv", true);
  probed();
  EXPECT_EQ(refused("v_mv", true), token);
  probed();
  EXPECT_EQ(refused("v_mv", true), token);
  EXPECT_EQ(next<FreezeViewAction>().trigger, "v_mv");
  lane_.on_view_frozen({}, now_us_);
  probed();
  EXPECT_EQ(next<InsertAction>().token, token);
  lane_.on_inserted({InsertVerdict::kDone, "", "", false, 1}, now_us_);
  EXPECT_EQ(lane_.position(PartitionId(0)), Offset(10));
  EXPECT_TRUE(lane_.status().failing_view.empty());
}

TEST_F(ViewThatRefuses, ErrorsThatPassAreOnlyRepeated) {
  for (int i = 0; i < 10; ++i) {
    refused("v_mv", false);
    EXPECT_EQ(lane_.status().failing_view, "v_mv");
    probed();
  }
}

TEST_F(ViewThatRefuses, SeveralViewsAreEachCountedForThemselves) {
  for (const char* view : {"a_mv", "b_mv", "a_mv", "b_mv"}) {
    refused(view, true);
    probed();
  }
  refused("b_mv", true);
  probed();
  refused("b_mv", true);
  EXPECT_EQ(next<FreezeViewAction>().trigger, "b_mv");
}

TEST_F(ViewThatRefuses, FreezingThatFailsIsTriedAgain) {
  for (int i = 0; i < 2; ++i) {
    refused("v_mv", true);
    probed();
  }
  refused("v_mv", true);
  next<FreezeViewAction>();
  lane_.on_view_frozen(fail(ErrorCode::kClickHouse, "not now"), now_us_);
  probed();
  for (int i = 0; i < 2; ++i) {
    refused("v_mv", true);
    probed();
  }
  refused("v_mv", true);
  EXPECT_EQ(next<FreezeViewAction>().trigger, "v_mv");
}

}  // namespace
}  // namespace freshet::ingest
