#include "broker/net/server.h"

#include <gtest/gtest.h>

#include <map>

#include "broker/net/raw_client.h"

/// The server by itself: what a handler keeps of the frames is the test's to say.
namespace freshet::broker {
namespace {

class KeepingHandler : public FrameHandler {
 public:
  void on_open(uint64_t, const std::string&) override { ++opened; }
  uint32_t frame_limit(std::string_view) const override { return 100 << 20; }
  void on_frame(RequestId, std::shared_ptr<Frame> frame) override { frames.push_back(std::move(frame)); }
  void on_close(uint64_t) override { ++closed; }

  int opened = 0;
  int closed = 0;
  std::vector<std::shared_ptr<Frame>> frames;
};

struct Serving {
  explicit Serving(Limits changed) : limits(changed), server(io, handler, limits, system_clock()) {
    EXPECT_TRUE(server.listen("127.0.0.1", 0));
  }
  /// Runs the server until `condition` holds, at most ten seconds.
  template <class Condition>
  bool runs_until(Condition condition) {
    return eventually([&] {
      io.poll();
      return condition();
    });
  }

  Limits limits;
  boost::asio::io_context io;
  KeepingHandler handler;
  Server server;
};

std::string frame_of(uint32_t announced, size_t sent) {
  std::string bytes;
  append_big(bytes, announced);
  bytes += std::string(sent, 'x');
  return bytes;
}

constexpr uint32_t kWhole = 100'000;

TEST(Server, CountsAFrameForAsLongAsAnybodyHoldsIt) {
  Serving serving({});
  {
    RawClient client(serving.server.port());
    client.send(frame_of(kWhole, kWhole) + frame_of(kWhole, 1'000));
    ASSERT_TRUE(serving.runs_until([&] { return serving.server.stats().held_request_bytes == kWhole + 1'000; }));
  }
  ASSERT_TRUE(serving.runs_until([&] { return serving.handler.closed == 1; }));
  EXPECT_EQ(serving.server.stats().held_request_bytes, kWhole) << "the writer's queue still has it";
  serving.handler.frames.clear();
  EXPECT_EQ(serving.server.stats().held_request_bytes, 0u);
}

TEST(Server, ReadsOnWhenTheFramesOfClientsThatLeftAreDone) {
  Limits limits;
  limits.max_request_bytes_total = kWhole;
  limits.small_frame_bytes = 1'000;
  limits.sweep_interval_ms = 10;
  Serving serving(limits);
  auto leaves = std::make_unique<RawClient>(serving.server.port());
  leaves->send(frame_of(kWhole, kWhole));
  ASSERT_TRUE(serving.runs_until([&] { return serving.handler.frames.size() == 1; }));
  leaves.reset();
  ASSERT_TRUE(serving.runs_until([&] { return serving.handler.closed == 1; }));
  RawClient waits(serving.server.port());
  waits.send(frame_of(kWhole, kWhole));
  ASSERT_TRUE(serving.runs_until([&] { return serving.handler.opened == 2; }));
  serving.io.poll();
  EXPECT_EQ(serving.handler.frames.size(), 1u);
  serving.handler.frames.clear();
  EXPECT_TRUE(serving.runs_until([&] { return serving.handler.frames.size() == 1; }));
}

TEST(Server, WholeFramesThatWaitForTheWriterCutNobodyOff) {
  Limits limits;
  limits.max_request_bytes_total = kWhole;
  limits.small_frame_bytes = 1'000;
  limits.sweep_interval_ms = 5;
  limits.starved_too_long_ms = 20;
  Serving serving(limits);
  RawClient honest(serving.server.port());
  honest.send(frame_of(kWhole, 50'000));
  ASSERT_TRUE(serving.runs_until([&] { return serving.server.stats().held_request_bytes == 50'000; }));
  RawClient producer(serving.server.port());
  producer.send(frame_of(kWhole - 1, kWhole - 1));
  ASSERT_TRUE(serving.runs_until([&] { return serving.server.stats().held_request_bytes >= kWhole; }));
  honest.send(std::string(50'000, 'x'));
  const int64_t later_us = system_clock().steady_us() + 200'000;
  ASSERT_TRUE(serving.runs_until([&] { return system_clock().steady_us() > later_us; }));
  EXPECT_EQ(serving.server.stats().closed_for_cause, 0u);
}

TEST(Server, AnswersThatAreTooLargeCloseTheConnection) {
  Limits limits;
  limits.max_answer_bytes = 1'000;
  Serving serving(limits);
  RawClient client(serving.server.port());
  client.send(frame_of(kWhole, kWhole) + frame_of(kWhole, kWhole));
  ASSERT_TRUE(serving.runs_until([&] { return serving.handler.frames.size() == 2; }));
  const std::string most(1'000, 'a');
  const std::string more(1'001, 'a');
  serving.server.answer({1, 0}, Response{{Slice{most, nullptr}}});
  EXPECT_EQ(serving.server.stats().closed_for_cause, 0u);
  serving.server.answer({1, 1}, Response{{Slice{more, nullptr}}});
  EXPECT_EQ(serving.server.stats().closed_for_cause, 1u);
}

}  // namespace
}  // namespace freshet::broker
