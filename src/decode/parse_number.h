#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "columns/wide_int.h"
#include "decode/json_text.h"

/// Numbers from their text, exactly.
namespace freshet::decode {

/// What to do with digits behind the last one that is kept.
enum class Excess {
  kRefuse,  ///< unless they are zeros
  kCut,
};

/// The number's magnitude times 10^scale; false when it does not fit into 256 bits, or by `excess`.
bool scaled_integer(const NumberText& number, int scale, Excess excess, columns::Int256& out);

/// The nearest double or float; nothing when it is out of range. What is too small for one is zero.
std::optional<double> nearest_double(const NumberText& number);
std::optional<float> nearest_float(const NumberText& number);

}  // namespace freshet::decode
