#include "ingest/intent.h"

#include <gtest/gtest.h>

#include <limits>

namespace freshet::ingest {
namespace {

Intent example() {
  Intent intent;
  intent.epoch = Epoch(3);
  intent.scope = {"0c5e7f0a-0000-4000-8000-000000000001", 0, "26.7.2.1", "5f0d-boot"};
  intent.definition = "00112233445566aa";
  intent.decoder_version = 1;
  intent.ranges = {{PartitionId(0), Offset(10), Offset(20)}, {PartitionId(3), Offset(0), Offset(1)}};
  intent.generation = 2;
  intent.inserted_at_ms = 1'763'839'000'123;
  intent.raw = {9, hash128("raw")};
  intent.dead = {2, hash128("dead")};
  intent.state = {1, 2, 3, 4, 5, 6, 7, 8};
  return intent;
}

TEST(Intent, ComesBackAsItWasWritten) {
  const Intent intent = example();
  const auto parsed = parse_intent(*encode(intent));
  ASSERT_TRUE(parsed) << parsed.error().to_string();
  EXPECT_EQ(parsed->ranges, intent.ranges);
  EXPECT_EQ(parsed->state, intent.state);
  EXPECT_EQ(parsed->scope, intent.scope);
  EXPECT_EQ(parsed->raw, intent.raw);
  EXPECT_EQ(parsed->dead, intent.dead);
  EXPECT_EQ(parsed->generation, 2u);
  EXPECT_EQ(parsed->inserted_at_ms, intent.inserted_at_ms);
  EXPECT_EQ(parsed->epoch, Epoch(3));
}

TEST(Intent, WithSixtyFourFarRangesFitsKafkasLimit) {
  Intent intent = example();
  intent.ranges.clear();
  for (int i = 0; i < 64; ++i) {
    intent.ranges.push_back({PartitionId(100'000 + i), Offset(1'000'000'000'000'000), Offset(1'000'000'000'200'000)});
  }
  const int64_t far = std::numeric_limits<int64_t>::min();
  intent.state = {far, far, far, far, far, far, far, 4'294'967'295u};
  const auto text = encode(intent);
  ASSERT_TRUE(text);
  EXPECT_LE(text->size(), kMaxIntentBytes);
}

TEST(Intent, ConfirmationHasNoBatch) {
  Intent intent = example();
  intent.ranges.clear();
  const auto parsed = parse_intent(*encode(intent));
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->has_batch());
  EXPECT_EQ(parsed->state.raw, 2);
}

TEST(Intent, ForeignOrDamagedMetadataIsRefused) {
  for (const char* text : {"", "consumer-7", "freshet1 epoch=x", "freshet1 ranges=0:5+0",
                           "freshet1 ranges=0:5+9223372036854775807", "freshet1 unknown=1", "freshet1 state=1,2"}) {
    const auto parsed = parse_intent(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kIntentMalformed);
  }
}

TEST(Token, DiffersByEverythingThatMakesAnotherBlock) {
  const Intent intent = example();
  Uuid project;
  Uuid other_project;
  other_project.bytes[0] = 1;
  const Hash128 name = batch_name(project, "events", Epoch(1), intent.ranges);
  EXPECT_EQ(name, batch_name(project, "events", Epoch(1), intent.ranges));
  EXPECT_NE(name, batch_name(other_project, "events", Epoch(1), intent.ranges));
  EXPECT_NE(name, batch_name(project, "logs", Epoch(1), intent.ranges));
  EXPECT_NE(name, batch_name(project, "events", Epoch(2), intent.ranges));
  EXPECT_NE(insert_token(name, 0, "events"), insert_token(name, 1, "events"));
  EXPECT_NE(insert_token(name, 0, "events"), insert_token(name, 0, "dead_letters"));
}

}  // namespace
}  // namespace freshet::ingest
