#include "kafka/frame.h"

namespace freshet::kafka {
namespace {

void skip_tagged_fields(ByteReader& in) {
  for (uint64_t count = in.unsigned_varint(); count > 0 && in.ok(); --count) {
    in.unsigned_varint();
    in.skip(static_cast<size_t>(in.unsigned_varint()));
  }
}

}  // namespace

Result<Request> parse_request(std::string_view frame) {
  ByteReader in(frame);
  Request request;
  RequestHeader& header = request.header;
  header.api_key = in.big<int16_t>();
  header.api_version = in.big<int16_t>();
  header.correlation_id = in.big<int32_t>();
  request.api = find_api(header.api_key);
  if (in.ok() && request.api == nullptr) return request;
  const int16_t size = in.big<int16_t>();
  if (size >= 0) {
    header.client_id = in.bytes(static_cast<size_t>(size));
  } else if (size != -1) {
    in.fail();
  }
  // Of a version that is not known, too: ApiVersions from the future has a flexible header.
  if (in.ok() && request.api->flexible(header.api_version)) skip_tagged_fields(in);
  if (!in.ok())
    return fail(ErrorCode::kMalformed, "a request header of {} bytes does not follow the protocol", frame.size());
  request.body = in.rest();
  return request;
}

}  // namespace freshet::kafka
