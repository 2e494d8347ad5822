#include "infer/observer.h"

#include <algorithm>

#include "base/hash.h"
#include "base/strings.h"
#include "project/names.h"

namespace freshet::infer {
namespace {

bool is_path_of_names(std::string_view key) {
  return std::ranges::all_of(split(key, '.'), [](std::string_view part) { return project::is_identifier(part); });
}

}  // namespace

Observer::Observer() = default;

void Observer::add(const SampleRecord& record) {
  ++records_;
  if (record.key) ++with_key_;
  if (!record.value) return;
  bytes_ += record.value->size();
  if (!index_.index({&*record.value, 1})) return;
  decode::Cursor cursor = index_.cursor(0);
  if (index_.at_end(cursor)) return;
  if (cursor.peek() == '[') ++top_level_arrays_;
  if (cursor.peek() != '{') return;
  // All of it is checked first: what is no JSON at its end must leave no trace, and what follows needs no checks.
  decode::Cursor end = cursor;
  if (!decode::skip_value(end) || !index_.at_end(end)) return;
  place_.number = records_;
  place_.timestamp_ms = record.timestamp_ms;
  place_.key_hash = record.key ? hash64(*record.key) : 0;
  add_object(cursor, root_, 0);
}

void Observer::add_object(decode::Cursor& cursor, Field& field, int depth) {
  ++field.objects;
  ++cursor.at;
  while (cursor.peek() != '}') {
    if (cursor.peek() == ',') ++cursor.at;
    const std::string key(decode::unescaped(cursor.token(), scratch_).value_or(""));
    cursor.at += 2;  // the key and its colon
    ++field.key_count;
    field.keys.add(hash64(key));
    if (!is_path_of_names(key) || key.size() > Field::kMaxKeyBytes) ++field.odd_keys;
    // Should the keys turn out to be data, what counts is what all their values have in common.
    if (depth > 0) {
      if (Field* any = field.any_value()) {
        decode::Cursor again = cursor;
        any->stands_in(place_);
        add_value(again, any, kMaxDepth);
      }
    }
    int child_depth = depth + 1;
    Field* child = field_of(field, key, child_depth);
    if (child != nullptr) child->stands_in(place_);
    add_value(cursor, child, child_depth);
  }
  ++cursor.at;
}

/// The field of a key, which may have dots of its own: {"user.id": 1} fills the column that {"user": {"id": 1}} fills.
Field* Observer::field_of(Field& object, std::string_view key, int& depth) {
  if (key.find('.') == key.npos || !is_path_of_names(key) || key.size() > Field::kMaxKeyBytes) return object.child(key);
  Field* field = &object;
  const std::vector<std::string_view> parts = split(key, '.');
  depth += static_cast<int>(parts.size()) - 1;
  if (depth > kMaxDepth) return nullptr;
  for (const std::string_view part : parts) {
    if (field != &object) field->stands_in(place_);
    field = field->child(part);
    if (field == nullptr) return nullptr;
  }
  return field;
}

void Observer::add_array(decode::Cursor& cursor, Field& field, int depth) {
  ++field.arrays;
  ++cursor.at;
  while (cursor.peek() != ']') {
    if (cursor.peek() == ',') ++cursor.at;
    Field* elements = field.elements();
    if (elements != nullptr) elements->stands_in(place_);
    add_value(cursor, elements, depth);
  }
  ++cursor.at;
}

void Observer::add_value(decode::Cursor& cursor, Field* field, int depth) {
  const char first = cursor.peek();
  if (field == nullptr) {
    decode::skip_value(cursor);
    return;
  }
  if (first != '{' && first != '[') {
    const std::string_view token = cursor.token();
    ++cursor.at;
    return add_scalar(token, *field);
  }
  if (depth < kMaxDepth) return first == '{' ? add_object(cursor, *field, depth) : add_array(cursor, *field, depth + 1);
  ++(first == '{' ? field->objects : field->arrays);
  ++field->too_deep;
  decode::skip_value(cursor);
}

void Observer::add_scalar(std::string_view token, Field& field) {
  switch (token.front()) {
    case 'n':
      return field.add_null();
    case 't':
    case 'f':
      return field.add_flag(token.front() == 't', place_);
    case '"':
      return field.add_text(decode::unescaped(token, scratch_).value_or(""), place_);
    default:
      return field.add_number(token, place_);
  }
}

}  // namespace freshet::infer
