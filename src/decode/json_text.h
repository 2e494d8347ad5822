#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// JSON as simdjson's first stage finds it: the text, and where its tokens begin. What the tokens mean is checked here,
/// strictly (RFC 8259), so that numbers keep their text and every byte of a record is looked at.
namespace freshet::decode {

/// A place in an indexed text. Copying it is how one looks ahead.
struct Cursor {
  const char* text;    ///< readable for 64 bytes behind its end
  const uint32_t* at;  ///< offset of the current token in `text`, of the next one at[1]; ends in kStop's offset

  char peek() const { return text[*at]; }
  /// The current token, which is a scalar, with its quotes.
  std::string_view token() const {
    size_t end = at[1];
    while (is_space(text[end - 1])) --end;
    return {text + *at, end - *at};
  }
  static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
  /// Stands behind every text: a byte that no JSON has outside of its strings.
  static constexpr char kStop = '\x01';
};

/// Finds the tokens of many texts at once: one call of simdjson for all of them. Keeps its memory.
class JsonIndex {
 public:
  JsonIndex();
  ~JsonIndex();

  /// Copies the texts behind one another. False, with why() set, if any of them is not UTF-8, holds a control character
  /// in a string or leaves a string open: then index them one at a time to find out which.
  bool index(std::span<const std::string_view> texts);
  const char* why() const { return why_; }
  /// The first token of texts[i]; call with i = 0, 1, …
  Cursor cursor(size_t i);
  /// Where the next call of cursor() may begin to look.
  void read_up_to(const Cursor& cursor);
  /// Where the copy of texts[i] begins.
  const char* begin(size_t i) const;
  /// Whether `cursor` stands behind the last token of the text that cursor() was last called for.
  bool at_end(const Cursor& cursor) const { return *cursor.at == stop_; }

  /// Limit of the texts of one call together.
  static constexpr size_t kMaxBytes = size_t{1} << 30;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  const char* why_ = nullptr;
  uint32_t stop_ = 0;
};

/// Containers may be nested this deep in a record.
inline constexpr int kMaxJsonDepth = 128;

/// Steps over one value of any kind, checking all of it. False where it is not JSON.
bool skip_value(Cursor& cursor);

/// The text of a string token between its quotes, which may look into `scratch`; empty where an escape is wrong.
std::optional<std::string_view> unescaped(std::string_view token, std::string& scratch);

/// A JSON number, taken apart. Points into the token.
struct NumberText {
  bool negative = false;
  bool integral = false;        ///< neither point nor exponent
  uint64_t mantissa = 0;        ///< all digits, without the point, when there are at most 19
  int digits = 0;               ///< significant ones: without leading zeros
  int64_t exponent = 0;         ///< value = digits * 10^exponent; kept within ±1,000,000
  std::string_view text;        ///< whole
  std::string_view all_digits;  ///< from the first significant digit up to the exponent; may hold the point
};
/// False unless `text` is exactly one number.
bool scan_number(std::string_view text, NumberText& number);

}  // namespace freshet::decode
