#pragma once

#include <map>
#include <optional>
#include <string>

#include "http/server.h"

/// Which handler answers a request.
namespace freshet::http {

class Router {
 public:
  void add(const std::string& method, const std::string& path, AsyncHandler handler);
  /// Hands the request to its handler, or answers 404 or 405.
  void dispatch(Request request, Reply reply) const;

 private:
  using Methods = std::map<std::string, AsyncHandler>;
  const Methods* find(const std::string& path) const;
  std::map<std::string, Methods> exact_;
  std::map<std::string, Methods> below_;  ///< by prefix, with its last '/'
};

/// The host of a Host header or an origin, without its port: "[::1]:8080" → "::1".
std::string host_of(std::string_view authority);
bool is_address(std::string_view host);

}  // namespace freshet::http
