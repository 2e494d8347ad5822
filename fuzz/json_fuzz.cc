// Records of any bytes into columns of every kind. Held against it: a failure leaves the block as it was; the same
// bytes yield the same rows, alone or in a batch with others.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decode/json_decoder.h"

namespace {

using namespace freshet;

const std::vector<decode::DeclaredColumn>& declared_columns() {
  static const std::vector<decode::DeclaredColumn> all = [] {
    std::vector<decode::DeclaredColumn> made;
    const auto add = [&](const char* name, const char* type) { made.push_back({name, *schema::parse_type(type)}); };
    add("s", "String");
    add("i", "Int8");
    add("w", "Int256");
    add("f", "Float64");
    add("g", "Float32");
    add("d", "Decimal(38, 10)");
    add("t", "DateTime64(9)");
    add("l", "LowCardinality(Nullable(String))");
    add("a", "Array(Array(LowCardinality(String)))");
    add("m", "Map(UInt16, Nullable(Int64))");
    add("e", "Enum8('x' = 1, 'y' = -1)");
    add("u", "UUID");
    add("p", "IPv6");
    add("o.n", "FixedString(3)");
    add("o", "String");
    return made;
  }();
  return all;
}

columns::Block empty_block() {
  columns::Block block;
  for (const auto& column : declared_columns()) block.add(column.name, column.type);
  return block;
}

std::string native(const columns::Block& block) {
  std::string out;
  block.write_native(out);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string_view good = R"({"s":"good","l":"v","a":[["x"]],"m":{"1":2},"o":{"n":"abc"}})";
  const std::string_view json{reinterpret_cast<const char*>(data), size};
  const auto decoder = decode::make_json_decoder(declared_columns());
  columns::Block single = empty_block();
  if (decoder->decode(good, single)) std::abort();
  const std::string before = native(single);
  const bool failed = decoder->decode(json, single).has_value();
  if (failed && native(single) != before) std::abort();
  if (decoder->decode(good, single)) std::abort();

  columns::Block batch = empty_block();
  std::vector<decode::BatchFailure> failures;
  const std::vector<std::optional<std::string_view>> values = {good, json, good};
  decoder->decode_batch(values, batch, failures);
  if (failures.size() != (failed ? 1U : 0U) || native(batch) != native(single)) std::abort();
  return 0;
}
