#include "broker/core/group_records.h"

#include "kafka/reader.h"
#include "kafka/writer.h"

namespace freshet::broker {
namespace {

constexpr int16_t kOffsetKeyType = 1;  ///< 0, of Kafka before 0.9, has the same fields
constexpr int16_t kGroupKeyType = 2;
constexpr int16_t kValueVersion = 3;  ///< written: the last that is not flexible (KIP-482)
constexpr int16_t kLastValueVersion = 4;

template <class T>
std::string encode(int16_t prefix, const T& fields) {
  kafka::Pieces pieces;
  append_big(pieces.own(), prefix);
  kafka::PiecesSink sink(pieces);
  kafka::Writer<kafka::PiecesSink>(sink, prefix, false).message(fields);
  return std::move(pieces.own());
}

template <class T>
Result<T> decode(std::string_view bytes, const char* what) {
  ByteReader prefix(bytes);
  const int16_t version = prefix.big<int16_t>();
  if (prefix.ok() && version > kLastValueVersion) {
    return fail(ErrorCode::kUnsupported, "{} of version {} in __consumer_offsets", what, version);
  }
  T fields;
  kafka::Reader reader(prefix.rest(), version, version > kValueVersion);
  reader.message(fields);
  if (!prefix.ok() || version < 0 || !reader.ok()) {
    return fail(ErrorCode::kMalformed, "{} in __consumer_offsets cannot be read", what);
  }
  return fields;
}

template <class Record, class Key, class Value>
Result<ParsedGroupRecord> parse(std::string_view key, std::optional<std::string_view> value) {
  Record record;
  ASSIGN_OR_RETURN(record.key, decode<Key>(key, "a key"));
  if (value) {
    ASSIGN_OR_RETURN(record.value, decode<Value>(*value, "a value"));
  }
  return record;
}

}  // namespace

GroupRecord make_record(const OffsetKey& key, const std::optional<OffsetValue>& value) {
  GroupRecord record{encode(kOffsetKeyType, key), {}};
  if (value) record.value = encode(kValueVersion, *value);
  return record;
}

GroupRecord make_record(const GroupKey& key, const std::optional<GroupValue>& value) {
  GroupRecord record{encode(kGroupKeyType, key), {}};
  if (value) record.value = encode(kValueVersion, *value);
  return record;
}

Result<ParsedGroupRecord> parse_record(std::string_view key, std::optional<std::string_view> value) {
  if (key.size() < sizeof(int16_t))
    return fail(ErrorCode::kMalformed, "a key of {} bytes in __consumer_offsets", key.size());
  const int16_t type = load_big<int16_t>(key.data());
  if (type == kOffsetKeyType || type == 0) return parse<OffsetRecord, OffsetKey, OffsetValue>(key, value);
  if (type == kGroupKeyType) return parse<GroupStateRecord, GroupKey, GroupValue>(key, value);
  return OtherRecord{};
}

}  // namespace freshet::broker
