#pragma once

#include <emmintrin.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace freshet::decode {

/// Which key of which object fills which column. A column "user.address.city" is filled by the key "city" of the object
/// "address" of the object "user", and by any spelling with literal dots ("user.address" → "city",
/// "user.address.city").
class FieldTree {
 public:
  struct Field {
    std::string quoted;  ///< the key as it stands in most records: "\"city\""
    int column = -1;     ///< that it fills, or -1
    int node = -1;       ///< of the object that it leads into, or -1

    /// Whether the token at `token` is the key, spelled without escapes. Reads up to 16 bytes, also behind its end.
    bool stands_at(const char* token) const {
      const __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(token));
      const __m128i wanted = _mm_loadu_si128(reinterpret_cast<const __m128i*>(first_bytes.data()));
      const auto equal = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(first, wanted)));
      if ((~equal & first_mask) != 0) return false;
      return quoted.size() <= first_bytes.size() ||
             std::strncmp(token + first_bytes.size(), quoted.data() + first_bytes.size(),
                          quoted.size() - first_bytes.size()) == 0;
    }
    std::array<char, 16> first_bytes{};  ///< of quoted
    unsigned first_mask = 0;             ///< a bit for each of them
  };

  explicit FieldTree(const std::vector<std::string>& columns);

  static constexpr int kRoot = 0;
  /// The fields of an object, in the order of the columns; `guess` is where the next one is expected.
  const std::vector<Field>& fields(int node) const { return nodes_[static_cast<size_t>(node)].fields; }
  /// What stands before the names of an object's fields: "", "user.", "user.address."
  const std::string& prefix(int node) const { return nodes_[static_cast<size_t>(node)].prefix; }
  /// Index into fields(node), or -1. `key` without quotes and escapes.
  int find(int node, std::string_view key) const;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  struct Node {
    std::string prefix;
    std::vector<Field> fields;
    std::unordered_map<std::string, int, Hash, std::equal_to<>> by_key;
  };
  int node_of(const std::string& prefix);
  Field& field_of(int node, const std::string& key);

  std::vector<Node> nodes_;
  std::unordered_map<std::string, int> node_by_prefix_;
};

}  // namespace freshet::decode
