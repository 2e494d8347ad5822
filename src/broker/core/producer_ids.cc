#include "broker/core/producer_ids.h"

#include <charconv>

namespace freshet::broker {

std::optional<ProducerId> ProducerIds::take() {
  if (next_ >= reserved_end_) return std::nullopt;
  return ProducerId(next_++);
}

std::string ProducerIds::reserve() const { return fmt::format("{}\n", reserved_end_ + kBlock); }

Result<int64_t> ProducerIds::decode(std::string_view content) {
  int64_t value = -1;
  const auto [end, error] = std::from_chars(content.data(), content.data() + content.size(), value);
  if (error != std::errc() || value < 0 || std::string_view(end, content.data() + content.size()) != "\n") {
    return fail(ErrorCode::kCorrupt, "the file of producer ids is damaged: it must hold one number");
  }
  return value;
}

}  // namespace freshet::broker
