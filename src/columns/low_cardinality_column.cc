#include "columns/low_cardinality_column.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "columns/string_column.h"

namespace freshet::columns {
namespace {

constexpr uint64_t kVersion = 1;  // SharedDictionariesWithAdditionalKeys
constexpr uint64_t kHasAdditionalKeys = uint64_t{1} << 9;
constexpr uint64_t kNeedUpdateDictionary = uint64_t{1} << 10;

uint64_t mixed(uint64_t a, uint64_t b) {
  __extension__ typedef unsigned __int128 Product;
  const Product product = static_cast<Product>(a ^ 0xA0761D6478BD642F) * (b ^ 0xE7037ED1A0B428DB);
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

/// Names of projects and actions are short: 16 bytes in a few cycles, without a call. Longer ones by XXH3.
uint64_t hash_of(std::string_view value) {
  const size_t size = value.size();
  if (size > 16) return hash64(value);
  uint64_t a = 0;
  uint64_t b = 0;
  if (size >= 8) {
    std::memcpy(&a, value.data(), 8);
    std::memcpy(&b, value.data() + size - 8, 8);
  } else if (size >= 4) {
    uint32_t low = 0;
    uint32_t high = 0;
    std::memcpy(&low, value.data(), 4);
    std::memcpy(&high, value.data() + size - 4, 4);
    a = low;
    b = high;
  } else if (size > 0) {
    a = static_cast<unsigned char>(value[0]);
    b = static_cast<uint64_t>(static_cast<unsigned char>(value[size / 2])) << 8 |
        static_cast<unsigned char>(value[size - 1]);
  }
  return mixed(a + size, b);
}

template <class Number>
void append_numbers(const std::vector<uint32_t>& numbers, std::string& out) {
  const size_t at = out.size();
  out.resize(at + numbers.size() * sizeof(Number));
  char* to = out.data() + at;
  for (const uint32_t number : numbers) {
    const auto narrow = static_cast<Number>(number);
    std::memcpy(to, &narrow, sizeof narrow);
    to += sizeof narrow;
  }
}

/// ClickHouse's codes of the width (0 UInt8, 1 UInt16, 2 UInt32), and its limits, which keep one number free.
uint64_t width_code(size_t dictionary_size) { return dictionary_size <= 0xFF ? 0 : dictionary_size <= 0xFFFF ? 1 : 2; }

}  // namespace

LowCardinalityColumn::LowCardinalityColumn(size_t fixed_size, bool nullable)
    : fixed_size_(fixed_size), nullable_(nullable), slots_(64) {
  add_reserved_entries();
}

void LowCardinalityColumn::append(std::string_view value) {
  if (fixed_size_ > 0 && value.size() < fixed_size_) {
    padded_.assign(value);
    padded_.resize(fixed_size_, '\0');
    value = padded_;
  }
  const uint32_t number = number_of(value);
  numbers_.push_back(number);
}

void LowCardinalityColumn::append_null() { numbers_.push_back(0); }

void LowCardinalityColumn::append_repeated(std::string_view value, size_t count) {
  if (count == 0) return;
  append(value);
  const uint32_t number = numbers_.back();
  numbers_.insert(numbers_.end(), count - 1, number);
}

uint32_t LowCardinalityColumn::number_of(std::string_view value) {
  const uint64_t hash = hash_of(value);
  const uint32_t found = slots_[slot_of(value, hash)];
  return found != 0 ? found - 1 : add_entry(value, hash);
}

size_t LowCardinalityColumn::slot_of(std::string_view value, uint64_t hash) const {
  const size_t mask = slots_.size() - 1;
  for (size_t slot = hash & mask;; slot = (slot + 1) & mask) {
    if (slots_[slot] == 0) return slot;
    const Entry& entry = entries_[slots_[slot] - 1];
    if (entry.hash == hash && key(slots_[slot] - 1) == value) return slot;
  }
}

uint32_t LowCardinalityColumn::add_entry(std::string_view value, uint64_t hash) {
  if (entries_.size() * 2 >= slots_.size()) rehash();
  if (fixed_size_ > 0) {
    keys_.append(value);
  } else {
    append_wire_string(keys_, value);
  }
  entries_.push_back(
      {hash, keys_.size() - value.size(), static_cast<uint32_t>(value.size()), static_cast<uint32_t>(numbers_.size())});
  slots_[slot_of(value, hash)] = static_cast<uint32_t>(entries_.size());
  return static_cast<uint32_t>(entries_.size() - 1);
}

void LowCardinalityColumn::add_reserved_entries() {
  const std::string default_value(fixed_size_, '\0');
  if (nullable_) {  // NULL: a key like any other on the wire, but never found
    add_entry(default_value, hash_of(default_value));
    slots_.assign(slots_.size(), 0);
  }
  add_entry(default_value, hash_of(default_value));
}

void LowCardinalityColumn::rehash() {
  slots_.assign(slots_.size() * 2, 0);
  const size_t mask = slots_.size() - 1;
  for (size_t i = nullable_ ? 1 : 0; i < entries_.size(); ++i) {
    size_t slot = entries_[i].hash & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = static_cast<uint32_t>(i + 1);
  }
}

void LowCardinalityColumn::remove_last_entry() {
  // Backward-shift deletion: no entry behind the hole may become unreachable.
  const size_t mask = slots_.size() - 1;
  const Entry& last = entries_.back();
  size_t hole = slot_of(key(static_cast<uint32_t>(entries_.size() - 1)), last.hash);
  for (size_t next = (hole + 1) & mask; slots_[next] != 0; next = (next + 1) & mask) {
    const size_t home = entries_[slots_[next] - 1].hash & mask;
    if (((next - home) & mask) < ((next - hole) & mask)) continue;
    slots_[hole] = slots_[next];
    hole = next;
  }
  slots_[hole] = 0;
  size_t begin = last.begin;
  if (fixed_size_ == 0) {
    for (size_t size = last.size;; size >>= 7) {
      --begin;
      if (size < 0x80) break;
    }
  }
  keys_.truncate(begin);
  entries_.pop_back();
}

size_t LowCardinalityColumn::size_bytes() const {
  return keys_.size() + (numbers_.size() << width_code(entries_.size()));
}

void LowCardinalityColumn::append_default() {
  if (nullable_) {
    append_null();
  } else {
    append({});
  }
}

void LowCardinalityColumn::append_range(const Column& from, size_t begin, size_t end) {
  const auto& other = as<LowCardinalityColumn>(from);
  std::vector<uint32_t> translated(other.entries_.size(), UINT32_MAX);
  if (nullable_) translated[0] = 0;
  for (size_t row = begin; row < end; ++row) {
    uint32_t& number = translated[other.numbers_[row]];
    if (number == UINT32_MAX) number = number_of(other.at(row));
    numbers_.push_back(number);
  }
}

void LowCardinalityColumn::truncate(size_t rows) {
  if (rows < numbers_.size()) numbers_.resize(rows);
  while (entries_.size() > reserved() && entries_.back().first_row >= rows) remove_last_entry();
}

std::unique_ptr<Column> LowCardinalityColumn::empty_like() const {
  return std::make_unique<LowCardinalityColumn>(fixed_size_, nullable_);
}

void LowCardinalityColumn::write_prefix(std::string& out) const { append_little<uint64_t>(out, kVersion); }

void LowCardinalityColumn::write_values(std::string& out) const {
  if (numbers_.empty()) return;
  const uint64_t width = width_code(entries_.size());
  append_little<uint64_t>(out, width | kHasAdditionalKeys | kNeedUpdateDictionary);
  append_little<uint64_t>(out, entries_.size());
  out.append(keys_.view());
  append_little<uint64_t>(out, numbers_.size());
  if (width == 0) append_numbers<uint8_t>(numbers_, out);
  if (width == 1) append_numbers<uint16_t>(numbers_, out);
  if (width == 2) append_numbers<uint32_t>(numbers_, out);
}

void LowCardinalityColumn::append_value_bytes(size_t row, std::string& out) const {
  if (nullable_) out += is_null(row) ? '\1' : '\0';
  if (is_null(row)) return;
  append_unsigned_varint(out, at(row).size());
  out.append(at(row));
}

}  // namespace freshet::columns
