#include "decode/json_text.h"

#include <simdjson.h>

#include <algorithm>
#include <bitset>
#include <cstring>
#include <vector>

namespace freshet::decode {
namespace {

constexpr std::string_view kSeparator = "\n\x01\n";
constexpr size_t kFirstCapacity = size_t{256} << 10;

const char* reason(simdjson::error_code code) {
  switch (code) {
    case simdjson::UTF8_ERROR:
      return "it is not valid UTF-8";
    case simdjson::UNCLOSED_STRING:
      return "a string is not closed";
    case simdjson::UNESCAPED_CHARS:
      return "a string holds a control character that is not escaped";
    case simdjson::EMPTY:
      return "it is empty";
    case simdjson::CAPACITY:
    case simdjson::MEMALLOC:
      return "it is too large";
    default:
      return "it is not JSON";
  }
}

}  // namespace

struct JsonIndex::Impl {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
  std::unique_ptr<char[]> text;
  size_t capacity = 0;
  std::vector<uint32_t> stops;  ///< of each text: where its kStop lies
  const uint32_t* next = nullptr;

  bool reserve(size_t size) {
    if (size <= capacity) return true;
    const size_t wanted = std::max({size, capacity * 2, kFirstCapacity});
    text.reset(new char[wanted + simdjson::SIMDJSON_PADDING]);
    simdjson::error_code failure = simdjson::SUCCESS;
    if (parser) {
      failure = parser->set_capacity(wanted);
    } else {
      failure = simdjson::get_active_implementation()->create_dom_parser_implementation(wanted, 1, parser);
    }
    capacity = failure ? 0 : wanted;
    return !failure;
  }
};

JsonIndex::JsonIndex() : impl_(std::make_unique<Impl>()) {}
JsonIndex::~JsonIndex() = default;

bool JsonIndex::index(std::span<const std::string_view> texts) {
  Impl& impl = *impl_;
  size_t size = 0;
  for (const std::string_view text : texts) size += text.size() + kSeparator.size();
  impl.stops.clear();
  if (size > kMaxBytes || !impl.reserve(size)) {
    why_ = "it is too large";
    return false;
  }
  char* to = impl.text.get();
  for (const std::string_view text : texts) {
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    to += text.size();
    std::memcpy(to, kSeparator.data(), kSeparator.size());
    impl.stops.push_back(static_cast<uint32_t>(to + 1 - impl.text.get()));
    to += kSeparator.size();
  }
  std::memset(to, ' ', simdjson::SIMDJSON_PADDING);
  const simdjson::error_code failure =
      impl.parser->stage1(reinterpret_cast<const uint8_t*>(impl.text.get()), size, simdjson::stage1_mode::regular);
  if (failure) {
    why_ = reason(failure);
    return false;
  }
  impl.next = impl.parser->structural_indexes.get();
  return true;
}

void JsonIndex::read_up_to(const Cursor& cursor) { impl_->next = cursor.at; }

const char* JsonIndex::begin(size_t i) const { return impl_->text.get() + (i == 0 ? 0 : impl_->stops[i - 1] + 2); }

Cursor JsonIndex::cursor(size_t i) {
  // The texts before have tokens of their own, whether they were read or given up.
  const uint32_t first = i == 0 ? 0 : impl_->stops[i - 1] + 1;
  while (*impl_->next < first) ++impl_->next;
  stop_ = impl_->stops[i];
  return {impl_->text.get(), impl_->next};
}

bool scan_number(std::string_view text, NumberText& number) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto is_digit = [&] { return at < end && static_cast<unsigned char>(*at - '0') < 10; };
  number = NumberText{};
  number.text = text;
  if (at < end && *at == '-') {
    number.negative = true;
    ++at;
  }
  if (!is_digit()) return false;
  const char* significant = *at == '0' ? nullptr : at;
  if (*at == '0') {
    ++at;
    if (is_digit()) return false;  // leading zeros are not JSON
  }
  const auto take = [&] {
    if (!significant && *at != '0') significant = at;
    if (significant) {
      ++number.digits;
      number.mantissa = number.mantissa * 10 + static_cast<uint64_t>(*at - '0');
    }
    ++at;
  };
  while (is_digit()) take();
  number.integral = true;
  if (at < end && *at == '.') {
    number.integral = false;
    ++at;
    const char* const fraction = at;
    if (!is_digit()) return false;
    while (is_digit()) take();
    number.exponent = -(at - fraction);
  }
  number.all_digits =
      significant ? std::string_view(significant, static_cast<size_t>(at - significant)) : std::string_view();
  if (at < end && (*at == 'e' || *at == 'E')) {
    number.integral = false;
    ++at;
    const bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) ++at;
    if (!is_digit()) return false;
    int64_t exponent = 0;
    for (; is_digit(); ++at) exponent = std::min<int64_t>(exponent * 10 + (*at - '0'), 1'000'000);
    number.exponent = std::max<int64_t>(number.exponent, -1'000'000) + (negative ? -exponent : exponent);
  }
  return at == end;
}

