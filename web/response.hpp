// An HTTP answer, and the Responder through which a handler gives it now or later.
#pragma once

#include <memory>
#include <string>

#include "web/error.hpp"
#include "web/request.hpp"

namespace saker::web {

struct Response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  Headers headers;  // further ones; those of the connection are the server's

  Response& add_header(std::string name, std::string value) & {
    headers.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  Response&& add_header(std::string name, std::string value) && {
    headers.emplace_back(std::move(name), std::move(value));
    return std::move(*this);
  }
};

/// `json` is JSON text, usually Writer::take().
Response json_response(std::string json, unsigned status = 200);
Response empty_response(unsigned status = 204);
Response error_response(unsigned status, std::string_view code, std::string_view message);
Response error_response(const ApiError& error);
/// "OK", "Not Found"
const char* status_word(unsigned status);

/// The right to answer one request, once, from the loop's thread. Dropped without an answer it
/// answers 500, so no request hangs. When the client is gone meanwhile the answer goes nowhere.
class Responder {
 public:
  class Sink {
   public:
    virtual ~Sink() = default;
    virtual void answer(Response&& response) = 0;
    virtual void dropped() = 0;
  };

  explicit Responder(std::shared_ptr<Sink> sink) : sink_(std::move(sink)) {}
  ~Responder() { drop(); }
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&& other) noexcept {
    drop();
    sink_ = std::move(other.sink_);
    return *this;
  }

  void answer(Response response) {
    if (const auto sink = std::move(sink_)) sink->answer(std::move(response));
  }
  void answer(const ApiError& error) { answer(error_response(error)); }
  /// Runs `make`, which returns a Response, and answers with it or with the ApiError it throws.
  template <class Make>
  void answer_with(Make&& make) {
    try {
      answer(make());
    } catch (const ApiError& error) {
      answer(error);
    }
  }

 private:
  void drop();
  std::shared_ptr<Sink> sink_;
};

}  // namespace saker::web
