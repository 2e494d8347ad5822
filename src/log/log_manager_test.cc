#include "log/log_manager.h"

#include <gtest/gtest.h>

#include "io/memory_file_system.h"
#include "log/log_test_batches.h"

namespace freshet::log {
namespace {

Uuid id_of(unsigned char n) {
  Uuid id;
  id.bytes.fill(n);
  return id;
}

struct Folder {
  io::MemoryFileSystem fs;
  LogOptions options;
  std::vector<std::string> warnings;

  Folder() { options.cluster_id_if_new = id_of(0x5a); }
  std::unique_ptr<LogManager> open() {
    warnings.clear();
    auto manager = LogManager::open(fs, "/data/log", options, warnings);
    if (!manager) ADD_FAILURE() << manager.error().message;
    return manager ? std::move(*manager) : nullptr;
  }
};

Offset append(LogManager& manager, const Uuid& topic, int32_t partition, int count) {
  std::string batch = test_batch(count);
  const auto log = manager.partition(topic, PartitionId(partition));
  EXPECT_TRUE(log->append(batch, 1));
  EXPECT_TRUE(log->sync());
  return log->log_end();
}

TEST(LogManager, TopicsSurviveRestartAndPowerCut) {
  Folder folder;
  auto manager = folder.open();
  const std::string cluster = manager->cluster_id();
  EXPECT_EQ(cluster, "WlpaWlpaWlpaWlpaWlpaWg");
  ASSERT_TRUE(manager->create("events", id_of(1), 3, {{"retention.ms", "5"}}, false));
  append(*manager, id_of(1), 2, 7);
  folder.fs.power_cut();
  folder.options.cluster_id_if_new = id_of(9);
  manager = folder.open();
  EXPECT_EQ(manager->cluster_id(), cluster);
  ASSERT_TRUE(manager->find("events"));
  EXPECT_EQ(manager->find(id_of(1))->name, "events");
  EXPECT_EQ(manager->find("events")->settings.at("retention.ms"), "5");
  EXPECT_EQ(manager->partition(id_of(1), PartitionId(2))->log_end(), Offset(7));
  EXPECT_EQ(manager->partition(id_of(1), PartitionId(3)), nullptr);
  EXPECT_EQ(manager->partition(id_of(2), PartitionId(0)), nullptr);
}

TEST(LogManager, RefusesBadTopics) {
  Folder folder;
  auto manager = folder.open();
  ASSERT_TRUE(manager->create("events", id_of(1), 1, {}, false));
  EXPECT_EQ(manager->create("events", id_of(2), 1, {}, false).error().code, ErrorCode::kTopicExists);
  for (const char* name : {"", ".", "..", "a/b", "a b", "\xc3\xa4"}) {
    EXPECT_EQ(manager->create(name, id_of(2), 1, {}, false).error().code, ErrorCode::kInvalidTopic) << name;
  }
  EXPECT_EQ(manager->create("x", id_of(2), 0, {}, false).error().code, ErrorCode::kInvalidTopic);
  EXPECT_EQ(manager->remove("nothing").error().code, ErrorCode::kUnknownTopic);
}

TEST(LogManager, ATopicMadeAgainBeginsAtZero) {
  Folder folder;
  auto manager = folder.open();
  ASSERT_TRUE(manager->create("events", id_of(1), 2, {}, false));
  append(*manager, id_of(1), 0, 5);
  ASSERT_TRUE(manager->checkpoint());
  const auto held = manager->partition(id_of(1), PartitionId(0));
  ASSERT_TRUE(manager->remove("events"));
  EXPECT_FALSE(manager->find("events"));
  EXPECT_EQ(held->read(Offset(0), 1000)->next, Offset(5));
  ASSERT_TRUE(manager->create("events", id_of(2), 2, {}, false));
  EXPECT_EQ(manager->partition(id_of(2), PartitionId(0))->log_end(), Offset(0));
  EXPECT_EQ(append(*manager, id_of(2), 0, 1), Offset(1));
  folder.fs.power_cut();
  manager = folder.open();
  EXPECT_EQ(manager->partition(id_of(2), PartitionId(0))->log_end(), Offset(1));
  EXPECT_TRUE(folder.warnings.empty());
}

TEST(LogManager, ACrashAtAnyStepOfCreationOrDeletionIsFinishedAtOpen) {
  for (uint64_t n = 1; n < 80; ++n) {
    for (const bool power : {false, true}) {
      Folder folder;
      auto manager = folder.open();
      ASSERT_TRUE(manager->create("kept", id_of(1), 1, {}, false));
      append(*manager, id_of(1), 0, 3);
      ASSERT_TRUE(manager->create("gone", id_of(2), 2, {}, false));
      append(*manager, id_of(2), 1, 3);
      uint64_t step = 0;  // from step n on nothing reaches the disk any more: as if the process had been killed there
      folder.fs.set_fault_hook([&](uint64_t, std::string_view, const std::string&) {
        return ++step >= n ? io::Fault{Error{ErrorCode::kIo, "killed", {}, 0, 0}, {}} : io::Fault{};
      });
      const bool removed = manager->remove("gone").has_value();
      const bool created = manager->create("new", id_of(3), 2, {}, false).has_value();
      folder.fs.set_fault_hook({});
      power ? folder.fs.power_cut() : folder.fs.kill();
      manager = folder.open();
      ASSERT_TRUE(manager) << n;
      EXPECT_EQ(manager->partition(id_of(1), PartitionId(0))->log_end(), Offset(3)) << n;
      EXPECT_FALSE(removed && manager->find("gone")) << n;
      EXPECT_FALSE(created && !manager->find("new")) << n;
      if (const auto gone = manager->find("gone")) {
        EXPECT_EQ(manager->partition(gone->id, PartitionId(1))->log_end(), Offset(3)) << n;
      }
      const std::vector<std::string> names = *folder.fs.list("/data/log");
      for (const std::string& name : names) EXPECT_FALSE(name.ends_with("-delete")) << n << name;
    }
  }
}

TEST(LogManager, AnOrderlyStopLeavesNothingToCheckAndAKillOnlyTheTail) {
  Folder folder;
  auto manager = folder.open();
  ASSERT_TRUE(manager->create("events", id_of(1), 2, {}, false));
  append(*manager, id_of(1), 0, 50);
  append(*manager, id_of(1), 1, 60);
  ASSERT_TRUE(manager->close());
  EXPECT_TRUE(folder.fs.exists("/data/log/recovery-points.json"));
  manager = folder.open();
  EXPECT_EQ(manager->partition(id_of(1), PartitionId(1))->recovery_point(), Offset(60));
  EXPECT_EQ(manager->partition(id_of(1), PartitionId(0))->log_end(), Offset(50));
}

TEST(LogManager, RefusesAFolderWhoseRegistryIsLost) {
  Folder folder;
  auto manager = folder.open();
  ASSERT_TRUE(manager->create("events", id_of(1), 1, {}, false));
  append(*manager, id_of(1), 0, 5);
  manager.reset();
  ASSERT_TRUE(folder.fs.remove("/data/log/topics.json"));
  std::vector<std::string> warnings;
  const auto refused = LogManager::open(folder.fs, "/data/log", folder.options, warnings);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kCorrupt);
}

TEST(LogManager, ATopicGrowsAndTheNewPartitionsSurvive) {
  Folder folder;
  auto manager = folder.open();
  ASSERT_TRUE(manager->create("events", id_of(1), 2, {}, false));
  append(*manager, id_of(1), 1, 5);
  EXPECT_EQ(manager->grow(id_of(1), 2).error().code, ErrorCode::kInvalidTopic);
  EXPECT_EQ(manager->grow(id_of(7), 3).error().code, ErrorCode::kUnknownTopic);
  const auto held = manager->partition(id_of(1), PartitionId(1));
  ASSERT_TRUE(manager->grow(id_of(1), 4));
  EXPECT_EQ(manager->find("events")->partitions, 4);
  EXPECT_EQ(manager->partition(id_of(1), PartitionId(1)), held);
  append(*manager, id_of(1), 3, 2);
  folder.fs.power_cut();
  manager = folder.open();
  EXPECT_EQ(manager->find("events")->partitions, 4);
  EXPECT_EQ(manager->partition(id_of(1), PartitionId(1))->log_end(), Offset(5));
  EXPECT_EQ(manager->partition(id_of(1), PartitionId(3))->log_end(), Offset(2));
}

TEST(LogManager, AGrowthThatTheDiskRefusesLeavesTheTopicAsItWas) {
  Folder folder;
  auto manager = folder.open();
  ASSERT_TRUE(manager->create("events", id_of(1), 1, {}, false));
  folder.fs.fail_once(1, {.error = Error{ErrorCode::kIo, "no", {}, 0, 0}, .write_only = {}}, "rename");
  ASSERT_FALSE(manager->grow(id_of(1), 3));
  EXPECT_EQ(manager->find("events")->partitions, 1);
  EXPECT_EQ(manager->partition(id_of(1), PartitionId(1)), nullptr);
  ASSERT_TRUE(manager->grow(id_of(1), 3));
  EXPECT_EQ(manager->partition(id_of(1), PartitionId(2))->log_end(), Offset(0));
}

TEST(LogManager, SettingsChangeWhileItRuns) {
  Folder folder;
  auto manager = folder.open();
  ASSERT_TRUE(manager->create("events", id_of(1), 1, {{"retention.ms", "5"}}, false));
  append(*manager, id_of(1), 0, 10);
  ASSERT_TRUE(manager->configure(id_of(1), {{"segment.bytes", "200"}}));
  EXPECT_FALSE(manager->find("events")->settings.contains("retention.ms"));
  append(*manager, id_of(1), 0, 10);
  append(*manager, id_of(1), 0, 10);
  EXPECT_GT(manager->partition(id_of(1), PartitionId(0))->removable_bytes(Offset(30)), 0u);
  folder.fs.power_cut();
  manager = folder.open();
  EXPECT_EQ(manager->find("events")->settings.at("segment.bytes"), "200");
  EXPECT_EQ(manager->configure(id_of(3), {}).error().code, ErrorCode::kUnknownTopic);
}

}  // namespace
}  // namespace freshet::log
