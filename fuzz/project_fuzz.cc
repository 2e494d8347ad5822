// The readers of a project's YAML files: whatever the bytes, they end with a project or with errors that have a text.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "project/document.h"
#include "project/readers.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace freshet::project;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<freshet::Error> errors;
  const Problems problems{"freshet.yaml", &errors};
  Node root;
  if (parse_document(text, problems, root)) {
    Project project;
    read_settings(root, problems, project);
    Stream stream;
    stream.name = "events";
    read_stream(root, problems, stream);
  } else if (errors.empty()) {
    std::abort();
  }
  for (const freshet::Error& error : errors) {
    if (error.message.empty() || error.line < 0 || error.column < 0) std::abort();
  }
  return 0;
}
