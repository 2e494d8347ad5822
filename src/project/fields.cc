#include "project/fields.h"

#include <algorithm>
#include <charconv>

#include "base/strings.h"

namespace freshet::project {

Fields::Fields(const Node& node, std::string path, const Problems& problems)
    : node_(&node), path_(std::move(path)), problems_(problems) {
  if (node.kind == Node::Kind::kMap) return;
  problems_.add(ErrorCode::kProjectWrongType, node.mark,
                fmt::format("{} must be a map of keys, not {}", path_.empty() ? "the file" : "'" + path_ + "'",
                            node.kind_name()));
  node_ = nullptr;
}

std::string Fields::full(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

const Node* Fields::find(std::string_view key) {
  known_.emplace_back(key);
  if (node_ == nullptr) return nullptr;
  for (const Node::Entry& entry : node_->entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

const Node* Fields::require(std::string_view key, std::string_view example) {
  const Node* found = find(key);
  if (found == nullptr && node_ != nullptr) {
    problems_.add(ErrorCode::kProjectMissing, node_->mark,
                  fmt::format("'{}' is missing: add `{}`", full(key), example));
  }
  return found;
}

const Node* Fields::scalar(std::string_view key, std::string_view expected) {
  const Node* found = find(key);
  if (found == nullptr || found->kind == Node::Kind::kScalar) return found;
  problems_.add(ErrorCode::kProjectWrongType, found->mark,
                fmt::format("'{}' must be {}, not {}", full(key), expected, found->kind_name()));
  return nullptr;
}

void Fields::text(std::string_view key, std::string& out) {
  const Node* found = scalar(key, "a text");
  if (found == nullptr) return;
  if (trim(found->text).empty()) {
    problems_.add(ErrorCode::kProjectInvalid, found->mark,
                  fmt::format("'{}' is empty: write a value or leave the key out", full(key)));
    return;
  }
  out = found->text;
}

void Fields::boolean(std::string_view key, bool& out) {
  const Node* found = scalar(key, "true or false");
  if (found == nullptr) return;
  if (!found->quoted && (found->text == "true" || found->text == "false")) {
    out = found->text == "true";
    return;
  }
  problems_.add(ErrorCode::kProjectWrongType, found->mark,
                fmt::format("'{}' must be true or false, without quotes, not '{}'", full(key), found->text));
}

void Fields::integer(std::string_view key, int64_t least, int64_t most, int64_t& out) {
  const Node* found = scalar(key, "a whole number");
  if (found == nullptr) return;
  int64_t value = 0;
  const char* end = found->text.data() + found->text.size();
  const auto [stop, error] = std::from_chars(found->text.data(), end, value);
  if (found->quoted || stop != end || error == std::errc::invalid_argument) {
    problems_.add(
        ErrorCode::kProjectWrongType, found->mark,
        fmt::format("'{}' must be a whole number from {} to {}, not '{}'", full(key), least, most, found->text));
  } else if (error != std::errc() || value < least || value > most) {
    problems_.add(ErrorCode::kProjectInvalid, found->mark,
                  fmt::format("'{}' must be from {} to {}, not {}", full(key), least, most, found->text));
  } else {
    out = value;
  }
}

void Fields::duration(std::string_view key, int64_t least_ms, int64_t most_ms, int64_t& out_ms, bool allow_forever) {
  const Node* found = scalar(key, "a duration like 20ms or 7d");
  if (found == nullptr) return;
  if (allow_forever && found->text == "forever") {
    out_ms = -1;
    return;
  }
  const Result<int64_t> value = parse_duration_ms(found->text);
  if (!value) {
    problems_.add(value.error().code, found->mark,
                  fmt::format("'{}': {}{}", full(key), value.error().message, allow_forever ? ", or forever" : ""));
  } else if (*value < least_ms || *value > most_ms) {
    problems_.add(ErrorCode::kProjectInvalid, found->mark,
                  fmt::format("'{}' must be from {} ms to {} ms, not {}", full(key), least_ms, most_ms, found->text));
  } else {
    out_ms = *value;
  }
}

void Fields::size(std::string_view key, int64_t least, int64_t most, int64_t& out_bytes) {
  const Node* found = scalar(key, "a size like 64MiB");
  if (found == nullptr) return;
  const Result<int64_t> value = parse_size_bytes(found->text);
  if (!value) {
    problems_.add(value.error().code, found->mark, fmt::format("'{}': {}", full(key), value.error().message));
  } else if (*value < least || *value > most) {
    problems_.add(
        ErrorCode::kProjectInvalid, found->mark,
        fmt::format("'{}' must be from {} to {}, not {}", full(key), human_bytes(static_cast<uint64_t>(least)),
                    human_bytes(static_cast<uint64_t>(most)), found->text));
  } else {
    out_bytes = *value;
  }
}

void Fields::address(std::string_view key, Address& out, Mark* place) {
  const Node* found = scalar(key, "an address like 127.0.0.1:9092");
  if (found == nullptr) return;
  if (place != nullptr) *place = found->mark;
  Result<Address> value = parse_address(found->text);
  if (value) {
    out = std::move(*value);
    return;
  }
  problems_.add(value.error().code, found->mark, fmt::format("'{}': {}", full(key), value.error().message));
}

void Fields::choice(std::string_view key, const std::vector<std::string>& names, size_t& out) {
  const Node* found = scalar(key, fmt::format("one of {}", fmt::join(names, ", ")));
  if (found == nullptr) return;
  const auto match = std::find(names.begin(), names.end(), found->text);
  if (match != names.end()) {
    out = static_cast<size_t>(match - names.begin());
    return;
  }
  const std::string meant = nearest(found->text, names);
  problems_.add(ErrorCode::kProjectInvalid, found->mark,
                fmt::format("'{}' must be one of {}, not '{}'{}", full(key), fmt::join(names, ", "), found->text,
                            meant.empty() ? "" : fmt::format("; did you mean '{}'?", meant)));
}

void Fields::not_yet(std::string_view key, std::string_view sentence) {
  known_.emplace_back(key);
  if (node_ == nullptr) return;
  for (const Node::Entry& entry : node_->entries) {
    if (entry.key != key) continue;
    problems_.add(ErrorCode::kProjectUnsupported, entry.mark, fmt::format("'{}': {}", full(key), sentence));
  }
}

void Fields::finish() {
  if (node_ == nullptr) return;
  for (const Node::Entry& entry : node_->entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
    const std::string meant = nearest(entry.key, known_);
    problems_.add(ErrorCode::kProjectUnknownKey, entry.mark,
                  meant.empty()
                      ? fmt::format("unknown key '{}'; known here: {}", full(entry.key), fmt::join(known_, ", "))
                      : fmt::format("unknown key '{}'; did you mean '{}'?", full(entry.key), meant));
  }
}

Result<Address> parse_address(std::string_view text) {
  const auto refused = [&](std::string_view why) {
    return fail(ErrorCode::kProjectInvalid, "'{}' {}: write HOST:PORT, like 127.0.0.1:9092 or [::1]:9092", text, why);
  };
  const size_t colon = text.rfind(':');
  if (colon == text.npos) return refused("has no port");
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != host.npos) {
    return refused("has an IPv6 host without brackets");
  }
  if (host.empty()) return refused("has no host");
  const bool plain = std::all_of(host.begin(), host.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == ':' || c == '_' || c == '%';
  });
  if (!plain) return refused("has a host that is neither a name nor an IP address");
  uint16_t port = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || stop != digits.data() + digits.size()) return refused("has no port from 0 to 65535");
  return Address{std::string(host), port};
}

}  // namespace freshet::project
