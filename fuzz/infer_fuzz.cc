// Lines of any bytes as the records of a topic. Held against it: what is proposed from them is a stream that the
// project's checker accepts, and under which every JSON object among them becomes a row (a mistake in 200 is allowed).
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/strings.h"
#include "infer/check.h"
#include "infer/proposal.h"
#include "project/parse_stream.h"

using namespace freshet;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  infer::Observer observer;
  for (const std::string_view line : split(text, '\n')) observer.add({.value = line, .key = line, .timestamp_ms = 1});
  auto proposal = infer::propose(observer, {"s", "s", 4, "fuzz"});
  if (!proposal) return 0;
  const auto stream = project::parse_stream("s", "streams/s.yaml", infer::stream_text(*proposal));
  if (!stream) std::abort();
  auto checker = infer::Checker::make(*stream);
  if (!checker) std::abort();
  for (const std::string_view line : split(text, '\n')) checker->add(line, "");
  proposal->check = checker->report();
  const uint64_t lost = proposal->objects - proposal->check.rows;
  if (lost * 200 > proposal->objects * proposal->columns.size()) std::abort();
  if (!project::parse_stream("s", "streams/s.yaml", infer::stream_text(*proposal))) std::abort();
  return 0;
}
