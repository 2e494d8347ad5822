#include "ingest/intent.h"

#include <fmt/format.h>

#include <charconv>
#include <map>

#include "base/strings.h"

namespace freshet::ingest {
namespace {

constexpr std::string_view kPrefix = "freshet1";

template <class T>
bool parse_number(std::string_view text, T& out, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return error == std::errc() && end == text.data() + text.size();
}

bool parse_hash(std::string_view text, Hash128& out) {
  return text.size() == 32 && parse_number(text.substr(0, 16), out.high, 16) &&
         parse_number(text.substr(16), out.low, 16);
}

bool parse_print(std::string_view text, BlockPrint& out) {
  const size_t colon = text.find(':');
  return colon != std::string_view::npos && parse_number(text.substr(0, colon), out.rows) && out.rows >= 0 &&
         parse_hash(text.substr(colon + 1), out.hash);
}

/// "PARTITION:FIRST+COUNT"
bool parse_range(std::string_view text, Range& out) {
  const size_t colon = text.find(':');
  const size_t plus = text.find('+');
  if (colon == std::string_view::npos || plus == std::string_view::npos || plus < colon) return false;
  int64_t count = 0;
  if (!parse_number(text.substr(0, colon), out.partition.value) || out.partition.value < 0) return false;
  if (!parse_number(text.substr(colon + 1, plus - colon - 1), out.first.value) || out.first.value < 0) return false;
  if (!parse_number(text.substr(plus + 1), count) || count <= 0) return false;
  return !__builtin_add_overflow(out.first.value, count, &out.end.value);
}

bool parse_ranges(std::string_view text, std::vector<Range>& out) {
  for (const std::string_view part : split(text, ',')) {
    Range range;
    if (out.size() == kMaxRanges || !parse_range(part, range)) return false;
    out.push_back(range);
  }
  return true;
}

bool parse_state(std::string_view text, PartitionState& out) {
  const std::vector<std::string_view> parts = split(text, ',');
  if (parts.size() != 8) return false;
  return parse_number(parts[0], out.start) && parse_number(parts[1], out.raw) &&
         parse_number(parts[2], out.duplicates) && parse_number(parts[3], out.dead) &&
         parse_number(parts[4], out.late) && parse_number(parts[5], out.skipped) &&
         parse_number(parts[6], out.watermark_ms) && parse_number(parts[7], out.anchor);
}

bool parse_field(std::string_view name, std::string_view value, Intent& out) {
  if (name == "epoch") return parse_number(value, out.epoch.value);
  if (name == "uuid") return out.scope.raw_uuid = value, true;
  if (name == "shard") return parse_number(value, out.scope.shard);
  if (name == "engine") return out.scope.engine_version = value, true;
  if (name == "boot") return out.scope.boot_id = value, true;
  if (name == "def") return out.definition = value, true;
  if (name == "dec") return parse_number(value, out.decoder_version);
  if (name == "gen") return parse_number(value, out.generation);
  if (name == "counted") return out.counted = value == "1", true;
  if (name == "at") return parse_number(value, out.inserted_at_ms);
  if (name == "raw") return parse_print(value, out.raw);
  if (name == "dead") return parse_print(value, out.dead);
  if (name == "ranges") return parse_ranges(value, out.ranges);
  if (name == "state") return parse_state(value, out.state);
  return false;
}

}  // namespace

Result<std::string> encode(const Intent& intent) {
  const PartitionState& s = intent.state;
  std::string text =
      fmt::format("{} epoch={} uuid={} shard={} engine={} boot={} def={} dec={} state={},{},{},{},{},{},{},{}", kPrefix,
                  intent.epoch.value, intent.scope.raw_uuid, intent.scope.shard, intent.scope.engine_version,
                  intent.scope.boot_id, intent.definition, intent.decoder_version, s.start, s.raw, s.duplicates, s.dead,
                  s.late, s.skipped, s.watermark_ms, s.anchor);
  if (intent.has_batch()) {
    if (intent.counted) text += " counted=1";
    text += fmt::format(" gen={} at={} raw={}:{} dead={}:{} ranges=", intent.generation, intent.inserted_at_ms,
                        intent.raw.rows, intent.raw.hash.hex(), intent.dead.rows, intent.dead.hash.hex());
    for (const Range& range : intent.ranges) {
      text += fmt::format("{}:{}+{},", range.partition.value, range.first.value, range.end - range.first);
    }
    text.pop_back();
  }
  if (intent.ranges.size() > kMaxRanges || text.size() > kMaxIntentBytes) {
    return fail(ErrorCode::kTooLarge, "an intent of {} ranges takes {} bytes; Kafka allows {}", intent.ranges.size(),
                text.size(), kMaxIntentBytes);
  }
  return text;
}

Result<Intent> parse_intent(std::string_view text) {
  const std::vector<std::string_view> words = split(text, ' ');
  if (text.size() > kMaxIntentBytes || words[0] != kPrefix) {
    return fail(ErrorCode::kIntentMalformed, "the group's offset carries metadata that is not Freshet's: \"{}\"",
                text.substr(0, 80));
  }
  Intent intent;
  for (size_t i = 1; i < words.size(); ++i) {
    const size_t equals = words[i].find('=');
    if (equals == std::string_view::npos ||
        !parse_field(words[i].substr(0, equals), words[i].substr(equals + 1), intent)) {
      return fail(ErrorCode::kIntentMalformed, "cannot read \"{}\" in the group's offset metadata",
                  words[i].substr(0, 80));
    }
  }
  return intent;
}

Hash128 batch_name(const Uuid& project, std::string_view stream, Epoch epoch, const std::vector<Range>& ranges) {
  std::string text = fmt::format("{}|{}|{}", project.to_string(), stream, epoch.value);
  for (const Range& range : ranges) {
    text += fmt::format("|{}:{}-{}", range.partition.value, range.first.value, range.end.value);
  }
  return hash128(text);
}

std::string insert_token(const Hash128& batch, uint32_t generation, std::string_view table) {
  return fmt::format("{}:{}:{}", batch.hex(), generation, table);
}

}  // namespace freshet::ingest
