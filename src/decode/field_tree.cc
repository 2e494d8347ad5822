#include "decode/field_tree.h"

#include <algorithm>

namespace freshet::decode {

FieldTree::FieldTree(const std::vector<std::string>& columns) {
  node_of("");
  for (size_t column = 0; column < columns.size(); ++column) {
    const std::string& name = columns[column];
    // Every way to cut the name: from the root, or from behind one of its dots.
    for (size_t begin = 0; begin != std::string::npos;) {
      const int node = node_of(name.substr(0, begin));
      field_of(node, name.substr(begin)).column = static_cast<int>(column);
      for (size_t dot = name.find('.', begin); dot != std::string::npos; dot = name.find('.', dot + 1)) {
        const int inner = node_of(name.substr(0, dot + 1));
        field_of(node, name.substr(begin, dot - begin)).node = inner;
      }
      const size_t dot = name.find('.', begin);
      begin = dot == std::string::npos ? dot : dot + 1;
    }
  }
}

int FieldTree::find(int node, std::string_view key) const {
  const auto& by_key = nodes_[static_cast<size_t>(node)].by_key;
  const auto found = by_key.find(key);
  return found == by_key.end() ? -1 : found->second;
}

/// `prefix`: "", "user.", "user.address."
int FieldTree::node_of(const std::string& prefix) {
  const auto [entry, added] = node_by_prefix_.try_emplace(prefix, static_cast<int>(nodes_.size()));
  if (added) nodes_.emplace_back().prefix = prefix;
  return entry->second;
}

FieldTree::Field& FieldTree::field_of(int node, const std::string& key) {
  Node& at = nodes_[static_cast<size_t>(node)];
  const auto [entry, added] = at.by_key.try_emplace(key, static_cast<int>(at.fields.size()));
  if (added) {
    Field& field = at.fields.emplace_back();
    field.quoted = '"' + key + '"';
    const size_t first = std::min(field.quoted.size(), field.first_bytes.size());
    std::copy_n(field.quoted.begin(), first, field.first_bytes.begin());
    field.first_mask = (1U << first) - 1;
    // A name that JSON spells with escapes is found by find() only.
    const auto escaped = [](char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; };
    if (std::ranges::any_of(key, escaped)) field.first_bytes[0] = '\0';
  }
  return at.fields[static_cast<size_t>(entry->second)];
}

}  // namespace freshet::decode
