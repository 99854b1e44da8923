#include "web/http_connection.hpp"

#include <strings.h>

#include <algorithm>
#include <boost/asio/write.hpp>

#include "common/clock.hpp"
#include "web/log.hpp"

namespace saker::web {

namespace {

constexpr std::uint64_t kLingerNs = 1'000'000'000;
constexpr std::size_t kPieceBytes = 64 * 1024;

bool method_of(const std::string& word, Method& method) {
  for (const Method known : {Method::Get, Method::Head, Method::Post, Method::Put, Method::Patch,
                             Method::Delete}) {
    if (word != method_word(known)) continue;
    method = known;
    return true;
  }
  return false;
}

/// A header that a handler made must not break out of its line.
bool header_is_sound(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) {
    return (c < 0x20 && c != '\t') || c == 0x7F;
  });
}

const std::string& http_date() {
  static time_t made_at = 0;
  static std::string text;
  const time_t now = ::time(nullptr);
  if (now != made_at) {
    tm utc;
    ::gmtime_r(&now, &utc);
    char buffer[40];
    text.assign(buffer, ::strftime(buffer, sizeof buffer, "%a, %d %b %Y %H:%M:%S GMT", &utc));
    made_at = now;
  }
  return text;
}

}  // namespace

/// What a Responder holds: it finds the connection if that still waits for this very answer.
class HttpConnection::Sink : public Responder::Sink {
 public:
  Sink(std::weak_ptr<HttpConnection> connection, std::uint64_t exchange)
      : connection_(std::move(connection)), exchange_(exchange) {}
  void answer(Response&& response) override {
    if (const auto connection = connection_.lock()) {
      connection->on_answer(exchange_, std::move(response));
    }
  }
  void dropped() override {
    if (const auto connection = connection_.lock()) connection->on_dropped(exchange_);
  }

 private:
  std::weak_ptr<HttpConnection> connection_;
  std::uint64_t exchange_;
};

HttpConnection::HttpConnection(std::shared_ptr<Server::Impl> server, TcpSocket socket,
                               std::string remote_address)
    : server_(std::move(server)), socket_(std::move(socket)),
      remote_address_(std::move(remote_address)) {}

void HttpConnection::start() {
  parser_ = std::make_unique<RequestParser>(server_->config.max_header_bytes);
  // The first request has to come as fast as a header, or a peer that says nothing would hold
  // its place for the longer idle time.
  set_state(State::Idle, server_->config.header_timeout_ns);
  wait_readable();
}

void HttpConnection::set_state(State state, std::uint64_t timeout_ns) {
  state_ = state;
  deadline_ns_ = MonotonicClock().now_ns() + timeout_ns;
}

void HttpConnection::tick(TimeNs now_ns) {
  if (now_ns < deadline_ns_) return;
  switch (state_) {
    case State::Header:
    case State::Body:
      return refuse(ApiError(408, "REQUEST_TIMEOUT", "the request took too long to arrive"));
    case State::Handling:
      log_error("handler gave no answer", {{"operation", route_->operation}});
      return on_answer(exchange_, error_response(outcome_unknown(
                                      "no answer in time; look whether it was done")));
    default: return cut();
  }
}

void HttpConnection::drain() {
  close_after_ = true;
  if (state_ == State::Idle) cut();
}

void HttpConnection::cut() {
  if (state_ == State::Closed) return;
  state_ = State::Closed;
  ErrorCode ignored;
  socket_.close(ignored);
  server_->forget(shared_from_this());
}

void HttpConnection::wait_readable() {
  if (reading_ || state_ == State::Closed) return;
  reading_ = true;
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](const ErrorCode& error) {
    self->reading_ = false;
    if (self->state_ == State::Closed) return;
    if (error) self->cut();
    else self->on_readable();
  });
}

void HttpConnection::on_readable() {
  ErrorCode error;
  const std::size_t size = socket_.read_some(asio::buffer(server_->scratch), error);
  if (error == asio::error::would_block) return wait_readable();
  if (error) {
    // The peer has ended its side. An answer that is owed still goes out; otherwise all is over.
    if (state_ == State::Handling || state_ == State::Writing) close_after_ = true;
    else cut();
    return;
  }
  if (state_ == State::Lingering) return wait_readable();
  in_.append(server_->scratch.data(), size);
  if (state_ == State::Idle) {
    set_state(State::Header, server_->config.header_timeout_ns);
    request_began_ns_ = MonotonicClock().now_ns();
  }
  advance();
}

/// Goes on with what is in `in_` until more bytes or an answer are needed.
void HttpConnection::advance() {
  while (state_ == State::Header || state_ == State::Body) {
    switch (parser_->parse(in_)) {
      case ParseStep::NeedMore: return wait_readable();
      case ParseStep::Refused: return refuse(parser_->refusal());
      case ParseStep::Header:
        if (!on_header()) return;
        break;
      case ParseStep::Complete: return on_body();
    }
  }
}

