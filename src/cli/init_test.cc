#include "cli/init.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>

#include "cli/producers.h"
#include "project/project.h"

namespace freshet::cli {
namespace {

class Init : public testing::Test {
 protected:
  Init() {
    std::string pattern = testing::TempDir() + "freshet_init_XXXXXX";
    root_ = mkdtemp(pattern.data());
  }
  ~Init() override { std::filesystem::remove_all(root_); }
  std::string read(const std::string& file) const {
    std::ifstream stream(root_ + "/" + file);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  std::string root_;
};

TEST_F(Init, EveryTemplateIsAProjectThatLoads) {
  ASSERT_THAT(template_names(), testing::ElementsAre("sre-errors", "telemetry"));
  for (const std::string& name : template_names()) {
    const auto made =
        init_project({.folder = root_ + "/" + name, .name = {}, .template_name = name, .producers = {}, .id = {}});
    ASSERT_TRUE(made) << made.error().to_string();
    const auto project = project::load(root_ + "/" + name);
    ASSERT_TRUE(project) << project.error().front().to_string();
    EXPECT_FALSE(project->id.is_zero());
    EXPECT_EQ(project->streams.size(), 1u);
    EXPECT_FALSE(project->views.empty());
    EXPECT_THAT(read(name + "/README.md"), testing::Not(testing::HasSubstr("{{")));
  }
}

TEST_F(Init, TelemetryHasTheDocumentedNames) {
  ASSERT_TRUE(init_project(
      {.folder = root_ + "/my-shop", .name = {}, .template_name = "telemetry", .producers = {}, .id = {}}));
  const auto project = project::load(root_ + "/my-shop");
  ASSERT_TRUE(project);
  EXPECT_EQ(project->name, "my_shop");
  EXPECT_EQ(project->streams[0].name, "events");
  std::vector<std::string> views;
  for (const auto& view : project->views) views.push_back(view.name);
  EXPECT_THAT(views, testing::ElementsAre("events_10s", "events_1s", "events_minute"));
  EXPECT_EQ(read("my-shop/.gitignore"), "data/\n");
  EXPECT_EQ(read("my-shop/data/VERSION"), "1\n");
  EXPECT_THAT(read("my-shop/data/users.json"), testing::HasSubstr("\"freshet_query\""));
  struct stat status{};
  ASSERT_EQ(stat((root_ + "/my-shop/data").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

TEST_F(Init, WritesProducersWithTheProjectsTopicAndAddress) {
  ASSERT_THAT(producer_languages(), testing::ElementsAre("cpp", "go", "node", "python"));
  for (const auto& [name, topic] :
       std::map<std::string, std::string>{{"telemetry", "events"}, {"sre-errors", "logs"}}) {
    const auto made = init_project(
        {.folder = root_ + "/" + name, .name = {}, .template_name = name, .producers = producer_languages(), .id = {}});
    ASSERT_TRUE(made) << made.error().to_string();
    EXPECT_THAT(read(name + "/producers/python/producer.py"),
                testing::AllOf(testing::HasSubstr("\"KAFKA_BROKERS\", \"127.0.0.1:9092\""),
                               testing::HasSubstr("\"KAFKA_TOPIC\", \"" + topic + "\"")));
    int files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_ + "/" + name + "/producers")) {
      if (!entry.is_regular_file()) continue;
      ++files;
      EXPECT_THAT(read(std::filesystem::relative(entry.path(), root_).string()),
                  testing::Not(testing::ContainsRegex("[{][{][a-z]+[}][}]")))
          << entry.path();
    }
    EXPECT_GT(files, 25);
  }
}

TEST_F(Init, AddsProducersToAProjectAndTouchesNothingElse) {
  const std::string folder = root_ + "/shop";
  ASSERT_TRUE(
      init_project({.folder = folder, .name = {}, .template_name = "telemetry", .producers = {"go"}, .id = {}}));
  const std::string settings = read("shop/freshet.yaml");
  std::ofstream(folder + "/freshet.yaml")
      << std::regex_replace(settings, std::regex("127.0.0.1:9092"), "127.0.0.1:9192");
  std::ofstream(folder + "/producers/go/event.go") << "mine";
  EXPECT_EQ(write_producers(folder, {"python", "go"}).error().code, ErrorCode::kProjectExists);
  EXPECT_FALSE(std::filesystem::exists(folder + "/producers/python"));
  ASSERT_TRUE(write_producers(folder, {"python"}));
  EXPECT_THAT(read("shop/producers/python/README.md"),
              testing::AllOf(testing::HasSubstr("--key-field user_id"), testing::HasSubstr("127.0.0.1:9192")));
  EXPECT_EQ(read("shop/producers/go/event.go"), "mine");

  std::filesystem::rename(folder + "/views", root_ + "/views");
  std::ofstream(folder + "/streams/events.yaml") << "topic: events\ncolumns: {a: String}\norder_by: [a]\n";
  const auto unfit = write_producers(folder, {"node"});
  ASSERT_FALSE(unfit);
  EXPECT_EQ(unfit.error().code, ErrorCode::kProjectUnsupported);
  EXPECT_FALSE(std::filesystem::exists(folder + "/producers/node"));
}

TEST_F(Init, RefusesAFolderThatIsNotEmpty) {
  std::ofstream(root_ + "/x") << "x";
  const auto made =
      init_project({.folder = root_, .name = {}, .template_name = "telemetry", .producers = {}, .id = {}});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kProjectExists);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(root_), {}), 1);
}

TEST_F(Init, RefusesWhatItDoesNotKnow) {
  const std::string folder = root_ + "/new";
  EXPECT_THAT(init_project({.folder = folder, .name = {}, .template_name = "telemetri", .producers = {}, .id = {}})
                  .error()
                  .message,
              testing::HasSubstr("did you mean 'telemetry'?"));
  EXPECT_EQ(init_project({.folder = folder, .name = "a b", .template_name = "telemetry", .producers = {}, .id = {}})
                .error()
                .code,
            ErrorCode::kUsage);
  const auto unknown =
      init_project({.folder = folder, .name = {}, .template_name = "telemetry", .producers = {"go", "nod"}, .id = {}});
  EXPECT_EQ(unknown.error().code, ErrorCode::kUsage);
  EXPECT_THAT(unknown.error().message,
              testing::HasSubstr("did you mean 'node'?; the languages are cpp, go, node, python"));
  EXPECT_FALSE(std::filesystem::exists(folder));
}

}  // namespace
}  // namespace freshet::cli
