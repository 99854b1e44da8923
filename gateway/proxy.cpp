#include "gateway/proxy.hpp"

namespace saker::gateway {
namespace {

constexpr const char* kPassedOn[] = {"authorization", "cookie", "content-type", "user-agent",
                                     "accept", "idempotency-key"};
constexpr const char* kPassedBack[] = {"set-cookie", "cache-control", "retry-after",
                                       "content-disposition"};

bool listed(std::string_view name, const auto& list) {
  for (const char* entry : list) {
    if (name == entry) return true;
  }
  return false;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

}  // namespace

void Proxy::pass(const web::Request& request, const std::string& target, Sequence at_least,
                 web::Responder responder, std::function<void(const std::string&)> seen) {
  if (client_ == nullptr) return responder.answer(web::unavailable("the gateway is starting"));
  web::HttpRequest outgoing{request.method(), target, {}, request.body()};
  for (const auto& [name, value] : request.headers()) {
    if (listed(lower(name), kPassedOn)) outgoing.headers.emplace_back(name, value);
  }
  outgoing.headers.emplace_back("X-Forwarded-For", request.client_address());
  if (at_least != 0) {
    outgoing.headers.emplace_back("X-Saker-At-Least", std::to_string(at_least));
  }
  auto answer = std::make_shared<web::Responder>(std::move(responder));
  client_->send(std::move(outgoing),
                [answer, seen = std::move(seen), what = name_](web::HttpResult result) {
                  if (result.failure != web::HttpFailure::None) {
                    return answer->answer(result.error(what));
                  }
                  web::Response response;
                  response.status = result.response.status;
                  response.content_type = result.response.content_type;
                  for (const auto& [name, value] : result.response.headers) {
                    if (listed(lower(name), kPassedBack)) response.add_header(name, value);
                  }
                  if (seen && result.ok()) seen(result.response.body);
                  response.body = std::move(result.response.body);
                  answer->answer(std::move(response));
                });
}

}  // namespace saker::gateway
