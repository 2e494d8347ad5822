#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "kafka/api.h"
#include "kafka/pieces.h"
#include "kafka/reader.h"
#include "kafka/writer.h"

/// Frames: four bytes of size, a header, a body. Here `frame` always means the bytes after the size.
namespace freshet::kafka {

/// KIP-482: header v2 is v1 plus tagged fields; the client id keeps its 16-bit length in both.
struct RequestHeader {
  int16_t api_key = 0;
  int16_t api_version = 0;
  int32_t correlation_id = 0;
  std::optional<std::string_view> client_id;  ///< looks into the frame
};

struct Request {
  RequestHeader header;
  std::string_view body;  ///< looks into the frame
  /// Null: a key that this layer does not know. Then client id and body are empty: close the connection, as Kafka does.
  const Api* api = nullptr;
  /// Whether the body can be decoded in this version. If not: ApiVersions is answered with unsupported_api_versions()
  /// in version 0, for everything else the connection is closed.
  bool is_supported() const { return api != nullptr && api->versions.contains(header.api_version); }
};

/// Reads the header. kMalformed when it is cut short.
Result<Request> parse_request(std::string_view frame);

/// Reads a body. kMalformed, with the name of the message, when it does not follow its declaration; kUnsupported when
/// `version` is none of the message's. Bytes after the end are ignored, as Kafka does. Texts look into `body`.
template <class M>
Result<M> decode(std::string_view body, int16_t version) {
  if (!M::api.versions.contains(version)) {
    return fail(ErrorCode::kUnsupported, "{} has no version {}", M::api.name, version);
  }
  M message;
  Reader reader(body, version, M::api.flexible(version));
  reader.message(message);
  if (!reader.ok()) {
    return fail(ErrorCode::kMalformed, "a {} of version {} and {} bytes does not follow the protocol", M::api.name,
                version, body.size());
  }
  return message;
}

/// The body alone.
template <class M>
void encode(const M& message, int16_t version, Pieces& pieces) {
  PiecesSink sink(pieces);
  Writer<PiecesSink>(sink, version, M::api.flexible(version)).message(message);
}

/// A whole response with its size in front, ready to be sent. Header v1 (with tagged fields) in flexible versions, v0
/// otherwise and always for ApiVersions (KIP-511). `version`: the request's, or 0 for unsupported_api_versions().
template <class M>
Pieces encode_response(const M& message, int16_t version, int32_t correlation_id) {
  Pieces pieces;
  append_big<int32_t>(pieces.own(), 0);
  append_big(pieces.own(), correlation_id);
  if (M::api.flexible(version) && M::api.key != ApiVersionsRequest::api.key) append_unsigned_varint(pieces.own(), 0);
  encode(message, version, pieces);
  store_big(pieces.own().data(), static_cast<int32_t>(pieces.size_bytes() - sizeof(int32_t)));
  return pieces;
}

/// A whole request with its size in front: for clients in tests and the simulation.
template <class M>
std::string encode_request(const M& message, int16_t version, int32_t correlation_id, std::string_view client_id) {
  Pieces pieces;
  std::string& out = pieces.own();
  append_big<int32_t>(out, 0);
  append_big(out, M::api.key);
  append_big(out, version);
  append_big(out, correlation_id);
  append_big(out, static_cast<int16_t>(client_id.size()));
  out.append(client_id);
  if (M::api.flexible(version)) append_unsigned_varint(out, 0);
  encode(message, version, pieces);
  std::string frame = pieces.joined();
  store_big(frame.data(), static_cast<int32_t>(frame.size() - sizeof(int32_t)));
  return frame;
}

/// Reads a response frame (without its size); `correlation_id` receives the header's. For clients.
template <class M>
Result<M> decode_response(std::string_view frame, int16_t version, int32_t& correlation_id) {
  ByteReader header(frame);
  correlation_id = header.big<int32_t>();
  if (M::api.flexible(version) && M::api.key != ApiVersionsRequest::api.key && header.unsigned_varint() != 0) {
    return fail(ErrorCode::kMalformed, "a response header carries tagged fields");
  }
  if (!header.ok()) return fail(ErrorCode::kMalformed, "a response ends within its header");
  return decode<M>(header.rest(), version);
}

}  // namespace freshet::kafka