/// Everything that can be decided before the body. False when the request ends here.
bool HttpConnection::on_header() {
  ++exchange_;
  route_ = nullptr;
  request_ = Request();
  request_.headers_ = parser_->take_headers();
  request_.target_ = parser_->target();
  request_.remote_address_ = remote_address_;
  request_.received_ns_ = server_->loop.now_ns();
  if (auto response = refusal()) {
    if (parser_->has_body()) close_after_ = true;  // we do not read what we refuse
    set_state(State::Handling, 0);
    write(std::move(*response));
    return false;
  }
  if (server_->socket_route(*route_) != nullptr) {
    begin_upgrade();
    return false;
  }
  if (parser_->expects_continue() && parser_->has_body() && in_.empty()) {
    static constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";
    ErrorCode ignored;  // a peer that does not get it sends its body a little later
    socket_.write_some(asio::buffer(kGoOn), ignored);
  }
  set_state(State::Body, server_->config.body_timeout_ns);
  return true;
}

/// Why the request is not for a handler, if so. Sets route_ otherwise.
std::optional<Response> HttpConnection::refusal() {
  Server::Impl& server = *server_;
  if (!split_target(request_.target_, request_.path_, request_.query_)) {
    close_after_ = true;
    return error_response(invalid_request("the request's target is not a path that is taken here"));
  }
  const bool known = method_of(parser_->method(), request_.method_);
  if (!known) request_.method_ = Method::Patch;  // only to see which paths exist
  Router::Match match =
      server.router.find(request_.method_, request_.path_, request_.path_parameters_);
  if (!known && match.route != nullptr) {
    match.allowed = {match.route->method};
    match.route = nullptr;
  }
  route_ = match.route;
  const bool reads = known && (request_.method_ == Method::Get || request_.method_ == Method::Head);
  if (route_ == nullptr && match.allowed.empty() && reads && server.files) {
    route_ = &server.files_route;
  }
  if (route_ == nullptr && match.allowed.empty()) {
    return error_response(not_found("there is nothing at " + request_.path_));
  }
  if (route_ == nullptr) {
    std::string allow;
    for (const Method method : match.allowed) {
      allow += (allow.empty() ? "" : ", ") + std::string(method_word(method));
      if (method == Method::Get) allow += ", HEAD";
    }
    return error_response(405, "METHOD_NOT_ALLOWED", "use " + allow).add_header("Allow", allow);
  }
  request_.from_service_ = server.shows_service_token(request_, false);
  request_.client_address_ = server.client_address(request_);
  if (server.gate) {
    if (const auto error = server.gate(request_, *route_)) return error_response(*error);
  }
  if (const auto error = server.check_access(request_, route_->access)) {
    return error_response(*error);
  }
  const std::size_t limit =
      route_->max_body_bytes != 0 ? route_->max_body_bytes : server.config.max_body_bytes;
  if (!parser_->limit_body(limit)) {
    return error_response(413, "BODY_TOO_LARGE",
                          "the body may have " + std::to_string(limit) + " bytes");
  }
  return std::nullopt;
}

void HttpConnection::on_body() {
  request_.body_ = parser_->take_body();
  set_state(State::Handling, server_->config.answer_timeout_ns);
  handle();
}

void HttpConnection::begin_upgrade() {
  set_state(State::Handling, server_->config.answer_timeout_ns);
  close_after_ = true;
  const auto fail = [this](const ApiError& error) { write(error_response(error)); };
  if (!parser_->wants_upgrade() || parser_->has_body() || !in_.empty() ||
      request_.method_ != Method::Get) {
    return write(error_response(426, "INVALID_REQUEST", "this path speaks WebSocket only")
                     .add_header("Upgrade", "websocket"));
  }
  if (!server_->origin_welcome(request_)) {
    return fail(forbidden("pages of another origin may not connect"));
  }
  std::shared_ptr<SocketHandler> handler;
  try {
    handler = server_->socket_route(*route_)->open(request_);
  } catch (const ApiError& error) {
    return fail(error);
  } catch (const std::exception& error) {
    log_error("socket handler failed", {{"error", error.what()}});
    return fail(ApiError(500, "INTERNAL", "something went wrong here"));
  }
  state_ = State::Closed;
  server_->answered(route_->operation, 101, 0);
  const auto self = shared_from_this();
  server_->upgrade(socket_.release(), parser_->raw_header(), request_, std::move(handler));
  server_->forget(self);
}

