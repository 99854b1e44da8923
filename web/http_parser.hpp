// Inside web/ only: HTTP/1.1 messages out of bytes, without input or output. Beast does the
// grammar; what it lets through and a server must not (ambiguous lengths, unknown transfer codings,
// missing or doubled Host) is refused here.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "web/response.hpp"

namespace saker::web {

enum class ParseStep : std::uint8_t {
  NeedMore,
  Header,    // once, when the header is whole and there may be a body
  Complete,  // body() is whole; further bytes are of the next message
  Refused,   // refusal() says why; the connection cannot go on
};

class RequestParser {
 public:
  explicit RequestParser(std::size_t max_header_bytes);
  ~RequestParser();

  /// Takes what it can use from the front of `in`. Call it again when it said Header, or when
  /// there is more after NeedMore.
  ParseStep parse(std::string& in);
  const ApiError& refusal() const { return *refusal_; }

  // Once the header is there. Trailers of a chunked body are checked and dropped.
  const std::string& method() const { return method_; }
  const std::string& target() const { return target_; }
  Headers take_headers() { return std::move(headers_); }
  bool keep_alive() const { return keep_alive_; }
  bool wants_upgrade() const { return wants_upgrade_; }
  bool expects_continue() const { return expects_continue_; }
  bool has_body() const { return has_body_; }
  /// Whether the body may be of that size, as far as is known now; parse() holds it to it.
  bool limit_body(std::size_t max_bytes);
  std::string take_body();
  /// The header's bytes, for who reads it once more (WebSocket).
  const std::string& raw_header() const { return raw_header_; }

 private:
  struct Impl;
  ParseStep refuse(const ApiError& error);
  ParseStep parse_header(std::string& in);
  ParseStep parse_body(std::string& in);
  std::optional<ApiError> check_header();

  std::unique_ptr<Impl> impl_;
  std::size_t max_header_bytes_;
  std::string method_, target_, raw_header_;
  Headers headers_;
  std::optional<ApiError> refusal_;
  bool header_done_ = false;
  bool keep_alive_ = false, wants_upgrade_ = false, expects_continue_ = false, has_body_ = false;
};

class ResponseParser {
 public:
  ResponseParser(std::size_t max_body_bytes, bool answers_head);
  ~ResponseParser();
  /// Never Header. Interim answers (100) are passed over.
  ParseStep parse(std::string& in);
  /// The peer has closed: Complete when that ends the body, else Refused.
  ParseStep parse_end();
  /// Once Complete; names of headers in lower case.
  Response take();
  bool keep_alive() const;
  bool got_some() const { return got_some_; }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::size_t max_body_bytes_;
  bool answers_head_;
  bool got_some_ = false;
};

}  // namespace saker::web
