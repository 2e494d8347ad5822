#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "project/document.h"
#include "project/project.h"

namespace freshet::project {

/// Takes the known keys out of a map, one call a key, and reports what does not fit. A key that is absent leaves the
/// default in `out`. `finish()` reports the keys that nobody asked for.
class Fields {
 public:
  /// `path`: the keys that lead here, "" at the top: for messages. A node that is not a map is reported and has no
  /// keys. Both references must outlive the Fields.
  Fields(const Node& node, std::string path, const Problems& problems);

  const Node* find(std::string_view key);
  /// Reports an absent key as missing; `example` is what to write: "name: telemetry".
  const Node* require(std::string_view key, std::string_view example);

  void text(std::string_view key, std::string& out);
  void boolean(std::string_view key, bool& out);
  void integer(std::string_view key, int64_t least, int64_t most, int64_t& out);
  /// "20ms", "7d"; `forever` is taken where `allow_forever`, as -1.
  void duration(std::string_view key, int64_t least_ms, int64_t most_ms, int64_t& out_ms, bool allow_forever = false);
  void size(std::string_view key, int64_t least, int64_t most, int64_t& out_bytes);
  /// "127.0.0.1:9092"; the place is kept for later checks.
  void address(std::string_view key, Address& out, Mark* place = nullptr);
  /// One of the names; `out` becomes its index.
  void choice(std::string_view key, const std::vector<std::string>& names, size_t& out);
  /// Refuses the key when it is there. `sentence`: what does not exist yet, and what to do instead.
  void not_yet(std::string_view key, std::string_view sentence);

  void finish();

  /// `path` and `key` joined: "kafka.listen".
  std::string full(std::string_view key) const;
  const Problems& problems() const { return problems_; }

 private:
  /// The key's text when it is a scalar; reports another kind. `expected`: "a size like 64MiB".
  const Node* scalar(std::string_view key, std::string_view expected);

  const Node* node_;
  std::string path_;
  const Problems& problems_;
  std::vector<std::string> known_;
};

/// Host and port of "HOST:PORT", IPv6 hosts in brackets.
Result<Address> parse_address(std::string_view text);

}  // namespace freshet::project