void HttpConnection::handle() {
  if (route_ == &server_->files_route) {
    auto response = server_->files->find(request_);
    return write(response ? std::move(*response)
                          : error_response(not_found("there is nothing at " + request_.path_)));
  }
  const std::uint64_t mine = exchange_;
  dropped_ = false;
  handler_runs_ = true;
  std::optional<Response> failure;
  try {
    route_->handler(request_, Responder(std::make_shared<Sink>(weak_from_this(), mine)));
  } catch (const ApiError& error) {
    failure = error_response(error);
  } catch (const std::exception& error) {
    log_error("handler failed", {{"operation", route_->operation}, {"error", error.what()}});
    failure = error_response(500, "INTERNAL", "something went wrong here");
  }
  handler_runs_ = false;
  if (failure) on_answer(mine, std::move(*failure));
  else if (dropped_) on_dropped(mine);
}

void HttpConnection::on_answer(std::uint64_t exchange, Response&& response) {
  if (exchange == exchange_ && state_ == State::Handling) write(std::move(response));
}

void HttpConnection::on_dropped(std::uint64_t exchange) {
  // A handler that throws drops its Responder on the way out; what it threw is the better answer.
  if (handler_runs_) {
    dropped_ = true;
    return;
  }
  if (exchange != exchange_ || state_ != State::Handling) return;
  log_error("handler dropped its request", {{"operation", route_->operation}});
  write(error_response(500, "INTERNAL", "something went wrong here"));
}

/// Answers a request that cannot be read on: the connection ends.
void HttpConnection::refuse(const ApiError& error) {
  close_after_ = true;
  ++exchange_;
  write(error_response(error));
}

std::string HttpConnection::head_of(const Response& response) const {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " " +
                     status_word(response.status) + "\r\nDate: " + http_date() + "\r\n";
  const auto add = [&head](std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
  };
  if (!response.content_type.empty()) add("Content-Type", response.content_type);
  if (response.status != 204 && response.status != 304) {
    add("Content-Length", std::to_string(response.body.size()));
  }
  for (const auto& [name, value] : response.headers) {
    if (header_is_sound(name) && header_is_sound(value)) add(name, value);
    else log_error("header left out, it has control characters", {{"name", name}});
  }
  const auto add_unless_told = [&](const char* name, std::string_view value) {
    for (const auto& header : response.headers) {
      if (::strcasecmp(header.first.c_str(), name) == 0) return;
    }
    add(name, value);
  };
  add_unless_told("Cache-Control", "no-store");
  add_unless_told("X-Content-Type-Options", "nosniff");
  add_unless_told("Referrer-Policy", "same-origin");
  add("Connection", close_after_ ? "close" : "keep-alive");
  return head + "\r\n";
}

void HttpConnection::write(Response&& response) {
  if (state_ == State::Closed || state_ == State::Writing) return;
  if (!parser_->keep_alive() || server_->draining) close_after_ = true;
  const std::uint64_t took_ns = MonotonicClock().now_ns() - request_began_ns_;
  server_->answered(route_ != nullptr ? route_->operation : "none", response.status, took_ns);
  out_head_ = head_of(response);
  const bool bodyless = request_.method_ == Method::Head || response.status == 204 ||
                        response.status == 304;
  out_body_ = bodyless ? std::string() : std::move(response.body);
  written_ = 0;
  write_piece();
}

/// The time-out is for each piece, so that a slow line gets a large file and a stalled one does not
/// hold it for long.
void HttpConnection::write_piece() {
  set_state(State::Writing, server_->config.write_timeout_ns);
  const std::size_t size = std::min(kPieceBytes, out_body_.size() - written_);
  const std::array<asio::const_buffer, 2> buffers{
      asio::buffer(out_head_), asio::buffer(out_body_.data() + written_, size)};
  asio::async_write(socket_, buffers,
                    [self = shared_from_this(), size](const ErrorCode& error, std::size_t) {
                      self->written_ += size;
                      self->on_written(error);
                    });
}

void HttpConnection::on_written(const ErrorCode& error) {
  if (state_ == State::Closed) return;
  if (error) return cut();
  out_head_.clear();
  if (written_ < out_body_.size()) return write_piece();
  out_body_ = std::string();
  if (close_after_) return linger();
  parser_ = std::make_unique<RequestParser>(server_->config.max_header_bytes);
  request_ = Request();
  request_began_ns_ = MonotonicClock().now_ns();
  if (in_.empty()) {
    in_ = std::string();  // an idle connection holds no buffer
    set_state(State::Idle, server_->config.idle_timeout_ns);
    return wait_readable();
  }
  set_state(State::Header, server_->config.header_timeout_ns);
  advance();
}

/// Ends our side and waits for the peer's end, because closing with unread bytes would reset the
/// connection and could take the answer from the peer.
void HttpConnection::linger() {
  ErrorCode error;
  socket_.shutdown(tcp::socket::shutdown_send, error);
  if (error) return cut();
  set_state(State::Lingering, kLingerNs);
  wait_readable();
}

}  // namespace saker::web
