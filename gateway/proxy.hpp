// Requests that another service answers: passed on with the service token, the customer's own token
// and cookie and the address they came from; the answer comes back as it is.
#pragma once

#include <functional>
#include <string>

#include "web/http_client.hpp"
#include "web/router.hpp"

namespace saker::gateway {

class Proxy {
 public:
  /// `name` is what the service is called in errors: "accounts".
  explicit Proxy(std::string name) : name_(std::move(name)) {}
  void connect(web::HttpClient& client) { client_ = &client; }

  /// Passes `request` on to `target` (path and query, encoded). The other side is told to answer as
  /// of log sequence `at_least` or later, unless that is 0. `seen` is called with the answer's body
  /// before it goes out, when it is a success.
  void pass(const web::Request& request, const std::string& target, Sequence at_least,
            web::Responder responder, std::function<void(const std::string& body)> seen = nullptr);

 private:
  std::string name_;
  web::HttpClient* client_ = nullptr;
};

}  // namespace saker::gateway
