// Any bytes as a request frame, and as the response of every API: what can be read must survive being written and read
// again.
#include <cstdlib>
#include <string>

#include "kafka/frame.h"

namespace {

using namespace freshet::kafka;

template <class M>
void decode_and_repeat(std::string_view body, int16_t version) {
  const auto message = decode<M>(body, version);
  if (!message) return;
  Pieces pieces;
  encode(*message, version, pieces);
  const std::string again = pieces.joined();
  const auto repeated = decode<M>(again, version);
  if (!repeated || !(*repeated == *message)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view frame(reinterpret_cast<const char*>(data), size);
  const auto request = parse_request(frame);
  if (!request || !request->is_supported()) return 0;
  AllExchanges::for_each([&]<class E>() {
    if (E::api.key != request->header.api_key) return;
    decode_and_repeat<typename E::Request>(request->body, request->header.api_version);
    decode_and_repeat<typename E::Response>(request->body, request->header.api_version);
  });
  return 0;
}
