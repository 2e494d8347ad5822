#include "broker/core/group_records.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "broker/core/group_log.h"

namespace freshet::broker {
namespace {

/// Records that Kafka's own coordinator classes wrote: name → bytes.
std::map<std::string, std::string> goldens() {
  std::ifstream file(FRESHET_SOURCE_DIR "/src/broker/core/testdata/group-records-4.1.0.txt");
  std::map<std::string, std::string> all;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream in(line);
    std::string name;
    std::string hex;
    in >> name >> hex;
    for (size_t i = 0; i + 1 < hex.size(); i += 2) {
      all[name].push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    }
  }
  EXPECT_FALSE(all.empty());
  return all;
}

const OffsetKey kOffsetKey{"g1", "events", 3};
const OffsetValue kOffsetValue{123456789, 7, "intent \u00e9", 1700000000123, -1};
const GroupValue kGroupValue{"consumer",
                             5,
                             "range",
                             "m1",
                             1700000000456,
                             {{"m1", "i1", "c1", "/127.0.0.1", 60'000, 45'000, "\x01\x02\x03", "\x04\x05"},
                              {"m2", {}, "c2", "/127.0.0.2", 30'000, 10'000, "", "\x06"}}};

TEST(GroupRecords, AreWrittenAsKafkasOwnClassesWriteThem) {
  auto golden = goldens();
  const GroupRecord offset = make_record(kOffsetKey, kOffsetValue);
  EXPECT_EQ(offset.key, golden["offset_key"]);
  EXPECT_EQ(offset.value, golden["offset_value_3"]);
  const GroupRecord group = make_record(GroupKey{"g1"}, kGroupValue);
  EXPECT_EQ(group.key, golden["group_key"]);
  EXPECT_EQ(group.value, golden["group_value_3"]);
  EXPECT_FALSE(make_record(kOffsetKey, std::nullopt).value);
}

TEST(GroupRecords, EveryVersionOfKafkaIsRead) {
  auto golden = goldens();
  for (int version = 0; version <= 3; ++version) {
    const auto offset = parse_record(golden["offset_key"], golden[fmt::format("offset_value_{}", version)]);
    ASSERT_TRUE(offset) << version;
    const OffsetRecord& record = std::get<OffsetRecord>(*offset);
    EXPECT_EQ(record.key, kOffsetKey);
    EXPECT_EQ(record.value->offset, kOffsetValue.offset);
    EXPECT_EQ(record.value->metadata, kOffsetValue.metadata);
    EXPECT_EQ(record.value->leader_epoch, version < 3 ? -1 : 7);
    const auto group = parse_record(golden["group_key"], golden[fmt::format("group_value_{}", version)]);
    ASSERT_TRUE(group) << version;
    EXPECT_EQ(std::get<GroupStateRecord>(*group).value->members[1].assignment, "\x06");
  }
  const auto flexible = parse_record(golden["group_key"], golden["group_value_flexible"]);
  ASSERT_TRUE(flexible);
  EXPECT_EQ(std::get<GroupStateRecord>(*flexible).value, kGroupValue);
  EXPECT_TRUE(std::holds_alternative<OtherRecord>(*parse_record(golden["consumer_group_key"], "anything")));
}

TEST(GroupRecords, TruncatedRecordsAreMalformed) {
  auto golden = goldens();
  const std::string key = golden["group_key"];
  const std::string value = golden["group_value_3"];
  for (size_t size = 0; size < value.size(); ++size) EXPECT_FALSE(parse_record(key, value.substr(0, size))) << size;
  for (size_t size = 0; size < key.size(); ++size) EXPECT_FALSE(parse_record(key.substr(0, size), value)) << size;
}

TEST(GroupRecords, TombstonesHaveNoValue) {
  const auto parsed = parse_record(make_record(kOffsetKey, std::nullopt).key, std::nullopt);
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(std::get<OffsetRecord>(*parsed).value);
}

TEST(GroupLog, RecordsSurviveTheirBatch) {
  const std::vector<GroupRecord> records = {make_record(kOffsetKey, kOffsetValue),
                                            make_record(kOffsetKey, std::nullopt)};
  const auto batch = to_batch(records, 1700000000000);
  ASSERT_TRUE(batch);
  std::vector<GroupRecord> read;
  std::vector<std::string> warnings;
  const auto apply = [&](std::string_view key, std::optional<std::string_view> value) -> Result<void> {
    read.push_back({std::string(key), value ? std::optional<std::string>(*value) : std::nullopt});
    if (read.size() == 3) return fail(ErrorCode::kMalformed, "the third");
    return {};
  };
  ASSERT_TRUE(for_each_record(*batch + *batch, apply, warnings));
  EXPECT_EQ(read, (std::vector<GroupRecord>{records[0], records[1], records[0], records[1]}));
  EXPECT_EQ(warnings.size(), 1U) << "one bad record does not stop the rest";
  EXPECT_FALSE(for_each_record(batch->substr(0, batch->size() - 1), apply, warnings));
}

}  // namespace
}  // namespace freshet::broker
