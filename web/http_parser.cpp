#include "web/http_parser.hpp"

#include <strings.h>

#include <algorithm>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace saker::web {

namespace {

namespace http = boost::beast::http;
using Code = boost::system::error_code;

constexpr std::size_t kMaxResponseHeader = 64 * 1024;

std::string text_of(boost::beast::string_view view) { return {view.data(), view.size()}; }

bool is_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<ApiError> refusal_of(Code error) {
  if (error == http::error::header_limit) {
    return ApiError(431, "HEADER_TOO_LARGE", "the request's header is too large");
  }
  if (error == http::error::body_limit) {
    return ApiError(413, "BODY_TOO_LARGE", "the request's body is too large");
  }
  if (error == http::error::bad_version) {
    return ApiError(505, "INVALID_REQUEST", "only HTTP/1.1 and 1.0 are spoken here");
  }
  return invalid_request("not HTTP: " + error.message());
}

/// Beast ends the process when it has seen the line of the last chunk and is then shown less than
/// "0\r\n\r\n". However much of a chunked body is left, it is never less than that.
template <class Parser>
bool is_too_little(const Parser& parser, const std::string& in) {
  return parser.is_header_done() && parser.chunked() && in.size() < 5 && in.starts_with('0');
}

}  // namespace

struct RequestParser::Impl {
  http::request_parser<http::string_body> parser;
};

RequestParser::RequestParser(std::size_t max_header_bytes)
    : impl_(std::make_unique<Impl>()), max_header_bytes_(max_header_bytes) {
  impl_->parser.eager(false);
  impl_->parser.header_limit(static_cast<std::uint32_t>(max_header_bytes));
  impl_->parser.body_limit(boost::none);  // known with the route: limit_body()
}
RequestParser::~RequestParser() = default;

ParseStep RequestParser::refuse(const ApiError& error) {
  refusal_ = error;
  return ParseStep::Refused;
}

ParseStep RequestParser::parse(std::string& in) {
  if (refusal_) return ParseStep::Refused;
  return header_done_ ? parse_body(in) : parse_header(in);
}

ParseStep RequestParser::parse_header(std::string& in) {
  // An empty line or two before a request are left over from the one before (RFC 9112, 2.2).
  while (raw_header_.empty() && in.starts_with("\r\n")) in.erase(0, 2);
  while (!impl_->parser.is_header_done()) {
    if (in.empty() || (raw_header_.empty() && in == "\r")) return ParseStep::NeedMore;
    Code error;
    const std::size_t used = impl_->parser.put(boost::asio::buffer(in), error);
    raw_header_.append(in, 0, used);
    in.erase(0, used);
    // Consumed lines no longer count against the parser's limit, so it is held here as well.
    if (raw_header_.size() + (impl_->parser.is_header_done() ? 0 : in.size()) >
        max_header_bytes_) {
      return refuse(*refusal_of(http::error::header_limit));
    }
    if (error == http::error::need_more) return ParseStep::NeedMore;
    if (error) return refuse(*refusal_of(error));
  }
  header_done_ = true;
  if (const auto error = check_header()) return refuse(*error);
  return ParseStep::Header;
}

