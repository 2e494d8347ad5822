#include "http/client.h"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <charconv>
#include <mutex>

#include "http/socket.h"

namespace freshet::http {
namespace beast = boost::beast;

namespace {

using Clock = std::chrono::steady_clock;
using Parser = beast::http::response_parser<beast::http::string_body>;

constexpr std::chrono::milliseconds kKeepAliveDefault{5'000};
constexpr uint32_t kMaxHeaderBytes = 256 << 10;
constexpr size_t kReadBytes = 64 << 10;

bool same_name(std::string_view a, std::string_view b) {
  return beast::iequals(beast::string_view(a.data(), a.size()), beast::string_view(b.data(), b.size()));
}

/// "timeout=30, max=9999", less a second: after that the other side may close while we send.
std::chrono::milliseconds keep_alive(std::string_view header) {
  const size_t at = header.find("timeout=");
  int seconds = 0;
  if (at == std::string_view::npos) return kKeepAliveDefault;
  std::from_chars(header.data() + at + 8, header.data() + header.size(), seconds);
  return std::chrono::milliseconds(seconds > 1 ? (seconds - 1) * 1000 : 0);
}

ClientResponse to_response(Parser& parser) {
  ClientResponse response;
  auto message = parser.release();
  response.status = static_cast<int>(message.result_int());
  for (const auto& field : message)
    response.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  response.body = std::move(message.body());
  return response;
}

}  // namespace

std::string_view ClientResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (same_name(key, name)) return value;
  }
  return {};
}

struct Client::Impl {
  Options options;
  Socket socket;
  Clock::time_point usable_until{};  // of the kept-alive connection
  std::mutex mutex;
  bool busy = false;      // guarded by mutex: abort() means the exchange under way, not the next one
  std::string malformed;  // why the answer under way could not be read as HTTP

  std::expected<ClientResponse, TransferError> exchange(const ClientRequest& request);
  std::expected<void, TransferError> open(const ClientRequest& request, Deadline deadline);
  std::string head(const ClientRequest& request, size_t body_bytes) const;
  Wait read_answer(Parser& parser, Deadline deadline);
  TransferError error(Wait wait, bool sent, std::string_view during, int timeout_ms);
};

TransferError Client::Impl::error(Wait wait, bool sent, std::string_view during, int timeout_ms) {
  socket.close();
  TransferError result{{}, sent, wait == Wait::kAborted, wait == Wait::kTimeout, {}};
  const std::string where = fmt::format("{}:{}", options.host, options.port);
  if (wait == Wait::kTimeout) {
    result.message = fmt::format("no answer from {} within {} ms ({})", where, timeout_ms, during);
  } else if (wait == Wait::kAborted) {
    result.message = fmt::format("the request to {} was cancelled ({})", where, during);
  } else {
    result.message =
        fmt::format("{} failed while {}: {}", where, during, malformed.empty() ? socket.reason() : malformed);
  }
  return result;
}

std::string Client::Impl::head(const ClientRequest& request, size_t body_bytes) const {
  std::string head = fmt::format("{} {} HTTP/1.1\r\nHost: {}:{}\r\nConnection: keep-alive\r\n", request.method,
                                 request.target, options.host, options.port);
  for (const auto& [name, value] : request.headers) head += fmt::format("{}: {}\r\n", name, value);
  if (body_bytes > 0 || request.method != "GET") head += fmt::format("Content-Length: {}\r\n", body_bytes);
  return head += "\r\n";
}

Wait Client::Impl::read_answer(Parser& parser, Deadline deadline) {
  beast::flat_buffer buffer;
  while (!parser.is_done()) {
    const auto space = buffer.prepare(kReadBytes);
    size_t received = 0;
    const Wait wait = socket.receive(static_cast<char*>(space.data()), space.size(), deadline, received);
    // An answer ends by its length or its last chunk, never by a closed connection: that may be a killed server.
    if (wait != Wait::kOk) return wait;
    beast::error_code code;
    buffer.commit(received);
    while (buffer.size() > 0 && !parser.is_done()) {
      const size_t used = parser.put(buffer.data(), code);
      buffer.consume(used);
      if (code == beast::http::error::need_more) break;
      if (code) {
        malformed = "the answer is not HTTP or too large: " + code.message();
        return Wait::kError;
      }
      if (used == 0) break;
    }
  }
  return Wait::kOk;
}

