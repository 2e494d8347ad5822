#pragma once

#include <random>
#include <string>
#include <unordered_set>

#include "kafka/reader.h"

/// For tests: fills the fields that a message has in a version with random contents, through the same declarations that
/// reader and writer use.
namespace freshet::kafka {

class RandomFill {
 public:
  RandomFill(std::mt19937_64& random, int16_t version) : random_(random), version_(version) {}

  template <class T>
  void operator()(T& value, const Field& field = {}, const std::type_identity_t<T>& = {}) {
    if (!field.versions.contains(version_)) return;
    if (field.tag >= 0 && below(3) == 0) return;
    fill(value, field);
  }
  template <class M>
  void message(M& m) {
    M::fields(m, *this);
  }

 private:
  size_t below(size_t n) { return static_cast<size_t>(random_() % n); }
  /// Text views look into strings that live as long as the program: a test's.
  std::string_view text() {
    static std::unordered_set<std::string> texts;
    std::string bytes(below(4) == 0 ? below(600) : below(12), '\0');
    for (char& c : bytes) c = static_cast<char>(random_());
    return *texts.insert(std::move(bytes)).first;
  }
  template <class T>
  void fill(T& value, const Field& field) {
    if constexpr (std::is_same_v<T, bool>) {
      value = below(2) == 1;
    } else if constexpr (std::is_enum_v<T> || std::integral<T>) {
      value = static_cast<T>(random_() >> below(64));
    } else if constexpr (std::is_same_v<T, Uuid>) {
      for (unsigned char& byte : value.bytes) byte = static_cast<unsigned char>(random_());
    } else if constexpr (kIsNullable<T>) {
      value.reset();
      if (version_ < field.nullable_from || below(4) > 0) fill(value.emplace(), field);
    } else if constexpr (std::is_same_v<T, Records>) {
      if (below(4) > 0) value = Records(Slice{text(), nullptr});
    } else if constexpr (kIsText<T>) {
      value = T(text());
    } else if constexpr (kIsArray<T>) {
      value.resize(below(8) == 0 ? below(200) / (depth_ * depth_ + 1) : below(4));
      ++depth_;
      for (auto& element : value) fill(element, Field{});
      --depth_;
    } else {
      message(value);
    }
  }
  std::mt19937_64& random_;
  int16_t version_;
  size_t depth_ = 0;
};

}  // namespace freshet::kafka
