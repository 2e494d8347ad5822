// Recovery of arbitrary files: the log opens or says why not; what it then holds can be read, and appended to, and is
// the same after another start.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "io/memory_file_system.h"
#include "log/partition_log.h"
#include "record/batch.h"
#include "record/batch_builder.h"

namespace {

using namespace freshet;

const std::string kFolder = "/log/t-0";

void require(bool condition) {
  if (!condition) std::abort();
}

void put(io::FileSystem& fs, const std::string& name, std::string_view bytes) {
  auto file = fs.open(kFolder + "/" + name, io::OpenMode::kCreateOrAppend);
  require(file && (*file)->append(bytes));
}

std::string small_batch() {
  record::BatchBuilder builder;
  builder.add(5, "key", "value");
  builder.add(6, std::nullopt, "more");
  return builder.build({ProducerId(3), 0, 0}).value();
}

/// Every offset from the start to the end can be asked for; nothing but damage of older bytes may refuse it.
void read_all(const log::PartitionLog& log) {
  Offset at = log.log_start();
  while (at < log.high_watermark()) {
    const auto read = log.read(at, 100);
    if (!read) {
      require(read.error().code == ErrorCode::kCorrupt);
      return;
    }
    require(read->next > at);
    at = read->next;
  }
  (void)log.offset_for_timestamp(3);
  (void)log.max_timestamp();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const int shape = data[0];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  io::MemoryFileSystem fs;
  require(fs.create_folders(kFolder).has_value());
  const std::string base = "00000000000000000000";
  std::string first = small_batch();
  switch (shape % 5) {
    case 0:  // one segment
      put(fs, base + ".log", bytes);
      break;
    case 1:  // behind a sound batch
      put(fs, base + ".log", first + std::string(bytes));
      break;
    case 2:  // an index
      put(fs, base + ".log", first);
      put(fs, base + ".index", bytes);
      put(fs, base + ".timeindex", bytes);
      break;
    case 3:  // a producer snapshot
      put(fs, base + ".log", first);
      put(fs, "00000000000000000002.snapshot", bytes);
      break;
    default:  // an older segment
      put(fs, base + ".log", bytes);
      put(fs, "00000000000000000100.log", "");
  }
  log::LogOptions options;
  log::RecoveryReport report;
  const std::optional<Offset> point = shape % 2 == 0 ? std::nullopt : std::optional(Offset(shape % 3));
  auto log = log::PartitionLog::open(fs, kFolder, options, report, point);
  if (!log) {
    require(log.error().code == ErrorCode::kCorrupt);
    return 0;
  }
  read_all(**log);
  std::string batch = small_batch();
  const Offset end = (*log)->log_end();
  const auto appended = (*log)->append(batch, 9);
  if (appended) require(appended->first == end);
  require((*log)->sync().has_value());
  read_all(**log);
  const Offset new_end = (*log)->log_end();
  fs.kill();
  log = log::PartitionLog::open(fs, kFolder, options, report, end);
  require(log && (*log)->log_end() == new_end);
  return 0;
}
