// What a handler throws, and what every client sees when something is refused:
//   {"error":{"code":"UPPER_SNAKE","message":"what to do"}}
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace saker::web {

/// A refusal with its HTTP status. Thrown by a handler before it returns, it becomes the answer;
/// in a callback later, hand `error_response(error)` to the Responder (web/response.hpp).
struct ApiError : std::runtime_error {
  /// `status` 400..599, `error_code` UPPER_SNAKE, `message` for people, without secrets.
  ApiError(unsigned http_status, std::string error_code, const std::string& message)
      : std::runtime_error(message), status(http_status), code(std::move(error_code)) {}

  unsigned status;
  std::string code;
  unsigned retry_after_s = 0;  // becomes the header Retry-After when not 0
};

ApiError invalid_request(const std::string& message);    // 400 INVALID_REQUEST
ApiError unauthenticated(const std::string& message);    // 401 UNAUTHENTICATED
ApiError forbidden(const std::string& message);          // 403 FORBIDDEN
ApiError not_found(const std::string& message);          // 404 NOT_FOUND
ApiError conflict(const std::string& message);           // 409 CONFLICT
ApiError refused(std::string code, const std::string& message);  // 422, a reason of the engine
ApiError rate_limited(unsigned retry_after_s);           // 429 RATE_LIMITED
ApiError unavailable(const std::string& message);        // 503 UNAVAILABLE: nothing was done
ApiError outcome_unknown(const std::string& message);    // 504 OUTCOME_UNKNOWN: maybe it was done

/// `{"code":…,"message":…}`, the object that HTTP and WebSocket errors share.
std::string error_object(std::string_view code, std::string_view message);

}  // namespace saker::web