namespace {

bool skip_scalar(Cursor& cursor) {
  const std::string_view token = cursor.token();
  ++cursor.at;
  switch (token.front()) {
    case '"': {
      if (token.find('\\') == std::string_view::npos) return true;
      std::string scratch;
      return unescaped(token, scratch).has_value();
    }
    case 't':
      return token == "true";
    case 'f':
      return token == "false";
    case 'n':
      return token == "null";
    default: {
      NumberText number;
      return scan_number(token, number);
    }
  }
}

bool skip_key(Cursor& cursor) {
  if (cursor.peek() != '"' || !skip_scalar(cursor) || cursor.peek() != ':') return false;
  ++cursor.at;
  return true;
}

}  // namespace

bool skip_value(Cursor& cursor) {
  std::bitset<kMaxJsonDepth> is_object;
  int depth = 0;
  while (true) {
    const char open = cursor.peek();
    if (open == '{' || open == '[') {
      if (depth == kMaxJsonDepth) return false;
      const char close = open == '{' ? '}' : ']';
      ++cursor.at;
      if (cursor.peek() != close) {
        is_object[static_cast<size_t>(depth++)] = open == '{';
        if (open == '{' && !skip_key(cursor)) return false;
        continue;
      }
      ++cursor.at;
    } else if (!skip_scalar(cursor)) {
      return false;
    }
    // Behind a value: close what ends here, up to the next element.
    while (depth > 0) {
      const bool object = is_object[static_cast<size_t>(depth - 1)];
      const char next = cursor.peek();
      if (next == ',') {
        ++cursor.at;
        if (object && !skip_key(cursor)) return false;
        break;
      }
      if (next != (object ? '}' : ']')) return false;
      ++cursor.at;
      --depth;
    }
    if (depth == 0) return true;
  }
}

namespace {

/// Four hexadecimal digits, or -1.
int hex4(std::string_view text, size_t at) {
  if (at + 4 > text.size()) return -1;
  int value = 0;
  for (size_t i = at; i < at + 4; ++i) {
    const char c = text[i];
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

void append_utf8(std::string& out, uint32_t point) {
  const auto byte = [&](uint32_t value) { out += static_cast<char>(value); };
  if (point < 0x80) return byte(point);
  if (point < 0x800) {
    byte(0xC0 | point >> 6);
  } else {
    if (point < 0x10000) {
      byte(0xE0 | point >> 12);
    } else {
      byte(0xF0 | point >> 18);
      byte(0x80 | (point >> 12 & 0x3F));
    }
    byte(0x80 | (point >> 6 & 0x3F));
  }
  byte(0x80 | (point & 0x3F));
}

/// The escape `\uXXXX`, or two of them, whose first digit is at `at`; moves `at` behind. False for half a surrogate
/// pair.
bool append_unicode_escape(std::string_view text, size_t& at, std::string& out) {
  const int first = hex4(text, at);
  if (first < 0 || (first >= 0xDC00 && first < 0xE000)) return false;
  at += 4;
  auto point = static_cast<uint32_t>(first);
  if (first >= 0xD800 && first < 0xDC00) {
    if (text.substr(at, 2) != "\\u") return false;
    const int second = hex4(text, at + 2);
    if (second < 0xDC00 || second >= 0xE000) return false;
    at += 6;
    point = 0x10000 + ((point - 0xD800) << 10) + (static_cast<uint32_t>(second) - 0xDC00);
  }
  append_utf8(out, point);
  return true;
}

}  // namespace

std::optional<std::string_view> unescaped(std::string_view token, std::string& scratch) {
  const std::string_view text = token.substr(1, token.size() - 2);
  size_t at = text.find('\\');
  if (at == std::string_view::npos) return text;
  scratch.assign(text.substr(0, at));
  while (at < text.size()) {
    if (text[at] != '\\') {
      const size_t next = std::min(text.find('\\', at), text.size());
      scratch.append(text.substr(at, next - at));
      at = next;
      continue;
    }
    const char code = at + 1 < text.size() ? text[at + 1] : '\0';
    at += 2;
    switch (code) {
      case '"':
      case '\\':
      case '/':
        scratch += code;
        break;
      case 'b':
        scratch += '\b';
        break;
      case 'f':
        scratch += '\f';
        break;
      case 'n':
        scratch += '\n';
        break;
      case 'r':
        scratch += '\r';
        break;
      case 't':
        scratch += '\t';
        break;
      case 'u':
        if (!append_unicode_escape(text, at, scratch)) return std::nullopt;
        break;
      default:
        return std::nullopt;
    }
  }
  return scratch;
}

}  // namespace freshet::decode
