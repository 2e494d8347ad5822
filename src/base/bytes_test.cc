#include "base/bytes.h"

#include <gtest/gtest.h>

#include <limits>

namespace freshet {
namespace {

TEST(Varint, RoundTripsExtremes) {
  for (const int64_t value : {int64_t{0}, int64_t{-1}, int64_t{1}, int64_t{-65}, int64_t{8191},
                              std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
    std::string out;
    append_varint(out, value);
    EXPECT_EQ(out.size(), varint_size(value));
    ByteReader reader(out);
    EXPECT_EQ(reader.varint(), value);
    EXPECT_TRUE(reader.ok());
    EXPECT_EQ(reader.remaining(), 0u);
  }
}

TEST(Varint, RefusesMoreThanTenBytes) {
  ByteReader reader(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11));
  reader.unsigned_varint();
  EXPECT_FALSE(reader.ok());
}

TEST(ByteReader, StaysFailedAfterAShortRead) {
  ByteReader reader("abc");
  EXPECT_EQ(reader.big<int32_t>(), 0);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.big<int8_t>(), 0);
  EXPECT_EQ(reader.bytes(1), "");
}

}  // namespace
}  // namespace freshet
