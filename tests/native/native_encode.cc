/// native_encode NAME TYPE [NAME TYPE…]: JSON objects, one a line, from stdin; one Native block to stdout.
/// A record that cannot be decoded: "LINE<TAB>FIELD<TAB>MESSAGE" on stderr, and exit code 2.
#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "base/strings.h"
#include "decode/json_decoder.h"

namespace {

using namespace freshet;

int encode(const std::vector<decode::DeclaredColumn>& columns) {
  columns::Block block;
  for (const decode::DeclaredColumn& column : columns) block.add(column.name, column.type);
  const std::string input{std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
  std::vector<std::optional<std::string_view>> values;
  for (const std::string_view line : split(input, '\n')) {
    if (!line.empty()) values.emplace_back(line);
  }
  std::vector<decode::BatchFailure> failures;
  decode::make_json_decoder(columns)->decode_batch(values, block, failures);
  for (const auto& [index, failure] : failures) {
    std::fprintf(stderr, "%zu\t%s\t%s\n", index, failure.field.c_str(), failure.message.c_str());
  }
  std::string out;
  block.write_native(out);
  std::fwrite(out.data(), 1, out.size(), stdout);
  return failures.empty() ? 0 : 2;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<decode::DeclaredColumn> columns;
  for (int i = 1; i + 1 < argc; i += 2) {
    auto type = schema::parse_type(argv[i + 1]);
    if (!type) {
      std::fprintf(stderr, "%s: %s\n", argv[i], type.error().to_string().c_str());
      return 1;
    }
    columns.push_back({argv[i], std::move(*type)});
  }
  return encode(columns);
}
