#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>
#include <unordered_set>

#include "kafka/frame.h"

namespace freshet::kafka {
namespace {

/// Fills the fields that a message has in a version with random contents, through the same declarations that reader
/// and writer use.
class RandomFill {
 public:
  RandomFill(std::mt19937_64& random, int16_t version) : random_(random), version_(version) {}

  template <class T>
  void operator()(T& value, const Field& field = {}, const std::type_identity_t<T>& = {}) {
    if (!field.versions.contains(version_)) return;
    if (field.tag >= 0 && below(3) == 0) return;
    fill(value, field);
  }
  template <class M>
  void message(M& m) {
    M::fields(m, *this);
  }

 private:
  size_t below(size_t n) { return static_cast<size_t>(random_() % n); }
  /// Text views look into strings that live as long as the program: a test's.
  std::string_view text() {
    static std::unordered_set<std::string> texts;
    std::string bytes(below(4) == 0 ? below(600) : below(12), '\0');
    for (char& c : bytes) c = static_cast<char>(random_());
    return *texts.insert(std::move(bytes)).first;
  }
  template <class T>
  void fill(T& value, const Field& field) {
    if constexpr (std::is_same_v<T, bool>) {
      value = below(2) == 1;
    } else if constexpr (std::is_enum_v<T> || std::integral<T>) {
      value = static_cast<T>(random_() >> below(64));
    } else if constexpr (std::is_same_v<T, Uuid>) {
      for (unsigned char& byte : value.bytes) byte = static_cast<unsigned char>(random_());
    } else if constexpr (kIsNullable<T>) {
      value.reset();
      if (version_ < field.nullable_from || below(4) > 0) fill(value.emplace(), field);
    } else if constexpr (std::is_same_v<T, Records>) {
      if (below(4) > 0) value = Records(Slice{text(), nullptr});
    } else if constexpr (kIsText<T>) {
      value = T(text());
    } else if constexpr (kIsArray<T>) {
      value.resize(below(8) == 0 ? below(200) / (depth_ * depth_ + 1) : below(4));
      ++depth_;
      for (auto& element : value) fill(element, Field{});
      --depth_;
    } else {
      message(value);
    }
  }
  std::mt19937_64& random_;
  int16_t version_;
  size_t depth_ = 0;
};

uint64_t test_seed() {
  const char* given = std::getenv("FRESHET_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::printf("FRESHET_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

template <class M>
std::string encoded(const M& message, int16_t version) {
  Pieces pieces;
  encode(message, version, pieces);
  SizeSink size;
  Writer<SizeSink>(size, version, M::api.flexible(version)).message(message);
  EXPECT_EQ(size.size(), pieces.size_bytes());
  return pieces.joined();
}

template <class M>
void expect_round_trip(std::mt19937_64& random) {
  for (int16_t version = M::api.versions.first; version <= M::api.versions.last; ++version) {
    SCOPED_TRACE(fmt::format("{} v{}", M::api.name, version));
    for (int i = 0; i < 20; ++i) {
      M message;
      RandomFill(random, version).message(message);
      const std::string bytes = encoded(message, version);
      Reader reader(bytes, version, M::api.flexible(version));
      M read;
      reader.message(read);
      ASSERT_TRUE(reader.ok());
      ASSERT_EQ(reader.remaining(), 0U);
      ASSERT_TRUE(read == message);
    }
  }
}

TEST(Messages, EveryMessageInEveryVersionSurvivesARoundTrip) {
  std::mt19937_64 random(test_seed());
  AllExchanges::for_each([&]<class E>() {
    expect_round_trip<typename E::Request>(random);
    expect_round_trip<typename E::Response>(random);
  });
}

TEST(Messages, RandomBytesNeverReadPastTheEnd) {
  std::mt19937_64 random(test_seed());
  for (int i = 0; i < 2000; ++i) {
    std::string bytes(random() % 200, '\0');
    for (char& c : bytes) c = static_cast<char>(random() >> (random() % 64));
    AllExchanges::for_each([&]<class E>() {
      const int16_t version = static_cast<int16_t>(
          E::api.versions.first +
          static_cast<int16_t>(random() % static_cast<uint64_t>(E::api.versions.last - E::api.versions.first + 1)));
      (void)decode<typename E::Request>(bytes, version);
      (void)decode<typename E::Response>(bytes, version);
    });
  }
}

/// One line of testdata/kafka-clients-4.1.0.txt: "FetchRequest 13 0a0b…".
struct Golden {
  std::string name;
  int16_t version = 0;
  std::string body;
};

std::vector<Golden> goldens() {
  std::ifstream file(FRESHET_SOURCE_DIR "/src/kafka/testdata/kafka-clients-4.1.0.txt");
  EXPECT_TRUE(file.is_open());
  std::vector<Golden> all;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream in(line);
    Golden golden;
    std::string hex;
    in >> golden.name >> golden.version >> hex;
    for (size_t i = 0; i + 1 < hex.size(); i += 2) {
      golden.body.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    }
    all.push_back(std::move(golden));
  }
  return all;
}

/// Calls visit.operator()<Message>(golden) for each line.
size_t for_each_golden(auto&& visit) {
  const std::vector<Golden> all = goldens();
  size_t seen = 0;
  AllExchanges::for_each([&]<class E>() {
    const std::string name(E::api.name);
    for (const Golden& golden : all) {
      SCOPED_TRACE(fmt::format("{} v{}", golden.name, golden.version));
      if (golden.name == name + "Request") {
        visit.template operator()<typename E::Request>(golden);
        ++seen;
      } else if (golden.name == name + "Response") {
        visit.template operator()<typename E::Response>(golden);
        ++seen;
      }
    }
  });
  EXPECT_EQ(seen, all.size());
  return seen;
}

TEST(Messages, BytesOfKafkasOwnClassesAreReadAndWrittenBackTheSame) {
  size_t versions = 0;
  AllExchanges::for_each(
      [&]<class E>() { versions += static_cast<size_t>(E::api.versions.last - E::api.versions.first + 1); });
  const size_t seen = for_each_golden([]<class M>(const Golden& golden) {
    Reader reader(golden.body, golden.version, M::api.flexible(golden.version));
    M message;
    reader.message(message);
    ASSERT_TRUE(reader.ok());
    EXPECT_EQ(reader.remaining(), 0U);
    EXPECT_TRUE(encoded(message, golden.version) == golden.body);
  });
  EXPECT_GE(seen, 2 * 2 * versions);  // request and response, at least two samples of each version
}

TEST(Messages, FieldsOfTheSameTypeAreNotSwapped) {  // the generator writes each text with its field's name in front
  size_t checked = 0;
  for (const Golden& golden : goldens()) {
    SCOPED_TRACE(fmt::format("{} v{}", golden.name, golden.version));
    if (golden.name == "JoinGroupResponse") {
      const auto join = decode<JoinGroupResponse>(golden.body, golden.version);
      ASSERT_TRUE(join);
      EXPECT_TRUE(join->leader.starts_with("leader"));
      EXPECT_TRUE(join->member_id.starts_with("memberId"));
      EXPECT_TRUE(!join->protocol_name || join->protocol_name->starts_with("protocolName"));
      EXPECT_TRUE(!join->protocol_type || join->protocol_type->starts_with("protocolType"));
      ++checked;
    } else if (golden.name == "SyncGroupRequest") {
      const auto sync = decode<SyncGroupRequest>(golden.body, golden.version);
      ASSERT_TRUE(sync);
      EXPECT_TRUE(sync->group_id.starts_with("groupId"));
      EXPECT_TRUE(sync->member_id.starts_with("memberId"));
      EXPECT_TRUE(!sync->group_instance_id || sync->group_instance_id->starts_with("groupInstanceId"));
      ++checked;
    } else if (golden.name == "FindCoordinatorResponse") {
      const auto found = decode<FindCoordinatorResponse>(golden.body, golden.version);
      ASSERT_TRUE(found);
      EXPECT_TRUE(golden.version > 3 || found->host.starts_with("host"));
      EXPECT_TRUE(!found->error_message || found->error_message->starts_with("errorMessage"));
      for (const auto& coordinator : found->coordinators) EXPECT_TRUE(coordinator.key.starts_with("key"));
      ++checked;
    }
  }
  EXPECT_GE(checked, 60U);
}

TEST(Messages, TruncatedBytesOfKafkasOwnClassesFailCleanly) {
  for_each_golden([]<class M>(const Golden& golden) {
    for (size_t size = 0; size < golden.body.size(); ++size) {
      const std::string cut = golden.body.substr(0, size);  // a copy: a read past its end is seen by the sanitizer
      const auto message = decode<M>(cut, golden.version);
      ASSERT_FALSE(message) << size;
      ASSERT_EQ(message.error().code, ErrorCode::kMalformed);
    }
  });
}

TEST(Messages, UnknownTaggedFieldsAreSkipped) {
  HeartbeatRequest heartbeat{.group_id = "g", .generation_id = 3, .member_id = "m", .group_instance_id = {}};
  std::string bytes = encoded(heartbeat, 4);
  bytes.back() = 2;                               // the count of tagged fields
  bytes += std::string("\x05\x02zz\x7f\x00", 6);  // tag 5 of two bytes, tag 127 of none

  const auto read = decode<HeartbeatRequest>(bytes, 4);

  ASSERT_TRUE(read);
  EXPECT_TRUE(*read == heartbeat);
}

TEST(Messages, HugeCountsAreRefusedBeforeAllocation) {
  std::string bytes;
  append_big<int32_t>(bytes, 0x7fffffff);  // Metadata v1: topics
  EXPECT_FALSE(decode<MetadataRequest>(bytes + "x", 1));
  std::string many;  // more elements than kMaxElements, each one byte: null names in a compact array
  append_unsigned_varint(many, 1);
  many.push_back(0);
  append_unsigned_varint(many, kMaxElements + 2);
  many.append(kMaxElements + 100, '\1');
  EXPECT_FALSE(decode<FindCoordinatorRequest>(many, 4));
}

TEST(Messages, NullIsRefusedWhereTheVersionAllowsNone) {
  std::string bytes;
  append_big<int32_t>(bytes, -1);
  EXPECT_FALSE(decode<MetadataRequest>(bytes, 0));
  ASSERT_TRUE(decode<MetadataRequest>(bytes, 1));
  EXPECT_FALSE(decode<MetadataRequest>(bytes, 1)->topics.has_value());
}

TEST(Messages, RecordsAreWrittenByReference) {
  auto batches = std::make_shared<std::string>(100'000, 'r');
  FetchResponse response;
  response.topics.emplace_back();
  FetchResponse::Partition& partition = response.topics[0].partitions.emplace_back();
  partition.records = Records(Slice{*batches, batches});
  const char* const in_place = batches->data();

  const Pieces pieces = encode_response(response, 12, 5);

  bool referenced = false;
  for (std::string_view view : pieces.views()) referenced = referenced || view.data() == in_place;
  EXPECT_TRUE(referenced);
  int32_t correlation_id = 0;
  const std::string frame = pieces.joined();
  EXPECT_EQ(load_big<int32_t>(frame.data()), static_cast<int32_t>(frame.size() - 4));
  const auto read = decode_response<FetchResponse>(std::string_view(frame).substr(4), 12, correlation_id);
  ASSERT_TRUE(read);
  EXPECT_EQ(correlation_id, 5);
  EXPECT_EQ(read->topics[0].partitions[0].records.bytes(), *batches);
}

}  // namespace
}  // namespace freshet::kafka
