#pragma once

#include <memory>
#include <string>
#include <vector>

#include "decode/decoder.h"
#include "schema/type.h"

namespace freshet::decode {

struct DeclaredColumn {
  std::string name;  ///< dots lead into nested objects
  schema::Type type;
};

/// JSON objects, one a record.
std::unique_ptr<Decoder> make_json_decoder(const std::vector<DeclaredColumn>& columns);

}  // namespace freshet::decode
