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
