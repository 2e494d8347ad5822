#include "decode/json_decoder.h"

#include <algorithm>
#include <cassert>

#include "decode/field_tree.h"
#include "decode/json_text.h"
#include "decode/value_writer.h"

namespace freshet::decode {
namespace {

/// So many bytes of records are indexed at once: they stay in the second-level cache until they are columns.
constexpr size_t kChunkBytes = size_t{128} << 10;
constexpr size_t kShownBytes = 100;
/// Answers of find_field that are no index.
constexpr int kUnknownKey = -1;
constexpr int kBadKey = -2;

std::vector<std::string> names_of(const std::vector<DeclaredColumn>& columns) {
  std::vector<std::string> names;
  for (const DeclaredColumn& column : columns) names.push_back(column.name);
  return names;
}

/// At most 100 bytes, not cut within a character.
std::string shortened(std::string_view text) {
  if (text.size() <= kShownBytes) return std::string(text);
  size_t end = kShownBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

class JsonDecoder final : public Decoder {
 public:
  explicit JsonDecoder(const std::vector<DeclaredColumn>& columns)
      : columns_(columns), tree_(names_of(columns)), filled_(columns.size()) {
    for (const DeclaredColumn& column : columns) writers_.emplace_back(column.type);
  }

  void decode_batch(std::span<const std::optional<std::string_view>> values, columns::Block& block,
                    std::vector<BatchFailure>& failures) override;
  uint64_t unknown_fields() const override { return unknown_fields_; }
  void name_unknown_fields() override { naming_ = true; }
  const std::map<std::string, uint64_t>& unknown_field_names() const override { return unknown_names_; }
  uint64_t null_defaults() const override { return state_.null_defaults; }

 private:
  using Failure = std::optional<DecodeFailure>;

  void bind(columns::Block& block);
  /// Texts of the values `begin` to `end`, whose numbers are in positions_.
  void decode_chunk(columns::Block& block, std::vector<BatchFailure>& failures);
  Failure decode_record(size_t text);
  Failure decode_object(Cursor& cursor, int node);
  Failure decode_member(Cursor& cursor, const FieldTree::Field& field);
  Failure write_column(Cursor& cursor, size_t column);
  int find_field(const Cursor& cursor, int node, size_t guess);
  void note_unknown(const Cursor& key, int node);
  void keep_unknown_names();
  void take_back(columns::Block& block);
  DecodeFailure malformed(const Cursor& cursor, std::string_view expected) const;
  std::string shown(const Cursor& cursor) const;

  const std::vector<DeclaredColumn> columns_;
  const FieldTree tree_;
  std::vector<ValueWriter> writers_;
  WriterState state_;
  JsonIndex index_;
  uint64_t layout_id_ = 0;
  uint64_t unknown_fields_ = 0;
  bool naming_ = false;
  std::map<std::string, uint64_t> unknown_names_;

  // The chunk and the record at work.
  std::vector<std::string_view> texts_;
  std::vector<size_t> positions_;  ///< of each text in the batch
  std::string_view text_;          ///< of the record
  const char* text_begin_ = nullptr;
  size_t row_ = 0;       ///< that the record becomes
  uint64_t record_ = 0;  ///< its number, so that filled_ need not be cleared
  size_t filled_count_ = 0;
  std::vector<std::string> noted_;  ///< unknown fields of the record, when they are named
  std::vector<uint64_t> filled_;    ///< per column: the record that last filled it
};

void JsonDecoder::bind(columns::Block& block) {
  if (block.layout_id() == layout_id_) return;
  assert(block.column_count() >= writers_.size());
  for (size_t i = 0; i < writers_.size(); ++i) writers_[i].bind(block.column(i));
  layout_id_ = block.layout_id();
}

void JsonDecoder::decode_batch(std::span<const std::optional<std::string_view>> values, columns::Block& block,
                               std::vector<BatchFailure>& failures) {
  bind(block);
  row_ = block.rows();
  for (size_t begin = 0; begin < values.size();) {
    texts_.clear();
    positions_.clear();
    size_t bytes = 0;
    size_t end = begin;
    for (; end < values.size() && bytes < kChunkBytes && values[end]; ++end) {
      texts_.push_back(*values[end]);
      positions_.push_back(end);
      bytes += values[end]->size();
    }
    decode_chunk(block, failures);
    if (end < values.size() && !values[end]) failures.push_back({end++, {"", "the record has no value (a tombstone)"}});
    begin = end;
  }
}

void JsonDecoder::decode_chunk(columns::Block& block, std::vector<BatchFailure>& failures) {
  const bool together = texts_.size() > 1 && index_.index(texts_);
  for (size_t i = 0; i < texts_.size(); ++i) {
    Failure failure;
    text_ = texts_[i];
    if (together) {
      failure = decode_record(i);
    } else if (index_.index({&texts_[i], 1})) {
      failure = decode_record(0);
    } else {
      failure = DecodeFailure{"", fmt::format("the value cannot be read as JSON: {}", index_.why())};
    }
    if (failure) {
      take_back(block);
      failures.push_back({positions_[i], std::move(*failure)});
    } else {
      ++row_;
    }
  }
}

void JsonDecoder::take_back(columns::Block& block) {
  for (size_t i = 0; i < writers_.size(); ++i) block.column(i).truncate(row_);
}

JsonDecoder::Failure JsonDecoder::decode_record(size_t text) {
  const uint64_t nulls_before = state_.null_defaults;
  const uint64_t unknown_before = unknown_fields_;
  Cursor cursor = index_.cursor(text);
  text_begin_ = index_.begin(text);
  ++record_;
  filled_count_ = 0;
  noted_.clear();
  Failure failure;
  if (index_.at_end(cursor)) {
    failure = DecodeFailure{"", "the value is empty"};
  } else if (cursor.peek() != '{') {
    failure = DecodeFailure{"", fmt::format("expected a JSON object, got {}", shown(cursor))};
  } else {
    failure = decode_object(cursor, FieldTree::kRoot);
    index_.read_up_to(cursor);
    if (!failure && !index_.at_end(cursor)) failure = malformed(cursor, "nothing behind the object");
  }
  if (failure) {
    state_.null_defaults = nulls_before;
    unknown_fields_ = unknown_before;
    return failure;
  }
  if (naming_) keep_unknown_names();
  if (filled_count_ < writers_.size()) {
    for (size_t i = 0; i < writers_.size(); ++i) {
      if (filled_[i] != record_) writers_[i].column().append_default();
    }
  }
  return std::nullopt;
}

JsonDecoder::Failure JsonDecoder::decode_object(Cursor& cursor, int node) {
  const std::vector<FieldTree::Field>& fields = tree_.fields(node);
  size_t guess = 0;
  ++cursor.at;
  for (bool first = true; cursor.peek() != '}'; first = false) {
    if (!first) {
      if (cursor.peek() != ',') return malformed(cursor, "',' or '}'");
      ++cursor.at;
    }
    if (cursor.peek() != '"') return malformed(cursor, "the name of a field");
    const Cursor key = cursor;
    const int found = find_field(cursor, node, guess);
    if (found == kBadKey) return malformed(cursor, "the name of a field");
    ++cursor.at;
    if (cursor.peek() != ':') return malformed(cursor, "':' behind the name of a field");
    ++cursor.at;
    if (found < 0) {
      const Cursor value = cursor;
      if (!skip_value(cursor)) return malformed(value, "a value");
      ++unknown_fields_;
      if (naming_) note_unknown(key, node);
      continue;
    }
    guess = static_cast<size_t>(found) + 1;
    if (Failure failure = decode_member(cursor, fields[static_cast<size_t>(found)])) return failure;
  }
  ++cursor.at;
  return std::nullopt;
}

void JsonDecoder::note_unknown(const Cursor& key, int node) {
  if (noted_.size() < kMaxUnknownNames)
    noted_.push_back(tree_.prefix(node) + shortened(unescaped(key.token(), state_.scratch).value_or("")));
}

void JsonDecoder::keep_unknown_names() {
  for (std::string& name : noted_) {
    if (const auto found = unknown_names_.find(name); found != unknown_names_.end()) {
      ++found->second;
    } else if (unknown_names_.size() < kMaxUnknownNames) {
      unknown_names_.emplace(std::move(name), 1);
    }
  }
}

/// The field of the key at `cursor`. Most records have the columns' order: one comparison.
int JsonDecoder::find_field(const Cursor& cursor, int node, size_t guess) {
  const std::vector<FieldTree::Field>& fields = tree_.fields(node);
  if (guess < fields.size() && fields[guess].stands_at(cursor.text + *cursor.at)) [[likely]]
    return static_cast<int>(guess);
  const auto key = unescaped(cursor.token(), state_.scratch);
  if (!key) return kBadKey;
  const int found = tree_.find(node, *key);
  return found < 0 ? kUnknownKey : found;
}

JsonDecoder::Failure JsonDecoder::decode_member(Cursor& cursor, const FieldTree::Field& field) {
  const Cursor value = cursor;
  if (field.column >= 0) {
    if (Failure failure = write_column(cursor, static_cast<size_t>(field.column))) return failure;
  }
  if (field.node < 0) return std::nullopt;
  if (value.peek() == '{') {
    cursor = value;
    return decode_object(cursor, field.node);
  }
  if (field.column >= 0) return std::nullopt;
  if (value.peek() == 'n' && value.token() == "null") {  // as if its fields were missing
    ++cursor.at;
    return std::nullopt;
  }
  return DecodeFailure{field.quoted.substr(1, field.quoted.size() - 2),
                       fmt::format("expected an object, got {}", shown(value))};
}

JsonDecoder::Failure JsonDecoder::write_column(Cursor& cursor, size_t column) {
  ValueWriter& writer = writers_[column];
  if (filled_[column] == record_) {
    writer.column().truncate(row_);  // the same key again: the last one counts
  } else {
    filled_[column] = record_;
    ++filled_count_;
  }
  const Cursor value = cursor;
  if (writer.write(cursor, state_)) [[likely]]
    return std::nullopt;
  return DecodeFailure{columns_[column].name, fmt::format("expected {}, got {}", writer.expected(), shown(value))};
}

DecodeFailure JsonDecoder::malformed(const Cursor& cursor, std::string_view expected) const {
  const auto at = static_cast<size_t>(cursor.text + *cursor.at - text_begin_);
  if (index_.at_end(cursor))
    return {"", fmt::format("the value is not JSON: expected {}, but it ends there", expected)};
  return {"", fmt::format("the value is not JSON: expected {} at byte {}, got {}", expected, at, shown(cursor))};
}

/// What stands at `cursor`: a scalar whole, a container up to the record's end.
std::string JsonDecoder::shown(const Cursor& cursor) const {
  if (index_.at_end(cursor)) return "nothing";
  const char first = cursor.peek();
  if (first != '{' && first != '[') return shortened(cursor.token());
  const auto at = static_cast<size_t>(cursor.text + *cursor.at - text_begin_);
  return shortened(text_.substr(std::min(at, text_.size())));
}

}  // namespace

std::unique_ptr<Decoder> make_json_decoder(const std::vector<DeclaredColumn>& columns) {
  return std::make_unique<JsonDecoder>(columns);
}

}  // namespace freshet::decode
