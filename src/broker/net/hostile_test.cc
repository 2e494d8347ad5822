#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>

#include "broker/net/raw_client.h"

/// Clients that mean harm, or are broken, while a good one is served all the time.
namespace freshet::broker {
namespace {

Broker::Options impatient() {
  Broker::Options options;
  options.limits.transfer_grace_ms = 400;
  options.limits.first_request_timeout_ms = 800;
  options.limits.sweep_interval_ms = 20;
  return options;
}

/// Produces and reads back, over and over; every round trip must come out well, and soon.
class GoodClient {
 public:
  explicit GoodClient(uint16_t port) : thread_([this, port] { run(port); }) {}
  ~GoodClient() {
    stop_ = true;
    thread_.join();
    EXPECT_GT(rounds_.load(), 0);
    EXPECT_EQ(failures_.load(), 0);
    EXPECT_LT(slowest_us_.load(), 5'000'000);
  }
  int rounds() const { return rounds_; }

 private:
  void run(uint16_t port) {
    RawClient client(port);
    kafka::MetadataRequest metadata;
    metadata.topics.emplace().push_back({{}, "good"});
    if (!client.ask<kafka::MetadataResponse>(metadata, 9)) ++failures_;
    const std::string batch = one_record_batch();
    while (!stop_) {
      const int64_t start_us = freshet::system_clock().steady_us();
      const auto produced = client.ask<kafka::ProduceResponse>(produce_request("good", batch), 9);
      if (!produced || produced->topics.at(0).partitions.at(0).error != kafka::KafkaError::kNone) {
        ++failures_;
        return;
      }
      const int64_t offset = produced->topics[0].partitions[0].base_offset;
      const auto fetched = client.ask<kafka::FetchResponse>(fetch_request("good", offset, 1'000), 12);
      if (!fetched || fetched->topics.at(0).partitions.at(0).records.bytes().size() != batch.size()) {
        ++failures_;
        return;
      }
      slowest_us_ = std::max(slowest_us_.load(), freshet::system_clock().steady_us() - start_us);
      ++rounds_;
    }
  }

  std::atomic<bool> stop_ = false;
  std::atomic<int> rounds_ = 0;
  std::atomic<int> failures_ = 0;
  std::atomic<int64_t> slowest_us_ = 0;
  std::thread thread_;
};

std::string announced(uint32_t size, std::string_view begin) {
  std::string bytes;
  append_big(bytes, size);
  bytes += begin;
  return bytes;
}

/// Every test runs beside a good client, and ends when that one was served after the harm was done.
class Hostile : public ::testing::Test {
 protected:
  void TearDown() override {
    const int before = good_.rounds();
    EXPECT_TRUE(eventually([&] { return good_.rounds() > before; }));
  }
  uint16_t port() const { return broker_.port(); }
  TestBroker broker_{impatient()};
  GoodClient good_{broker_.port()};
};

TEST_F(Hostile, FiftyAnnouncedFramesOf90MegabytesCostNothing) {
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(std::make_unique<RawClient>(port()));
    ASSERT_TRUE(clients.back()->send(announced(90 << 20, std::string("\0\0\0\x09", 4) + std::string(1'000, 'x'))));
  }
  EXPECT_TRUE(eventually([&] { return broker_.broker->stats().connections_accepted >= 51; }));
  EXPECT_LT(broker_.broker->stats().held_request_bytes, 1u << 20);
  // And they do not stay for ever.
  for (auto& client : clients) EXPECT_TRUE(client->is_closed_by_broker());
}

TEST_F(Hostile, FramesAboveTheLimitAndBelowAHeaderCloseTheConnection) {
  for (const uint32_t size : {0u, 7u, 101u << 20, 0x7fffffffu, 0xffffffffu}) {
    RawClient client(port());
    client.send(announced(size, std::string("\0\0\0\x09", 4)));
    EXPECT_TRUE(client.is_closed_by_broker()) << size;
  }
  RawClient metadata(port());
  metadata.send(announced(50 << 20, std::string("\0\x03\0\x09", 4)));
  EXPECT_TRUE(metadata.is_closed_by_broker()) << "only Produce may be large";
}

TEST_F(Hostile, GarbageClosesTheConnection) {
  std::mt19937_64 random(20'261'122);
  for (int i = 0; i < 100; ++i) {
    std::string bytes(200, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    RawClient client(port());
    client.send(announced(static_cast<uint32_t>(bytes.size()), bytes));
    EXPECT_TRUE(client.is_closed_by_broker()) << "round " << i;
  }
}

TEST_F(Hostile, AnUnknownApiClosesAndApiVersionsOfTheFutureIsAnswered) {
  RawClient unknown(port());
  unknown.send(announced(14, std::string("\x03\xe7\0\0\0\0\0\x01\xff\xff\0\0\0\0", 14)));
  EXPECT_TRUE(unknown.is_closed_by_broker());

  RawClient client(port());
  std::string request = kafka::encode_request(kafka::ApiVersionsRequest{"client", "9"}, 4, 77, "raw");
  store_big<int16_t>(request.data() + 6, 5);
  client.send(request);
  const std::string frame = client.receive_frame();
  ASSERT_GT(frame.size(), 10u);
  EXPECT_EQ(load_big<int32_t>(frame.data()), 77);
  EXPECT_EQ(load_big<int16_t>(frame.data() + 4), 35);
  // The same connection goes on.
  EXPECT_TRUE(client.ask<kafka::ApiVersionsResponse>(kafka::ApiVersionsRequest{"client", "9"}, 4));
}

TEST_F(Hostile, SilenceInTheMiddleOfAFrameEndsTheConnection) {
  RawClient within(port());
  within.send(announced(1'000, std::string("\0\x03\0\x09", 4)));
  RawClient in_the_size(port());
  in_the_size.send(std::string(2, '\0'));
  RawClient never(port());
  EXPECT_TRUE(within.is_closed_by_broker());
  EXPECT_TRUE(in_the_size.is_closed_by_broker());
  EXPECT_TRUE(never.is_closed_by_broker());
}

TEST_F(Hostile, AFrameBroughtByteByByteEndsTheConnection) {
  RawClient client(port(), 50);
  client.send(announced(100'000, std::string("\0\0\0\x09", 4)));
  EXPECT_TRUE(eventually([&] {
    client.receive(1);  // waits 50 ms, or returns at once when the connection is closed
    return !client.send("x");
  }));
}

TEST_F(Hostile, FiveHundredConnectionsThatComeAndGoLeaveNothing) {
  for (int i = 0; i < 500; ++i) {
    RawClient client(port());
    ASSERT_TRUE(client.connected());
    if (i % 3 == 0) client.send(announced(500, "\0"));
    if (i % 3 == 1) client.send(kafka::encode_request(kafka::MetadataRequest{}, 9, 1, "churn"));
  }
  EXPECT_TRUE(eventually([&] {
    const auto stats = broker_.broker->stats();
    return stats.connections_accepted >= 501 && stats.connections <= 1;
  }));
  EXPECT_LT(broker_.broker->stats().held_request_bytes, 1u << 20);
}

TEST_F(Hostile, WhoDoesNotReadItsAnswersIsCutOff) {
  RawClient client(port());
  const std::string batch = one_record_batch(900'000);
  kafka::MetadataRequest metadata;
  metadata.topics.emplace().push_back({{}, "large"});
  ASSERT_TRUE(client.ask<kafka::MetadataResponse>(metadata, 9));
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(client.ask<kafka::ProduceResponse>(produce_request("large", batch), 9));
  const uint64_t closed_before = broker_.broker->stats().connections_closed_for_cause;
  const std::string fetch = kafka::encode_request(fetch_request("large", 0, 0), 12, 1, "slow");
  for (int i = 0; i < 30; ++i) {
    if (!client.send(fetch)) break;
  }
  EXPECT_TRUE(eventually([&] { return broker_.broker->stats().connections_closed_for_cause > closed_before; }));
}

TEST_F(Hostile, ManySmallRequestsAtOnceAreAnsweredInOrder) {
  RawClient client(port());
  std::string all;
  constexpr int kRequests = 1'000;
  for (int i = 0; i < kRequests; ++i)
    all += kafka::encode_request(kafka::ApiVersionsRequest{"client", "9"}, 3, i, "pipeline");
  std::thread sender([&] { client.send(all); });
  for (int i = 0; i < kRequests; ++i) {
    const std::string frame = client.receive_frame();
    ASSERT_GE(frame.size(), 4u);
    EXPECT_EQ(load_big<int32_t>(frame.data()), i);
  }
  sender.join();
}

TEST(ConnectionLimit, MakesRoomByClosingWhoNeverAsked) {
  Broker::Options options;
  options.limits.max_connections = 10;
  TestBroker broker(options);
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int i = 0; i < 30; ++i) silent.push_back(std::make_unique<RawClient>(broker.port()));
  RawClient good(broker.port());
  EXPECT_TRUE(good.ask<kafka::ApiVersionsResponse>(kafka::ApiVersionsRequest{"client", "9"}, 4));
  EXPECT_TRUE(silent.front()->is_closed_by_broker());
}

TEST(MemoryLimit, UnfinishedFramesGiveWayAndSmallRequestsGoOn) {
  Broker::Options options = impatient();
  options.limits.transfer_grace_ms = 60'000;
  options.limits.max_request_bytes_total = 4 << 20;
  options.limits.small_frame_bytes = 64 << 10;
  TestBroker broker(options);
  std::vector<std::unique_ptr<RawClient>> hogs;
  std::vector<std::thread> senders;
  for (int i = 0; i < 3; ++i) {
    hogs.push_back(std::make_unique<RawClient>(broker.port(), 1'000));
    senders.emplace_back([&hog = *hogs.back()] {
      hog.send(announced(90 << 20, std::string("\0\0\0\x09", 4)) + std::string(3 << 20, 'x'));
    });
  }
  for (auto& sender : senders) sender.join();
  RawClient good(broker.port());
  EXPECT_TRUE(good.ask<kafka::ApiVersionsResponse>(kafka::ApiVersionsRequest{"client", "9"}, 4));
  EXPECT_LE(broker.broker->stats().held_request_bytes, 9u << 20);
  EXPECT_TRUE(eventually([&] { return broker.broker->stats().connections_closed_for_cause > 0; }));
}

}  // namespace
}  // namespace freshet::broker
