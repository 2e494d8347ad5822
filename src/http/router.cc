#include "http/router.h"

#include <arpa/inet.h>

namespace freshet::http {

void Router::add(const std::string& method, const std::string& path, AsyncHandler handler) {
  if (path.ends_with("/*")) {
    below_[path.substr(0, path.size() - 1)][method] = std::move(handler);
  } else {
    exact_[path][method] = std::move(handler);
  }
}

const Router::Methods* Router::find(const std::string& path) const {
  if (const auto found = exact_.find(path); found != exact_.end()) return &found->second;
  for (size_t end = path.rfind('/'); end != std::string::npos && end + 1 > 0;
       end = end == 0 ? std::string::npos : path.rfind('/', end - 1)) {
    if (const auto found = below_.find(path.substr(0, end + 1)); found != below_.end()) return &found->second;
  }
  return nullptr;
}

void Router::dispatch(Request request, Reply reply) const {
  const Methods* methods = find(request.path);
  if (methods == nullptr) return reply(error_response(404, "there is nothing at " + request.path));
  const auto handler = methods->find(request.method == "HEAD" ? "GET" : request.method);
  if (handler == methods->end()) {
    Response response = error_response(405, request.method + " is not possible for " + request.path);
    std::string allowed;
    for (const auto& [method, ignored] : *methods) allowed += (allowed.empty() ? "" : ", ") + method;
    response.headers.emplace_back("Allow", allowed);
    return reply(std::move(response));
  }
  handler->second(std::move(request), std::move(reply));
}

std::string host_of(std::string_view authority) {
  if (const size_t scheme = authority.find("://"); scheme != std::string_view::npos)
    authority.remove_prefix(scheme + 3);
  if (authority.starts_with('[')) return std::string(authority.substr(1, authority.find(']') - 1));
  return std::string(authority.substr(0, authority.find(':')));
}

bool is_address(std::string_view host) {
  const std::string text(host);
  unsigned char buffer[16];
  return ::inet_pton(AF_INET, text.c_str(), buffer) == 1 || ::inet_pton(AF_INET6, text.c_str(), buffer) == 1;
}

}  // namespace freshet::http
