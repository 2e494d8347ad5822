#include "cli/record_format.h"

#include <nlohmann/json.hpp>

#include "base/strings.h"
#include "cli/time_text.h"

namespace freshet::cli {
namespace {

constexpr size_t kHexWidth = 16;

std::string_view text_of(const std::optional<std::string_view>& bytes) { return bytes.value_or(std::string_view()); }

nlohmann::ordered_json json_of(const std::optional<std::string_view>& bytes) {
  if (!bytes) return nullptr;
  return std::string(*bytes);
}

std::string as_json(const ShownRecord& record) {
  nlohmann::ordered_json out;
  out["topic"] = std::string(record.topic);
  out["partition"] = record.partition;
  out["offset"] = record.offset;
  out["timestamp_ms"] = record.timestamp_ms;
  out["key"] = json_of(record.key);
  out["value"] = json_of(record.value);
  out["headers"] = nlohmann::ordered_json::array();
  for (const auto& [name, value] : record.headers)
    out["headers"].push_back({{"name", name}, {"value", json_of(value)}});
  // What is no UTF-8 becomes U+FFFD; --format raw and hex show every byte.
  return out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

/// "00000010  75 73 65 72 5f 69 64 22  3a 22 75 2d 31 22 2c 22  |user_id":"u-1","|"
void append_hex(std::string& out, std::string_view bytes) {
  for (size_t at = 0; at < bytes.size(); at += kHexWidth) {
    const std::string_view row = bytes.substr(at, kHexWidth);
    out += fmt::format("{:08x}  ", at);
    for (size_t i = 0; i < kHexWidth; ++i) {
      out += i < row.size() ? fmt::format("{:02x} ", static_cast<unsigned char>(row[i])) : "   ";
      if (i == kHexWidth / 2 - 1) out += ' ';
    }
    out += " |";
    for (const char c : row) out += c >= ' ' && c <= '~' ? c : '.';
    out += "|\n";
  }
}

std::string as_hex(const ShownRecord& record) {
  const auto size = [](const auto& bytes) { return bytes ? fmt::format("{} bytes", bytes->size()) : "null"; };
  std::string out =
      fmt::format("{}-{} offset {}, {}, key {}, value {}, {} headers\n", record.topic, record.partition, record.offset,
                  time_text(record.timestamp_ms), size(record.key), size(record.value), record.headers.size());
  for (const auto& [name, value] : record.headers) {
    out += fmt::format("header {}, {}\n", name, size(value));
    append_hex(out, text_of(value));
  }
  if (record.key && !record.key->empty()) {
    out += "key\n";
    append_hex(out, *record.key);
  }
  if (record.value && !record.value->empty()) {
    out += "value\n";
    append_hex(out, *record.value);
  }
  return out;
}

std::string headers_text(const ShownRecord& record) {
  std::string out;
  for (const auto& [name, value] : record.headers)
    out += fmt::format("{}{}={}", out.empty() ? "" : ",", name, value.value_or("NULL"));
  return out;
}

/// The character that a backslash and what follows stand for; moves `at` to its last character.
Result<char> escaped(const std::string& text, size_t& at) {
  const char next = at + 1 < text.size() ? text[++at] : '\0';
  switch (next) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case '0':
      return '\0';
    case '\\':
      return '\\';
    case 'x': {
      const std::string digits = text.substr(at + 1, 2);
      if (digits.size() != 2 || digits.find_first_not_of("0123456789abcdefABCDEF") != digits.npos) break;
      at += 2;
      return static_cast<char>(std::stoi(digits, nullptr, 16));
    }
    default:
      break;
  }
  return fail(ErrorCode::kUsage, "--format: after a backslash comes n, t, r, 0, x and two hex digits, or a backslash");
}

}  // namespace

Result<RecordFormat> RecordFormat::parse(const std::string& text) {
  static const std::vector<std::string> kNames = {"value", "json", "kv", "raw", "hex"};
  RecordFormat format;
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (text != kNames[i]) continue;
    format.kind_ = static_cast<Kind>(i);
    return format;
  }
  if (text.find('%') == text.npos) {
    const std::string meant = nearest(text, kNames);
    return fail(ErrorCode::kUsage, "--format {}: value, json, kv, raw, hex, or a text with %k %v … is wanted{}", text,
                meant.empty() ? "" : fmt::format("; did you mean '{}'?", meant));
  }
  format.kind_ = Kind::kTemplate;
  ASSIGN_OR_RETURN(format.parts_, parse_template(text));
  return format;
}

Result<std::vector<RecordFormat::Part>> RecordFormat::parse_template(const std::string& text) {
  constexpr std::string_view kLetters = "kvsoptTDhKS";
  std::vector<Part> parts(1);
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ASSIGN_OR_RETURN(const char character, escaped(text, at));
      parts.back().text += character;
      continue;
    }
    if (text[at] != '%') {
      parts.back().text += text[at];
      continue;
    }
    const char letter = at + 1 < text.size() ? text[++at] : '\0';
    if (letter == '%' || letter == 'n') {
      parts.back().text += letter == '%' ? '%' : '\n';
    } else if (letter != '\0' && kLetters.find(letter) != kLetters.npos) {
      parts.push_back({letter, {}});
      parts.emplace_back();
    } else {
      return fail(
          ErrorCode::kUsage,
          "--format: '%{}' is not known: %k key, %v value, %o offset, %p partition, %t topic, %T timestamp in ms, "
          "%D the same as a date, %h headers, %K and %S sizes of key and value, %n newline, %%",
          letter == '\0' ? std::string() : std::string(1, letter));
    }
  }
  return parts;
}

std::string RecordFormat::print(const ShownRecord& record) const {
  switch (kind_) {
    case Kind::kValue:
      return std::string(text_of(record.value)) + "\n";
    case Kind::kJson:
      return as_json(record);
    case Kind::kKeyValue:
      return fmt::format("{}\t{}\n", text_of(record.key), text_of(record.value));
    case Kind::kRaw:
      return std::string(text_of(record.value));
    case Kind::kHex:
      return as_hex(record);
    case Kind::kTemplate:
      break;
  }
  std::string out;
  for (const Part& part : parts_) {
    switch (part.letter) {
      case 'k':
        out += text_of(record.key);
        break;
      case 'v':
      case 's':
        out += text_of(record.value);
        break;
      case 'o':
        out += std::to_string(record.offset);
        break;
      case 'p':
        out += std::to_string(record.partition);
        break;
      case 't':
        out += record.topic;
        break;
      case 'T':
        out += std::to_string(record.timestamp_ms);
        break;
      case 'D':
        out += time_text(record.timestamp_ms);
        break;
      case 'h':
        out += headers_text(record);
        break;
      case 'K':  // as kcat: -1 for null
        out += record.key ? std::to_string(record.key->size()) : "-1";
        break;
      case 'S':
        out += record.value ? std::to_string(record.value->size()) : "-1";
        break;
      default:
        out += part.text;
    }
  }
  return out;
}

}  // namespace freshet::cli
