// HTTP client for other services on the same machine: keeps connections, never blocks.
//
//   HttpClient accounts(loop, {.port = 3003, .service_token = token});
//   accounts.send({Method::Get, "/api/me", {{"Authorization", header}}},
//                 [](HttpResult result) { … });
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "web/loop.hpp"
#include "web/response.hpp"

namespace saker::web {

struct HttpClientConfig {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  std::string service_token;             // sent as X-Saker-Service unless empty
  std::uint64_t connect_timeout_ns = 1'000'000'000;
  std::uint64_t timeout_ns = 5'000'000'000;  // from send() to the whole answer
  std::uint64_t idle_timeout_ns = 30'000'000'000;
  std::size_t max_connections = 16;
  std::size_t max_waiting = 1'024;       // requests waiting for a connection
  std::size_t max_body_bytes = 16 * 1024 * 1024;
};

struct HttpRequest {
  Method method = Method::Get;
  std::string target;  // path and query, encoded
  Headers headers;
  std::string body;  // with Content-Type application/json unless a header says otherwise
  std::uint64_t timeout_ns = 0;  // 0: the client's
};

enum class HttpFailure : std::uint8_t {
  None,         // there is an answer, of whatever status
  Unreachable,  // nothing was sent: it was surely not done
  Overloaded,   // too many are waiting: nothing was sent
  Timeout,      // sent, no answer in time: the outcome is unknown
  Broken,       // sent, then the connection broke or the answer made no sense: outcome unknown
};
/// "unreachable"
const char* failure_word(HttpFailure failure);

struct HttpResult {
  HttpFailure failure = HttpFailure::None;
  Response response;  // names of headers in lower case

  bool ok() const { return failure == HttpFailure::None && response.status < 300; }
  /// Surely not done: unreachable or overloaded.
  bool never_sent() const {
    return failure == HttpFailure::Unreachable || failure == HttpFailure::Overloaded;
  }
  /// Value of a header, or empty.
  std::string_view header(std::string_view name) const;
  /// A failure as the answer to one's own caller: 503 UNAVAILABLE, or 504 OUTCOME_UNKNOWN.
  /// `what` names the other side: "accounts".
  ApiError error(const std::string& what) const;
};

class HttpClient {
 public:
  HttpClient(Loop& loop, HttpClientConfig config);
  /// Pending requests are dropped without a call.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// `done` is called exactly once, from the loop, never within this call. A GET or HEAD that
  /// meets a connection which the server had just closed is sent once more by itself.
  void send(HttpRequest request, std::function<void(HttpResult)> done);

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

/// Percent-encodes text for a path segment or a query value.
std::string encode_component(std::string_view text);

}  // namespace saker::web
