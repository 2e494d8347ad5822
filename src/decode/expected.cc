#include <fmt/format.h>

#include "decode/value_writer.h"

namespace freshet::decode {
namespace {

using enum schema::TypeKind;

std::string what(const schema::Type& type) {
  switch (type.kind) {
    case kInt8:
      return "a whole number from -128 to 127";
    case kInt16:
      return "a whole number from -32768 to 32767";
    case kInt32:
      return "a whole number from -2147483648 to 2147483647";
    case kInt64:
      return "a whole number from -9223372036854775808 to 9223372036854775807";
    case kUInt8:
      return "a whole number from 0 to 255";
    case kUInt16:
      return "a whole number from 0 to 65535";
    case kUInt32:
      return "a whole number from 0 to 4294967295";
    case kUInt64:
      return "a whole number from 0 to 18446744073709551615";
    case kInt128:
    case kInt256:
    case kUInt128:
    case kUInt256:
      return "a whole number within the range";
    case kFloat32:
    case kFloat64:
      return "a number within the range";
    case kBool:
      return "true or false";
    case kFixedString:
      return fmt::format("a string of at most {} bytes", type.precision);
    case kUuid:
      return "a UUID";
    case kIpv4:
      return "an IPv4 address";
    case kIpv6:
      return "an IP address";
    case kDecimal:
      return fmt::format("a number of at most {} digits before the point and {} behind it", type.precision - type.scale,
                         type.scale);
    case kDate:
      return "a date from 1970-01-01 to 2149-06-06";
    case kDate32:
      return "a date from 1900-01-01 to 2299-12-31";
    case kDateTime:
      return "a time from 1970-01-01 00:00:00 to 2106-02-07 06:28:15 UTC";
    case kDateTime64:
      return fmt::format("a time from 1900-01-01 to {}", type.precision == 9 ? "2262-04-11" : "2299-12-31");
    case kEnum8:
    case kEnum16:
      return "one of the names or numbers";
    case kArray:
      return "an array";
    case kMap:
      return "an object";
    case kNullable:
    case kLowCardinality:
      return what(type.arguments.front());
    default:
      return "a value";
  }
}

}  // namespace

std::string ValueWriter::expected() const {
  // An Enum may have thousands of names.
  constexpr size_t kShown = 100;
  std::string name = type_.to_string();
  if (name.size() > kShown) name = name.substr(0, name.find('('));
  return fmt::format("{} for {}", what(type_), name);
}

}  // namespace freshet::decode
