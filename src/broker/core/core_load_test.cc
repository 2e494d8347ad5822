#include "broker/core/core_harness.h"

namespace freshet::broker {
namespace {

TEST(CoreLoad, NeverGivesAnOffsetTwiceThatWasIngested) {
  CoreHarness broker;
  broker.create("t", 2);
  const auto commit = [&](const char* group, int32_t partition, int64_t offset) {
    kafka::KafkaError error = kafka::KafkaError::kUnknownServerError;
    broker.core->groups().commit_positions(group, {{"t", partition, offset, -1, "m"}}, broker.now,
                                           [&](kafka::KafkaError answer) { error = answer; });
    broker.run_writer();
    EXPECT_EQ(error, kafka::KafkaError::kNone);
  };
  commit("freshet.p.s", 0, 40);  // as if the log's end had been lost in a power cut
  commit("somebody", 1, 70);
  broker.kill_and_restart();
  EXPECT_EQ(broker.produced("t", broker.batch(1)).base_offset, 40);
  EXPECT_EQ((*broker.core->catalog().find("t")->partition(1))->log_end(), Offset(0));
}

TEST(CoreLoad, ForgetsTheOffsetsOfATopicThatWasDeletedInAKill) {
  CoreHarness broker;
  broker.create("t", 1);
  broker.create("stays", 1);
  for (const char* topic : {"t", "stays"}) {
    broker.core->groups().commit_positions("freshet.p.s", {{topic, 0, 7, -1, "m"}}, broker.now, [](auto) {});
  }
  broker.run_writer();
  ASSERT_TRUE(broker.logs->remove("t"));
  broker.kill_and_restart();
  broker.run_writer();
  broker.create("t", 1);
  for (int i = 0; i < 2; ++i) {
    const auto committed = broker.core->groups().committed("freshet.p.s");
    ASSERT_EQ(committed.size(), 1u);
    EXPECT_EQ(committed[0].topic, "stays");
    broker.kill_and_restart();
    broker.run_writer();
  }
}

TEST(CoreDelete, ATopicWhoseFoldersAreRenamedIsGoneWhateverFailsLater) {
  for (uint64_t n = 1; n < 12; ++n) {
    CoreHarness broker;
    broker.create("t", 2);
    broker.disk.fail_once(n, {.error = Error{ErrorCode::kIo, "bad disk", {}, 0, 0}, .write_only = {}});
    Result<void> deleted;
    broker.core->delete_topic(broker.core->catalog().find("t"), [&](Result<void> done) { deleted = std::move(done); });
    broker.run_writer();
    EXPECT_EQ(deleted.has_value(), broker.core->catalog().find("t") == nullptr) << n;
    EXPECT_EQ(deleted.has_value(), broker.logs->find("t") == nullptr) << n;
    broker.disk.set_fault_hook({});
    broker.kill_and_restart();
    EXPECT_EQ(deleted.has_value(), broker.core->catalog().find("t") == nullptr) << n;
  }
}

}  // namespace
}  // namespace freshet::broker
