/// From JSON records to a Native block, in one thread. The article's event is 154 bytes of JSON and six columns.
#include <benchmark/benchmark.h>

#include <optional>
#include <string>
#include <vector>

#include "decode/json_decoder.h"

namespace {

using namespace freshet;

constexpr size_t kBatch = 10'000;

std::vector<decode::DeclaredColumn> article_columns() {
  const auto type = [](const char* text) { return *schema::parse_type(text); };
  return {{"event_id", type("String")},
          {"ts", type("DateTime64(3, 'UTC')")},
          {"user_id", type("String")},
          {"project", type("LowCardinality(String)")},
          {"action", type("LowCardinality(String)")},
          {"amount", type("Float64")}};
}

std::vector<std::string> article_events() {
  static const char* const kProjects[] = {"billing", "search", "checkout-web", "mobile"};
  static const char* const kActions[] = {"view", "cart", "checkout", "login", "logout"};
  std::vector<std::string> events;
  for (size_t i = 0; i < kBatch; ++i) {
    events.push_back(fmt::format(
        R"({{"event_id": "{:08x}-0000-4000", "ts": "2026-01-18T12:{:02}:{:02}.{:03}Z", "user_id": "u-{}", "project": "{}", "action": "{}", "amount": {}.{:02}}})",
        i * 2654435761U & 0xFFFFFFFF, i / 60 % 60, i % 60, i % 1000, 1000 + i % 977, kProjects[i % 4], kActions[i % 5],
        i % 100, i % 97));
  }
  return events;
}

columns::Block article_block() {
  columns::Block block;
  for (const auto& column : article_columns()) block.add(column.name, column.type);
  return block;
}

void count(benchmark::State& state, const std::vector<std::string>& events) {
  size_t bytes = 0;
  for (const std::string& event : events) bytes += event.size();
  const auto batches = static_cast<int64_t>(state.iterations());
  state.SetItemsProcessed(batches * static_cast<int64_t>(events.size()));
  state.SetBytesProcessed(batches * static_cast<int64_t>(bytes));
}

void decode_and_encode(benchmark::State& state, bool in_order) {
  std::vector<std::string> events = article_events();
  if (!in_order) {
    for (std::string& event : events) {
      const size_t cut = event.find(", \"project\"");
      event = "{" + event.substr(cut + 2, event.size() - cut - 3) + ", " + event.substr(1, cut - 1) + "}";
    }
  }
  const std::vector<std::optional<std::string_view>> values(events.begin(), events.end());
  const auto decoder = decode::make_json_decoder(article_columns());
  columns::Block block = article_block();
  std::vector<decode::BatchFailure> failures;
  std::string out;
  for (auto iteration : state) {
    block.clear();
    out.clear();
    decoder->decode_batch(values, block, failures);
    block.write_native(out);
    benchmark::DoNotOptimize(out.data());
  }
  if (!failures.empty()) state.SkipWithError("a record was refused");
  count(state, events);
}

void ArticleEvent_DecodeAndEncode(benchmark::State& state) { decode_and_encode(state, true); }
void ArticleEvent_OtherOrder(benchmark::State& state) { decode_and_encode(state, false); }

void ArticleEvent_OneByOne(benchmark::State& state) {
  const std::vector<std::string> events = article_events();
  const auto decoder = decode::make_json_decoder(article_columns());
  columns::Block block = article_block();
  for (auto iteration : state) {
    block.clear();
    for (const std::string& event : events) benchmark::DoNotOptimize(decoder->decode(event, block));
  }
  count(state, events);
}

void ArticleEvent_EncodeOnly(benchmark::State& state) {
  const std::vector<std::string> events = article_events();
  const std::vector<std::optional<std::string_view>> values(events.begin(), events.end());
  columns::Block block = article_block();
  std::vector<decode::BatchFailure> failures;
  decode::make_json_decoder(article_columns())->decode_batch(values, block, failures);
  std::string out;
  for (auto iteration : state) {
    out.clear();
    block.write_native(out);
    benchmark::DoNotOptimize(out.data());
  }
  count(state, events);
}

BENCHMARK(ArticleEvent_DecodeAndEncode);
BENCHMARK(ArticleEvent_OtherOrder);
BENCHMARK(ArticleEvent_OneByOne);
BENCHMARK(ArticleEvent_EncodeOnly);

}  // namespace

BENCHMARK_MAIN();
