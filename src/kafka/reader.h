#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "kafka/field.h"
#include "kafka/limits.h"
#include "kafka/writer.h"

namespace freshet::kafka {

/// Reads one message's fields. After the first thing that does not fit, every read yields nothing and ok() is false.
/// Counts and lengths are checked against the bytes that are left before anything is allocated. Text fields of type
/// string_view look into the bytes given to the constructor.
class Reader {
 public:
  Reader(std::string_view bytes, int16_t version, bool flexible) : in_(bytes), version_(version), flexible_(flexible) {}

  bool ok() const { return in_.ok(); }
  size_t remaining() const { return in_.remaining(); }

  /// A field of a message; called by its `fields`.
  template <class T>
  void operator()(T& value, const Field& field = {}, const std::type_identity_t<T>& = {}) {
    if (!field.versions.contains(version_) || field.tag != tag_) return;
    read(value, field);
  }

  template <class M>
  void message(M& m) {
    const int32_t outer = std::exchange(tag_, -1);
    M::fields(m, *this);
    if (flexible_) tagged_fields(m);
    tag_ = outer;
  }

 private:
  template <class T>
  void read(T& value, const Field& field) {
    if constexpr (std::is_same_v<T, bool>) {
      value = in_.big<int8_t>() != 0;
    } else if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(in_.big<std::underlying_type_t<T>>());
    } else if constexpr (std::integral<T>) {
      value = in_.big<T>();
    } else if constexpr (std::is_same_v<T, Uuid>) {
      const std::string_view bytes = in_.bytes(value.bytes.size());
      if (ok()) std::memcpy(value.bytes.data(), bytes.data(), bytes.size());
    } else if constexpr (kIsNullable<T>) {
      read_nullable(value, field);
    } else if constexpr (std::is_same_v<T, Records>) {
      const int64_t size = length(true);
      value.is_null = size < 0;
      if (size > 0) value.slice.bytes = in_.bytes(static_cast<size_t>(size));
    } else if constexpr (kIsText<T>) {
      text(value, length(field.is_bytes));
    } else if constexpr (kIsArray<T>) {
      array(value, length(true));
    } else {
      message(value);
    }
  }

  template <class T>
  void read_nullable(std::optional<T>& value, const Field& field) {
    if constexpr (!kIsText<T> && !kIsArray<T>) {  // a structure: one byte, negative for null
      value.reset();
      if (in_.big<int8_t>() >= 0) return message(value.emplace());
      if (version_ < field.nullable_from) in_.fail();
      return;
    } else {
      read_nullable_sized(value, field);
    }
  }

  template <class T>
  void read_nullable_sized(std::optional<T>& value, const Field& field) {
    const int64_t size = length(field.is_bytes || kIsArray<T>);
    if (size < 0) {
      if (version_ < field.nullable_from) in_.fail();
      value.reset();
      return;
    }
    value.emplace();
    if constexpr (kIsArray<T>) {
      array(*value, size);
    } else {
      text(*value, size);
    }
  }

  template <class T>
  void text(T& value, int64_t size) {
    if (size < 0) return in_.fail();
    value = T(in_.bytes(static_cast<size_t>(size)));
  }

  template <class T>
  void array(std::vector<T>& values, int64_t count) {
    if (count < 0) return in_.fail();
    const size_t n = static_cast<size_t>(count);
    if (n > in_.remaining() / smallest_size<T>(version_, flexible_) || n > elements_left_) return in_.fail();
    elements_left_ -= n;
    values.clear();
    values.reserve(n);
    for (size_t i = 0; i < n && ok(); ++i) read(values.emplace_back(), Field{});
  }

  /// -1: null. In flexible versions a varint of length + 1, else 16 bits for strings and 32 for everything else.
  int64_t length(bool wide) {
    int64_t size = 0;
    if (flexible_) {
      const uint64_t encoded = in_.unsigned_varint();
      if (encoded > std::numeric_limits<int32_t>::max()) in_.fail();
      size = static_cast<int64_t>(encoded) - 1;
      if (!in_.ok()) size = 0;
    } else {
      size = wide ? in_.big<int32_t>() : in_.big<int16_t>();
    }
    if (size < -1) in_.fail();
    return in_.ok() ? size : 0;
  }

  /// KIP-482: a count, then (tag, size, bytes) each; unknown ones are skipped.
  template <class M>
  void tagged_fields(M& m) {
    for (uint64_t count = in_.unsigned_varint(); count > 0 && ok(); --count) {
      const uint64_t tag = in_.unsigned_varint();
      const uint64_t size = in_.unsigned_varint();
      if (tag > std::numeric_limits<int32_t>::max() || size > in_.remaining()) return in_.fail();
      ByteReader rest = in_;
      in_ = ByteReader(rest.bytes(static_cast<size_t>(size)));
      tag_ = static_cast<int32_t>(tag);
      M::fields(m, *this);
      tag_ = -1;
      if (!in_.ok()) return;
      in_ = rest;
    }
  }

  ByteReader in_;
  int16_t version_;
  bool flexible_;
  int32_t tag_ = -1;  ///< the tagged field that is being read; -1: the ordinary ones
  size_t elements_left_ = kMaxElements;
};

}  // namespace freshet::kafka
