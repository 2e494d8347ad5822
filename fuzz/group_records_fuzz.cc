// A record of __consumer_offsets: 16 bits of key size, key, value. What can be read is written back and read the same,
// and a coordinator that replays it lives through its time-outs.
#include <cstdlib>

#include "broker/core/group_coordinator.h"

namespace {

using namespace freshet;
using namespace freshet::broker;

class NoLog : public GroupLog {
 public:
  void append(std::vector<GroupRecord>, Done done) override { done(true, now); }
  void replace_with(std::vector<std::vector<GroupRecord>>, Done done) override { done(true, now); }
  Now now;
};

template <class Record>
void expect_same(const Record& record) {
  const GroupRecord again = make_record(record.key, record.value);
  const auto parsed =
      parse_record(again.key, again.value ? std::optional<std::string_view>(*again.value) : std::nullopt);
  if (!parsed || !(std::get<Record>(*parsed).key == record.key)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.size() < 2) return 0;
  const size_t key_size = std::min<size_t>(load_big<uint16_t>(bytes.data()), bytes.size() - 2);
  const std::string_view key = bytes.substr(2, key_size);
  const std::string_view value = bytes.substr(2 + key_size);
  const auto parsed = parse_record(key, value);
  if (!parsed) return 0;
  if (const auto* offset = std::get_if<OffsetRecord>(&*parsed)) expect_same(*offset);
  if (const auto* group = std::get_if<GroupStateRecord>(&*parsed)) expect_same(*group);

  NoLog log;
  GroupCoordinator coordinator(log, GroupSettings());
  (void)coordinator.replay(key, value);
  coordinator.loaded(log.now);
  for (int i = 0; i < 5; ++i) {
    log.now.steady_us += 60'000'000;
    log.now.wall_ms += 60'000;
    coordinator.tick(log.now);
  }
  coordinator.compact_if_large(uint64_t{1} << 40);
  return 0;
}
