#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <random>
#include <sstream>

#include "broker/core/handlers.h"
#include "broker/net/raw_client.h"

/// Requests of every API and version that is offered, as Kafka's own classes encode them (testdata of kafka/), whole
/// and damaged: each is answered, or its connection is closed, and memory stays where it was.
namespace freshet::broker {
namespace {

struct Sample {
  const kafka::Api* api = nullptr;
  int16_t version = 0;
  std::string body;
};

std::vector<Sample> samples() {
  std::ifstream file(FRESHET_SOURCE_DIR "/src/kafka/testdata/kafka-clients-4.1.0.txt");
  EXPECT_TRUE(file.is_open());
  std::vector<Sample> all;
  for (std::string line; std::getline(file, line);) {
    std::istringstream in(line);
    std::string name, hex;
    Sample sample;
    in >> name >> sample.version >> hex;
    for (const kafka::Api& api : kOffered) {
      if (name == std::string(api.name) + "Request") sample.api = &api;
    }
    if (sample.api == nullptr) continue;
    for (size_t i = 0; i + 1 < hex.size(); i += 2) {
      sample.body.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    }
    all.push_back(std::move(sample));
  }
  return all;
}

std::string framed(const kafka::Api& api, int16_t version, int32_t correlation_id, std::string_view body) {
  std::string bytes;
  append_big(bytes, api.key);
  append_big(bytes, version);
  append_big(bytes, correlation_id);
  append_big(bytes, int16_t{-1});
  if (api.flexible(version)) bytes.push_back('\0');
  bytes += body;
  std::string frame;
  append_big(frame, static_cast<uint32_t>(bytes.size()));
  return frame + bytes;
}

std::string damaged(std::string body, std::mt19937_64& random) {
  const auto below = [&](size_t n) { return static_cast<size_t>(random() % n); };
  switch (below(4)) {
    case 0:
      body.resize(below(body.size() + 1));
      break;
    case 1:
      for (size_t k = 1 + below(4); k > 0 && !body.empty(); --k) body[below(body.size())] = static_cast<char>(random());
      break;
    case 2:  // a length or a count that promises very much
      if (body.size() >= 4) store_big<uint32_t>(body.data() + below(body.size() - 3), 0x7fffffff);
      break;
    default:
      for (size_t k = below(200); k > 0; --k) body.push_back(static_cast<char>(random()));
  }
  return body;
}

/// What may wait for others before it is answered, or is not answered at all (acks=0).
bool may_wait(const kafka::Api& api) {
  return api.key == kafka::ProduceRequest::api.key || api.key == kafka::FetchRequest::api.key ||
         api.key == kafka::JoinGroupRequest::api.key || api.key == kafka::SyncGroupRequest::api.key;
}

int64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t pages = 0, resident = 0;
  statm >> pages >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

enum class Outcome { kAnswered, kClosed, kNeither };

/// Sends the frame and an ApiVersions behind it: the connection must answer that, in its turn, or be closed.
Outcome outcome_of(RawClient& client, const std::string& frame) {
  constexpr int32_t kBehind = 0x5eed;
  const std::string behind = kafka::encode_request(kafka::ApiVersionsRequest{"client", "9"}, 4, kBehind, "behind");
  if (!client.send(frame + behind)) return Outcome::kClosed;
  for (;;) {
    const std::string answer = client.receive_frame();
    if (answer.size() < 4) return client.is_closed_by_broker() ? Outcome::kClosed : Outcome::kNeither;
    if (load_big<int32_t>(answer.data()) == kBehind) return Outcome::kAnswered;
  }
}

TEST(DamagedBodies, OfEveryApiAreAnsweredOrCloseTheConnection) {
  TestBroker broker;
  const char* given = std::getenv("FRESHET_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::printf("FRESHET_SEED=%llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  std::map<std::string_view, std::map<Outcome, int>> outcomes;
  const std::vector<Sample> all = samples();
  ASSERT_GT(all.size(), 300u);
  const int64_t before = resident_bytes();
  auto client = std::make_unique<RawClient>(broker.port(), 3'000);
  for (const Sample& sample : all) {
    if (may_wait(*sample.api)) continue;
    for (int round = 0; round < 25; ++round) {
      const std::string body = round == 0 ? sample.body : damaged(sample.body, random);
      const Outcome outcome = outcome_of(*client, framed(*sample.api, sample.version, round, body));
      ++outcomes[sample.api->name][outcome];
      EXPECT_NE(outcome, Outcome::kNeither) << sample.api->name << " v" << sample.version << " round " << round;
      if (round == 0) {
        EXPECT_EQ(outcome, Outcome::kAnswered) << sample.api->name << " v" << sample.version << ", sound";
      }
      if (outcome != Outcome::kAnswered) client = std::make_unique<RawClient>(broker.port(), 3'000);
    }
  }
  for (const kafka::Api& api : kOffered) {
    if (may_wait(api)) continue;
    EXPECT_GT(outcomes[api.name][Outcome::kAnswered], 0) << api.name;
    // ElectLeaders and the like: the shortest bodies are sound however they are damaged.
    if (api.versions.last > 1) {
      EXPECT_GT(outcomes[api.name][Outcome::kClosed], 0) << api.name;
    }
  }
  client.reset();
  EXPECT_TRUE(eventually([&] { return broker.broker->stats().held_request_bytes == 0; }));
  EXPECT_LT(resident_bytes() - before, int64_t{300} << 20);
}

/// The four that may wait are sent on connections of their own, which are given up then.
TEST(DamagedBodies, OfWhatMayWaitLeaveTheBrokerWell) {
  TestBroker broker;
  std::mt19937_64 random(20'261'122);
  const int64_t before = resident_bytes();
  for (const Sample& sample : samples()) {
    if (!may_wait(*sample.api)) continue;
    for (int round = 0; round < 5; ++round) {
      RawClient client(broker.port(), 50);
      ASSERT_TRUE(client.send(
          framed(*sample.api, sample.version, round, round == 0 ? sample.body : damaged(sample.body, random))));
    }
  }
  RawClient good(broker.port());
  EXPECT_TRUE(good.ask<kafka::ApiVersionsResponse>(kafka::ApiVersionsRequest{"client", "9"}, 4));
  EXPECT_TRUE(eventually([&] {
    const auto stats = broker.broker->stats();
    return stats.connections <= 1 && stats.held_request_bytes == 0;
  }));
  EXPECT_LT(resident_bytes() - before, int64_t{300} << 20);
}

TEST(Offered, EveryVersionIsAnsweredAndNoneBesideThem) {
  TestBroker broker;
  RawClient asking(broker.port());
  const auto offered = asking.ask<kafka::ApiVersionsResponse>(kafka::ApiVersionsRequest{"client", "9"}, 4);
  ASSERT_TRUE(offered);
  const std::vector<Sample> all = samples();
  for (const auto& range : offered->api_keys) {
    const kafka::Api* api = kafka::find_api(range.key);
    ASSERT_NE(api, nullptr) << range.key;
    EXPECT_EQ(range.max_version, api->versions.last) << api->name;
    for (int16_t version = api->versions.first; version <= range.max_version; ++version) {
      EXPECT_TRUE(
          std::any_of(all.begin(), all.end(),
                      [&](const Sample& sample) { return sample.api->key == range.key && sample.version == version; }))
          << api->name << " v" << version << " is offered and not tried by the other tests";
    }
    if (api->key == kafka::ApiVersionsRequest::api.key) continue;  // answered in version 0: see hostile_test.cc
    for (const int beside : {api->versions.first - 1, api->versions.last + 1}) {
      RawClient client(broker.port(), 3'000);
      ASSERT_TRUE(client.send(framed(*api, static_cast<int16_t>(beside), 1, std::string(64, '\0'))));
      EXPECT_TRUE(client.is_closed_by_broker()) << api->name << " v" << beside;
    }
  }
  EXPECT_EQ(offered->api_keys.size(), kOffered.size());
}

}  // namespace
}  // namespace freshet::broker
