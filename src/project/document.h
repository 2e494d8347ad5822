#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

/// One YAML file as a plain tree with the place of every key and value. yaml-cpp stays behind it.
namespace freshet::project {

struct Mark {
  int line = 0;    ///< from 1
  int column = 0;  ///< from 1
};

struct Node {
  enum class Kind { kNull, kScalar, kSequence, kMap };
  struct Entry;

  Kind kind = Kind::kNull;
  Mark mark;
  std::string text;     ///< of a scalar
  bool quoted = false;  ///< a scalar in quotes is a text, never a number or a bool
  std::vector<Node> items;
  std::vector<Entry> entries;  ///< of a map, in the file's order; keys are unique

  /// "a list", for messages.
  const char* kind_name() const;
};
struct Node::Entry {
  std::string key;
  Mark mark;
  Node value;
};

/// The errors of one file, collected so that a user sees all of them at once.
struct Problems {
  std::string file;
  std::vector<Error>* errors = nullptr;

  void add(ErrorCode code, Mark mark, std::string message) const {
    errors->push_back(Error{code, std::move(message), file, mark.line, mark.column});
  }
};

/// Reads one document. Anchors, aliases, keys that are not texts and nesting deeper than 16 are refused: no project
/// file needs them, and an alias can make a small file a huge tree. False when the file is not usable; `problems` says
/// why.
bool parse_document(std::string_view text, const Problems& problems, Node& root);

}  // namespace freshet::project
