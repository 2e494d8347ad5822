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

}  // namespace
}  // namespace freshet::broker
