#include "io/worker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace freshet::io {
namespace {

TEST(Worker, RunsInOrderAndTheHookAfterEachBatch) {
  std::vector<int> seen;
  int hooks = 0;
  size_t at_hook = 0;
  {
    Worker worker("writer", 1000, [&] {
      ++hooks;
      at_hook = seen.size();
    });
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(worker.post([&seen, i] { seen.push_back(i); }));
    worker.stop();
    EXPECT_FALSE(worker.post([] {}));
  }
  ASSERT_EQ(seen.size(), 500u);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(seen[static_cast<size_t>(i)], i);
  EXPECT_GE(hooks, 1);
  EXPECT_EQ(at_hook, 500u);
}

TEST(Worker, RefusesWhenFullAndRunsWhatIsQueuedAtStop) {
  std::promise<void> started, go;
  std::atomic<int> done = 0;
  Worker worker("writer", 2);
  ASSERT_TRUE(worker.post([&] {
    started.set_value();
    go.get_future().wait();
  }));
  started.get_future().wait();
  EXPECT_TRUE(worker.post([&] { ++done; }));
  EXPECT_TRUE(worker.post([&] { ++done; }));
  EXPECT_FALSE(worker.post([&] { ++done; }));
  EXPECT_EQ(worker.queued(), 2u);
  go.set_value();
  EXPECT_TRUE(worker.post_waiting([&] { ++done; }));
  worker.stop();
  EXPECT_EQ(done, 3);
}

}  // namespace
}  // namespace freshet::io
