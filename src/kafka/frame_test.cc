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

TEST(Frame, TruncatedHeadersAreMalformed) {
  const std::string frame = encode_request(ApiVersionsRequest{}, 3, 1, "tester").substr(4);
  const size_t header_size = frame.size() - 3;  // two empty texts and no tags
  for (size_t size = 0; size < header_size; ++size) EXPECT_FALSE(parse_request(frame.substr(0, size))) << size;
  EXPECT_TRUE(parse_request(frame.substr(0, header_size)));
}

TEST(Frame, UnknownKeyIsToldApart) {
  const auto request = parse_request(std::string("\x7f\x7f\x00\x00\x00\x00\x00\x01", 8));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->api, nullptr);
  EXPECT_FALSE(request->is_supported());
}

TEST(Frame, ApiVersionsOfAnUnknownVersionCanBeAnswered) {
  std::string frame = encode_request(ApiVersionsRequest{}, 3, 9, "future").substr(4);
  store_big<int16_t>(frame.data() + 2, 5);

  const auto request = parse_request(frame);
  ASSERT_TRUE(request);
  EXPECT_FALSE(request->is_supported());
  const std::string answer = encode_response(unsupported_api_versions(), 0, request->header.correlation_id).joined();

  // size 16, correlation id 9, error 35, one key: 18 from 0 to 4
  const char expected[] = "\0\0\0\x10\0\0\0\x09\0\x23\0\0\0\x01\0\x12\0\0\0\x04";
  EXPECT_EQ(answer, std::string(expected, sizeof expected - 1));
}

TEST(Frame, ProduceIsOfferedFromVersionZeroButAnsweredFromThree) {
  const ApiVersionsResponse response = offer(kApis);
  EXPECT_EQ(response.api_keys[0].key, 0);
  EXPECT_EQ(response.api_keys[0].min_version, 0);
  EXPECT_EQ(response.api_keys[0].max_version, 13);
  const std::string frame = encode_request(ProduceRequest{}, 2, 1, "old").substr(4);
  EXPECT_FALSE(parse_request(frame)->is_supported());
}

}  // namespace
}  // namespace freshet::kafka