std::expected<void, TransferError> Client::Impl::open(const ClientRequest& request, Deadline deadline) {
  if (socket.is_open() && (Clock::now() >= usable_until || socket.is_stale())) socket.close();
  if (socket.is_open()) return {};
  const Deadline connected = std::min(deadline, Clock::now() + std::chrono::milliseconds(options.connect_timeout_ms));
  const Wait wait = socket.connect(options.host, options.port, connected);
  if (wait == Wait::kOk) return {};
  return std::unexpected(error(wait, false, "connecting", std::min(request.timeout_ms, options.connect_timeout_ms)));
}

std::expected<ClientResponse, TransferError> Client::Impl::exchange(const ClientRequest& request) {
  const Deadline deadline = Clock::now() + std::chrono::milliseconds(request.timeout_ms);
  malformed.clear();
  std::vector<std::string_view> parts{{}};
  parts.insert(parts.end(), request.body.begin(), request.body.end());
  size_t body_bytes = 0;
  for (const std::string_view part : request.body) body_bytes += part.size();
  const std::string header = head(request, body_bytes);
  parts[0] = header;

  size_t sent = 0;
  bool early = false;
  Wait sending = Wait::kOk;
  for (bool again = true; again;) {
    again = socket.is_open();  // a kept-alive connection may turn out to be closed: once more, on a new one
    if (auto opened = open(request, deadline); !opened) return std::unexpected(opened.error());
    sending = socket.send(parts, deadline, sent, early);
    again = again && sending == Wait::kClosed && sent == 0;
    if (again) socket.close();
  }
  // A server that refuses a request may answer and close before it has read the body: that answer is worth reading.
  if (sending != Wait::kOk && sending != Wait::kClosed) {
    return std::unexpected(error(sending, sent > 0, "sending the request", request.timeout_ms));
  }
  Parser parser;
  parser.header_limit(kMaxHeaderBytes);
  parser.body_limit(options.max_response_bytes);
  parser.eager(true);
  if (const Wait wait = read_answer(parser, deadline); wait != Wait::kOk) {
    TransferError broken = error(wait, sent > 0, "reading the answer", request.timeout_ms);
    if (parser.is_header_done() && wait == Wait::kClosed) broken.partial = to_response(parser);
    return std::unexpected(std::move(broken));
  }
  const bool whole = sent == header.size() + body_bytes;
  const bool reusable = parser.keep_alive() && whole;
  ClientResponse response = to_response(parser);
  if (!reusable) socket.close();
  if (!whole && response.status < 400) {
    return std::unexpected(
        TransferError{{}, true, false, false, "the server answered before it had the whole request"});
  }
  usable_until = Clock::now() + keep_alive(response.header("Keep-Alive"));
  return response;
}

Client::Client(Options options) : impl_(std::make_unique<Impl>()) { impl_->options = std::move(options); }
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

std::expected<ClientResponse, TransferError> Client::send(const ClientRequest& request) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->socket.clear_abort();
    impl_->busy = true;
  }
  auto result = impl_->exchange(request);
  const std::lock_guard lock(impl_->mutex);
  impl_->busy = false;
  return result;
}

void Client::abort() {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->busy) impl_->socket.abort();
}

const Client::Options& Client::options() const { return impl_->options; }

std::string percent_encode(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size() + text.size() / 4);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
        c == '.' || c == '~') {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const char* digits = text.data() + i + 1;
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] == '%' && i + 2 < text.size() &&
               std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace freshet::http
