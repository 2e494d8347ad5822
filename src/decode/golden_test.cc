/// Decoding and encoding against bytes that ClickHouse wrote for the same JSON: src/columns/testdata/golden.tsv
/// (its first line says how it was made).
#include <gtest/gtest.h>

#include <fstream>

#include "base/strings.h"
#include "decode/json_decoder.h"

namespace freshet::decode {
namespace {

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}

TEST(Golden, EveryType_IsDecodedAndWrittenAsClickHouseDoesIt) {
  std::ifstream file(FRESHET_SOURCE_DIR "/src/columns/testdata/golden.tsv");
  size_t cases = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    const std::vector<std::string_view> parts = split(line, '\t');
    ASSERT_GE(parts.size(), 3U);
    const auto type = schema::parse_type(parts[0]);
    ASSERT_TRUE(type) << parts[0];
    columns::Block block;
    block.add("v", *type);
    const auto decoder = make_json_decoder({{"v", *type}});
    for (size_t i = 2; i < parts.size(); ++i) {
      const auto failure = decoder->decode(fmt::format("{{\"v\": {}}}", parts[i]), block);
      EXPECT_FALSE(failure) << parts[0] << ": " << failure->message;
    }
    std::string written;
    block.write_native(written);
    EXPECT_EQ(written, from_hex(parts[1])) << parts[0];
    ++cases;
  }
  EXPECT_GE(cases, 45U);
}

}  // namespace
}  // namespace freshet::decode
