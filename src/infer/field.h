#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "infer/distinct.h"

/// What was seen of one field over all records: counts, never the values (but a few short ones, to show).
namespace freshet::infer {

/// The unit of a number that could be a time, as the decoder tells it from the magnitude (docs/types.md).
enum class TimeUnit : uint8_t { kSeconds, kMillis, kMicros, kNanos };
inline constexpr size_t kTimeUnits = 4;

/// JSON numbers, and strings that hold one.
struct Numbers {
  uint64_t count = 0;
  uint64_t integers = 0;   ///< spelled without point and exponent
  uint64_t too_large = 0;  ///< for a Float64
  bool negative = false;
  int signed_bits = 0;    ///< that the integers need with a sign; 257: more than 256
  int unsigned_bits = 0;  ///< without
  double least = 0;
  double most = 0;
  int least_scale = 0;  ///< digits behind the point, of those with a point and no exponent
  int most_scale = 0;
  uint64_t with_point = 0;
};

/// Values that the decoder reads as times and that lie where times of events lie.
struct Times {
  uint64_t texts = 0;
  uint64_t date_texts = 0;  ///< of texts: dates alone
  uint64_t zoneless = 0;    ///< of texts: neither a date alone nor with a zone
  uint64_t unread = 0;      ///< texts that look like a time in a form that the decoder does not read
  std::array<uint64_t, kTimeUnits> numbers{};
  uint64_t near_record = 0;  ///< within a day of the record's own timestamp
  int digits = 0;            ///< behind the second, at most 9
  int64_t first_s = INT64_MAX;
  int64_t last_s = INT64_MIN;

  uint64_t number_count() const { return numbers[0] + numbers[1] + numbers[2] + numbers[3]; }
};

struct Texts {
  uint64_t count = 0;
  uint64_t empty = 0;
  uint64_t uuids = 0;
  uint64_t ipv4s = 0;
  uint64_t addresses = 0;  ///< IPv4 and IPv6
  uint64_t flags = 0;      ///< "true", "false", "0", "1"
  uint64_t bytes = 0;
  size_t longest = 0;
  Numbers numbers;

  static constexpr size_t kLongestNumber = 400;
};

/// Which record a value comes from.
struct RecordPlace {
  uint64_t number = 0;       ///< from 1
  int64_t timestamp_ms = 0;  ///< the record's own; 0: unknown
  uint64_t key_hash = 0;     ///< 0: it has no key
};

class Field {
 public:
  /// The root is the record itself: its keys are columns, never data, so rare ones are forgotten when they are too
  /// many.
  explicit Field(Budget& budget, bool is_root = false);
  ~Field();
  Field(const Field&) = delete;
  Field& operator=(const Field&) = delete;

  /// The field stands in this record, whatever its value.
  void stands_in(const RecordPlace& record);
  void add_null() { ++nulls; }
  void add_flag(bool value, const RecordPlace& record);
  void add_number(std::string_view text, const RecordPlace& record);
  void add_text(std::string_view text, const RecordPlace& record);

  /// The child of this name, made when there is room; null where there is none.
  Field* child(std::string_view name);
  /// The elements of arrays; the values of an object, whatever their names. Null where there is no room.
  Field* elements();
  Field* any_value();
  /// The same, as far as there are any.
  const Field* seen_elements() const { return elements_.get(); }
  const Field* seen_values() const { return any_value_.get(); }

  uint64_t values() const { return flags + numbers.count + texts.count + objects + arrays; }
  /// Children by their first appearance.
  std::vector<std::pair<std::string_view, const Field*>> children() const;

  uint64_t records = 0;  ///< in which it stands, also as null
  uint64_t nulls = 0;
  uint64_t flags = 0;     ///< true and false
  uint64_t zero_one = 0;  ///< the numbers 0 and 1
  Numbers numbers;
  Texts texts;
  Times times;
  uint64_t objects = 0;
  uint64_t arrays = 0;
  uint64_t too_deep = 0;  ///< objects and arrays that were not looked into

  Distinct distinct;              ///< of scalars
  uint64_t repeats = 0;           ///< values that were there before
  uint64_t scalars = 0;           ///< counted by distinct
  uint64_t last_new = 0;          ///< the number, among scalars, of the last one that was new
  uint64_t equals_key = 0;        ///< records whose key it is
  std::vector<std::string> seen;  ///< the first few short values

  // Of objects.
  uint64_t key_count = 0;  ///< of all of them
  uint64_t odd_keys = 0;   ///< of key_count: cannot be part of a column's name
  Distinct keys;
  uint64_t forgotten = 0;  ///< children that were dropped because there were too many
  bool crowded = false;    ///< so many different keys that they are data; children are gone

  static constexpr size_t kMaxSeen = 9;
  static constexpr size_t kMaxChildren = 256;
  static constexpr size_t kMaxRootChildren = 2048;
  static constexpr size_t kMaxKeyBytes = 128;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  struct Child {
    uint64_t order = 0;
    std::unique_ptr<Field> field;
  };

  void count_scalar(std::string_view text, const RecordPlace& record);
  void count_time(int64_t seconds, int digits, const RecordPlace& record);
  void make_room();

  Budget& budget_;
  const bool is_root_;
  uint64_t last_record_ = 0;
  uint64_t next_order_ = 0;
  uint64_t floor_ = 1;  ///< children that stand in at most so many records go first
  std::unordered_map<std::string, Child, Hash, std::equal_to<>> children_;
  std::unique_ptr<Field> elements_;
  std::unique_ptr<Field> any_value_;
};

/// Adds one JSON number, or nothing and false when it is none.
bool count_number(std::string_view text, Numbers& numbers);

}  // namespace freshet::infer