std::optional<ApiError> RequestParser::check_header() {
  const auto& message = impl_->parser.get();
  method_ = text_of(message.method_string());
  target_ = text_of(message.target());
  keep_alive_ = impl_->parser.keep_alive();
  wants_upgrade_ = impl_->parser.upgrade();
  has_body_ = !impl_->parser.is_done();
  // A field that goes on in the next line is read differently by different servers.
  if (raw_header_.find("\r\n ") != std::string::npos ||
      raw_header_.find("\r\n\t") != std::string::npos) {
    return invalid_request("a header field may not be folded");
  }
  unsigned hosts = 0, lengths = 0, codings = 0;
  for (const auto& field : message) {
    std::string value = text_of(field.value());
    const std::string_view name(field.name_string().data(), field.name_string().size());
    if (is_name(name, "host")) ++hosts;
    if (is_name(name, "content-length")) {
      ++lengths;
      if (value.empty() || value.find_first_not_of("0123456789") != std::string::npos) {
        return invalid_request("Content-Length must be one number");
      }
    }
    if (is_name(name, "transfer-encoding")) {
      ++codings;
      if (!is_name(value, "chunked") || message.version() == 10) {
        return ApiError(501, "INVALID_REQUEST", "only the transfer coding chunked is known");
      }
    }
    if (is_name(name, "expect")) {
      if (!is_name(value, "100-continue")) {
        return ApiError(417, "INVALID_REQUEST", "only the expectation 100-continue is known");
      }
      expects_continue_ = message.version() == 11;
    }
    headers_.emplace_back(std::string(name), std::move(value));
  }
  // Two readings of where a body ends are how one request is smuggled inside another.
  if (lengths + codings > 1) return invalid_request("the length of the body is told twice");
  if (hosts > 1 || (hosts == 0 && message.version() == 11)) {
    return invalid_request("there must be exactly one Host header");
  }
  return std::nullopt;
}

bool RequestParser::limit_body(std::size_t max_bytes) {
  impl_->parser.body_limit(max_bytes);
  const auto length = impl_->parser.content_length();
  return !length || *length <= max_bytes;
}

ParseStep RequestParser::parse_body(std::string& in) {
  while (!impl_->parser.is_done()) {
    if (in.empty() || is_too_little(impl_->parser, in)) return ParseStep::NeedMore;
    Code error;
    const std::size_t used = impl_->parser.put(boost::asio::buffer(in), error);
    in.erase(0, used);
    if (error == http::error::need_more) {
      // What is not consumed now is a line about a chunk, or trailers.
      if (in.size() > max_header_bytes_) {
        return refuse(invalid_request("not HTTP: endless chunk header"));
      }
      return ParseStep::NeedMore;
    }
    if (error) return refuse(*refusal_of(error));
  }
  return ParseStep::Complete;
}

std::string RequestParser::take_body() { return std::move(impl_->parser.get().body()); }

struct ResponseParser::Impl {
  http::response_parser<http::string_body> parser;
};

ResponseParser::ResponseParser(std::size_t max_body_bytes, bool answers_head)
    : max_body_bytes_(max_body_bytes), answers_head_(answers_head) {}
ResponseParser::~ResponseParser() = default;

ParseStep ResponseParser::parse(std::string& in) {
  got_some_ = got_some_ || !in.empty();
  while (true) {
    if (!impl_) {
      impl_ = std::make_unique<Impl>();
      impl_->parser.eager(false);
      impl_->parser.header_limit(kMaxResponseHeader);
      impl_->parser.body_limit(max_body_bytes_);
      impl_->parser.skip(answers_head_);
    }
    auto& parser = impl_->parser;
    while (!parser.is_done()) {
      if (in.empty() || is_too_little(parser, in)) return ParseStep::NeedMore;
      Code error;
      in.erase(0, parser.put(boost::asio::buffer(in), error));
      if (error == http::error::need_more) {
        return in.size() > kMaxResponseHeader ? ParseStep::Refused : ParseStep::NeedMore;
      }
      if (error) return ParseStep::Refused;
    }
    if (parser.get().result_int() / 100 != 1) return ParseStep::Complete;
    impl_.reset();  // the real answer follows
  }
}

ParseStep ResponseParser::parse_end() {
  if (!impl_ || !impl_->parser.is_header_done()) return ParseStep::Refused;
  Code error;
  impl_->parser.put_eof(error);
  return !error && impl_->parser.is_done() ? ParseStep::Complete : ParseStep::Refused;
}

Response ResponseParser::take() {
  auto& message = impl_->parser.get();
  Response response;
  response.status = message.result_int();
  response.content_type.clear();
  for (const auto& field : message) {
    std::string name = text_of(field.name_string());
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (name == "content-type") response.content_type = text_of(field.value());
    else response.headers.emplace_back(std::move(name), text_of(field.value()));
  }
  response.body = std::move(message.body());
  return response;
}

bool ResponseParser::keep_alive() const { return impl_->parser.keep_alive(); }

}  // namespace saker::web
