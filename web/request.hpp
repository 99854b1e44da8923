// One HTTP request as a handler sees it: checked, decoded and, where its route asks for it,
// with the identity that the server has verified.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/types.hpp"
#include "web/access_token.hpp"
#include "web/json.hpp"

namespace saker::web {

enum class Method : std::uint8_t { Get, Head, Post, Put, Patch, Delete };
/// "GET"
const char* method_word(Method method);

using Headers = std::vector<std::pair<std::string, std::string>>;

/// A value: copy it (or what you need of it) to keep it beyond the handler.
class Request {
 public:
  Method method() const { return method_; }
  /// Percent-decoded; always begins with '/', has no dot segments and no control characters.
  const std::string& path() const { return path_; }
  /// As it was sent: path and query, still encoded. For proxies.
  const std::string& target() const { return target_; }
  /// What stands in place of {name} in the route's path.
  const std::string& path_parameter(std::string_view name) const;

  /// The whole query, for strict reading. Throws INVALID_REQUEST.
  Fields query() const;
  /// The body as a JSON object. Throws INVALID_REQUEST, also for another Content-Type.
  Fields json() const;
  const std::string& body() const { return body_; }

  /// Value of the first header of that name (any case), or empty.
  std::string_view header(std::string_view name) const;
  const Headers& headers() const { return headers_; }
  /// Value of a cookie, or empty.
  std::string_view cookie(std::string_view name) const;
  /// The token after "Authorization: Bearer ", or empty.
  std::string_view bearer() const;

  /// Of the peer of the connection, without port.
  const std::string& remote_address() const { return remote_address_; }
  /// Of the client: X-Forwarded-For if the peer has shown the service token, else the peer's.
  const std::string& client_address() const { return client_address_; }
  /// True when the peer has shown the service token, whatever the route asks for.
  bool from_service() const { return from_service_; }
  /// Only in routes with Access::User or ServiceUser.
  const Identity& identity() const { return identity_; }
  TimeNs received_ns() const { return received_ns_; }

  // What the server fills in; tests of handlers may as well.
  Method method_ = Method::Get;
  std::string target_, path_, query_, body_;
  std::map<std::string, std::string, std::less<>> path_parameters_;
  Headers headers_;
  std::string remote_address_, client_address_;
  bool from_service_ = false;
  Identity identity_;
  TimeNs received_ns_ = 0;
};

/// Splits and decodes a request target ("/a/b%20c?x=1") into path and query. False for anything
/// that is not in origin form or is unsafe: dot segments, encoded slashes, control characters,
/// bad escapes, invalid UTF-8.
bool split_target(std::string_view target, std::string& path, std::string& query);

}  // namespace saker::web
