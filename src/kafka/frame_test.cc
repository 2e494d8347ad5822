#include "kafka/frame.h"

#include <gtest/gtest.h>

namespace freshet::kafka {
namespace {

TEST(Frame, ReadsHeaderAndBodyOfFlexibleRequest) {
  HeartbeatRequest heartbeat{.group_id = "g", .generation_id = 3, .member_id = "m", .group_instance_id = {}};
  const std::string frame = encode_request(heartbeat, 4, 77, "tester");

  const auto request = parse_request(std::string_view(frame).substr(4));

  ASSERT_TRUE(request);
  EXPECT_EQ(request->header.correlation_id, 77);
  EXPECT_EQ(request->header.client_id, "tester");
  ASSERT_TRUE(request->is_supported());
  EXPECT_EQ(request->api->name, "Heartbeat");
  EXPECT_EQ(*decode<HeartbeatRequest>(request->body, 4), heartbeat);
}

}  // namespace
}  // namespace freshet::kafka
