#pragma once

#include <limits>
#include <utility>

#include "base/bytes.h"
#include "kafka/field.h"
#include "kafka/pieces.h"
#include "kafka/types.h"

namespace freshet::kafka {

/// Where a writer's bytes go: into pieces, or nowhere but into a count.
class PiecesSink {
 public:
  explicit PiecesSink(Pieces& pieces) : pieces_(pieces) {}
  template <std::integral T>
  void big(T value) {
    append_big(pieces_.own(), value);
  }
  void unsigned_varint(uint64_t value) { append_unsigned_varint(pieces_.own(), value); }
  void bytes(std::string_view bytes) { pieces_.own().append(bytes); }
  void records(const Slice& slice) { pieces_.append(slice); }

 private:
  Pieces& pieces_;
};

class SizeSink {
 public:
  template <std::integral T>
  void big(T) {
    size_ += sizeof(T);
  }
  void unsigned_varint(uint64_t value) {
    do ++size_;
    while ((value >>= 7) != 0);
  }
  void bytes(std::string_view bytes) { size_ += bytes.size(); }
  void records(const Slice& slice) { size_ += slice.bytes.size(); }
  size_t size() const { return size_; }

 private:
  size_t size_ = 0;
};

/// Writes one message's fields in a version. A null where that version allows none is written as empty.
template <class Sink>
class Writer {
 public:
  Writer(Sink& out, int16_t version, bool flexible) : out_(out), version_(version), flexible_(flexible) {}

  /// A field of a message; called by its `fields`. Tagged fields equal to `absent` are not written.
  template <class T>
  void operator()(const T& value, const Field& field = {}, const std::type_identity_t<T>& absent = {}) {
    if (!field.versions.contains(version_)) return;
    if (pass_ == Pass::kOrdinary) {
      if (field.tag < 0) write(value, field);
    } else if (field.tag >= 0 && !(value == absent)) {
      if (pass_ == Pass::kCountTagged) {
        ++tagged_;
      } else {
        tagged_field(value, field);
      }
    }
  }

  template <class M>
  void message(const M& m) {
    const Pass outer = std::exchange(pass_, Pass::kOrdinary);
    M::fields(m, *this);
    if (flexible_) {
      pass_ = Pass::kCountTagged;
      tagged_ = 0;
      M::fields(m, *this);
      out_.unsigned_varint(tagged_);
      pass_ = Pass::kWriteTagged;
      if (tagged_ > 0) M::fields(m, *this);
    }
    pass_ = outer;
  }

  template <class T>
  void write(const T& value, const Field& field) {
    if constexpr (std::is_same_v<T, bool>) {
      out_.big(static_cast<int8_t>(value));
    } else if constexpr (std::is_enum_v<T>) {
      out_.big(static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (std::integral<T>) {
      out_.big(value);
    } else if constexpr (std::is_same_v<T, Uuid>) {
      out_.bytes({reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()});
    } else if constexpr (kIsNullable<T> && !kIsNullableSized<T>) {
      out_.big(static_cast<int8_t>(value ? 1 : -1));
      if (value) message(*value);
    } else if constexpr (kIsNullable<T>) {
      const bool wide = field.is_bytes || kIsArray<typename T::value_type>;
      if (value) {
        write(*value, field);
      } else if (version_ >= field.nullable_from) {
        null(wide);
      } else {
        length(0, wide);
      }
    } else if constexpr (std::is_same_v<T, Records>) {
      if (value.is_null) return null(true);
      length(value.bytes().size(), true);
      out_.records(value.slice);
    } else if constexpr (kIsText<T>) {
      length(value.size(), field.is_bytes);
      out_.bytes(value);
    } else if constexpr (kIsArray<T>) {
      length(value.size(), true);
      for (const auto& element : value) write(element, Field{});
    } else {
      message(value);
    }
  }

 private:
  enum class Pass { kOrdinary, kCountTagged, kWriteTagged };

  void length(size_t size, bool wide) {
    if (flexible_) {
      out_.unsigned_varint(size + 1);
    } else if (wide) {
      out_.big(static_cast<int32_t>(size));
    } else {
      out_.big(static_cast<int16_t>(size));
    }
  }
  void null(bool wide) {
    if (flexible_) {
      out_.unsigned_varint(0);
    } else if (wide) {
      out_.big(int32_t{-1});
    } else {
      out_.big(int16_t{-1});
    }
  }
  template <class T>
  void tagged_field(const T& value, const Field& field) {
    SizeSink size;
    Writer<SizeSink>(size, version_, flexible_).write(value, field);
    out_.unsigned_varint(static_cast<uint64_t>(field.tag));
    out_.unsigned_varint(size.size());
    const Pass outer = std::exchange(pass_, Pass::kOrdinary);
    write(value, field);
    pass_ = outer;
  }

  Sink& out_;
  int16_t version_;
  bool flexible_;
  Pass pass_ = Pass::kOrdinary;
  uint64_t tagged_ = 0;
};

/// Bytes that no element of an array of T can be shorter than: that of empty texts and arrays and no tags. At least 1.
template <class T>
size_t smallest_size(int16_t version, bool flexible) {
  if constexpr (std::integral<T>) {
    return sizeof(T);
  } else {
    SizeSink size;
    Writer<SizeSink>(size, version, flexible).write(T{}, Field{});
    return size.size() > 0 ? size.size() : 1;
  }
}

}  // namespace freshet::kafka
