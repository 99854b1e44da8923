#include "web/response.hpp"

namespace saker::web {

ApiError invalid_request(const std::string& message) {
  return ApiError(400, "INVALID_REQUEST", message);
}
ApiError unauthenticated(const std::string& message) {
  return ApiError(401, "UNAUTHENTICATED", message);
}
ApiError forbidden(const std::string& message) { return ApiError(403, "FORBIDDEN", message); }
ApiError not_found(const std::string& message) { return ApiError(404, "NOT_FOUND", message); }
ApiError conflict(const std::string& message) { return ApiError(409, "CONFLICT", message); }
ApiError refused(std::string code, const std::string& message) {
  return ApiError(422, std::move(code), message);
}
ApiError rate_limited(unsigned retry_after_s) {
  ApiError error(429, "RATE_LIMITED",
                 "too many requests; try again in " + std::to_string(retry_after_s) + " s");
  error.retry_after_s = retry_after_s;
  return error;
}
ApiError unavailable(const std::string& message) {
  ApiError error(503, "UNAVAILABLE", message);
  error.retry_after_s = 1;
  return error;
}
ApiError outcome_unknown(const std::string& message) {
  return ApiError(504, "OUTCOME_UNKNOWN", message);
}

std::string error_object(std::string_view code, std::string_view message) {
  Writer out;
  out.begin_object().field("code", code).field("message", message).end_object();
  return out.take();
}

Response json_response(std::string json, unsigned status) {
  Response response;
  response.status = status;
  response.body = std::move(json);
  return response;
}

Response empty_response(unsigned status) {
  Response response;
  response.status = status;
  response.content_type.clear();
  return response;
}

Response error_response(unsigned status, std::string_view code, std::string_view message) {
  return json_response("{\"error\":" + error_object(code, message) + "}", status);
}

Response error_response(const ApiError& error) {
  Response response = error_response(error.status, error.code, error.what());
  if (error.retry_after_s != 0) {
    response.add_header("Retry-After", std::to_string(error.retry_after_s));
  }
  if (error.status == 401) response.add_header("WWW-Authenticate", "Bearer");
  return response;
}

const char* status_word(unsigned status) {
  switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "Status";
  }
}

void Responder::drop() {
  if (const auto sink = std::move(sink_)) sink->dropped();
}

}  // namespace saker::web
