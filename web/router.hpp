// The table that dispatches requests. A service's whole interface is one such table:
//
//   server.add({
//       {Method::Get, "/api/markets", Access::Public, "get_markets", to(this, &Api::get_markets)},
//       {Method::Post, "/api/order", Access::User, "place_order", to(this, &Api::place_order)},
//   });
//
// A handler is either `Response f(const Request&)` or, when the answer comes later,
// `void f(const Request&, Responder)`. It may throw ApiError.
#pragma once

#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "web/response.hpp"

namespace saker::web {

/// What a request must show before its handler runs.
enum class Access : std::uint8_t {
  Public,       // nothing
  Service,      // X-Saker-Service (or, for scrapers, Bearer) with the text of service.token
  User,         // Authorization: Bearer with a valid access token
  ServiceUser,  // both: a service acting for a user
};
/// "public", "service", "user", "service_user"
const char* access_word(Access access);

class Handler {
 public:
  Handler() = default;
  template <class F, class = std::enable_if_t<!std::is_same_v<std::decay_t<F>, Handler>>>
  Handler(F fn) {  // NOLINT: lambdas are meant to become handlers
    if constexpr (std::is_invocable_r_v<Response, F, const Request&>) {
      fn_ = [fn](const Request& request, Responder responder) { responder.answer(fn(request)); };
    } else {
      fn_ = std::move(fn);
    }
  }
  void operator()(const Request& request, Responder responder) const {
    fn_(request, std::move(responder));
  }

 private:
  std::function<void(const Request&, Responder)> fn_;
};

/// A member function of `object` as handler.
template <class T>
Handler to(T* object, Response (T::*method)(const Request&)) {
  return [object, method](const Request& request) { return (object->*method)(request); };
}
template <class T>
Handler to(T* object, void (T::*method)(const Request&, Responder)) {
  return [object, method](const Request& request, Responder responder) {
    (object->*method)(request, std::move(responder));
  };
}

struct Route {
  Method method;
  std::string path;  // "/api/orders/{order_id}"; a parameter is a whole segment
  Access access;
  std::string operation;  // snake_case, unique; the name in metrics, logs and documents
  Handler handler;
  std::size_t max_body_bytes = 0;  // 0: the server's limit
};

class Router {
 public:
  /// Asserts that path and operation are well-formed and not taken.
  void add(Route route);
  const std::vector<Route>& routes() const { return routes_; }

  struct Match {
    const Route* route = nullptr;  // nullptr: no such path, or not with this method
    std::vector<Method> allowed;   // when the path exists but not with this method
  };
  /// Fills `parameters` when there is a route. HEAD finds the route of GET. A literal segment goes
  /// before a parameter.
  Match find(Method method, const std::string& path,
             std::map<std::string, std::string, std::less<>>& parameters) const;

  /// [{"method","path","access","operation"}], in the order they were added.
  std::string table() const;

 private:
  std::vector<Route> routes_;
  std::vector<std::vector<std::string>> segments_;  // of each route's path
};

}  // namespace saker::web
