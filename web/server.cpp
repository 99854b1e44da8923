#include "web/server.hpp"

#include <algorithm>

#include "common/assert.hpp"
#include "common/clock.hpp"
#include "web/http_connection.hpp"
#include "web/log.hpp"

namespace saker::web {

namespace {

constexpr std::uint64_t kSweepNs = 50'000'000;
constexpr std::uint64_t kAcceptPauseNs = 100'000'000;

/// "https://host:port" and "host:port" name the same host.
bool same_host(std::string_view origin, std::string_view host) {
  const std::size_t scheme = origin.find("://");
  return scheme != std::string_view::npos && origin.substr(scheme + 3) == host;
}

std::string_view last_element(std::string_view list) {
  const std::size_t comma = list.rfind(',');
  if (comma != std::string_view::npos) list.remove_prefix(comma + 1);
  while (list.starts_with(' ')) list.remove_prefix(1);
  return list;
}

}  // namespace

ServerConfig read_server_config(const ConfigTable& section) {
  ServerConfig config;
  const auto count = [&section](const char* key, std::size_t fallback, std::int64_t most) {
    return static_cast<std::size_t>(
        section.integer(key, static_cast<std::int64_t>(fallback), 0, most));
  };
  config.address = section.text("address", "127.0.0.1");
  ErrorCode error;
  asio::ip::make_address(config.address, error);
  if (error) section.fail("address", "is not an IP address");
  config.max_header_bytes = section.size_bytes("max_header", "16KiB", "1KiB", "1MiB");
  config.max_body_bytes = section.size_bytes("max_body", "64KiB", "1KiB", "64MiB");
  config.max_connections = std::max<std::size_t>(
      1, count("max_connections", config.max_connections, 1'000'000));
  config.max_connections_per_address = count("max_connections_per_address", 0, 1'000'000);
  config.header_timeout_ns = section.duration_ns("header_timeout", "10s", "100ms", "10min");
  config.body_timeout_ns = section.duration_ns("body_timeout", "20s", "100ms", "10min");
  config.idle_timeout_ns = section.duration_ns("idle_timeout", "60s", "100ms", "60min");
  config.answer_timeout_ns = section.duration_ns("answer_timeout", "30s", "100ms", "10min");
  config.write_timeout_ns = section.duration_ns("write_timeout", "20s", "100ms", "10min");
  config.drain_timeout_ns = section.duration_ns("drain_timeout", "5s", "0ms", "10min");
  config.trusted_proxies = section.texts("trusted_proxies");
  const ConfigTable socket = section.section("socket");
  SocketLimits& limits = config.socket;
  limits.max_message_bytes = socket.size_bytes("max_message", "64KiB", "1KiB", "16MiB");
  limits.output_queue_bytes = socket.size_bytes("output_queue", "1MiB", "16KiB", "256MiB");
  limits.send_buffer_bytes = socket.size_bytes("send_buffer", "256KiB", "0B", "16MiB");
  limits.idle_timeout_ns = socket.duration_ns("idle_timeout", "60s", "200ms", "60min");
  limits.stall_timeout_ns = socket.duration_ns("stall_timeout", "15s", "200ms", "10min");
  limits.close_timeout_ns = socket.duration_ns("close_timeout", "2s", "100ms", "1min");
  return config;
}

Server::Impl::Impl(Loop& event_loop, ServerConfig server_config, Metrics& server_metrics)
    : loop(event_loop), config(std::move(server_config)), metrics(server_metrics),
      files_route{Method::Get, "/", Access::Public, "static_files", {}},
      acceptor(event_loop.impl().io.get_executor()), sweep(event_loop), accept_again(event_loop),
      accepted_(metrics.counter("connections_accepted_total", "TCP connections accepted")),
      refused_(metrics.counter("connections_refused_total", "Refused: over a connection limit")),
      overflows_(metrics.counter("sockets_cut_slow_total", "WebSockets cut: queue full")) {
  Gauge& open = metrics.gauge("connections", "Open HTTP connections");
  Gauge& open_sockets = metrics.gauge("sockets", "Open WebSockets");
  Gauge& queued = metrics.gauge("sockets_queued_bytes", "Waiting for WebSocket clients to read");
  metrics.before_text([this, &open, &open_sockets, &queued] {
    std::size_t bytes = 0;
    for (const auto& socket : sockets) bytes += socket->queued_bytes();
    open.set(static_cast<std::int64_t>(connections.size()));
    open_sockets.set(static_cast<std::int64_t>(sockets.size()));
    queued.set(static_cast<std::int64_t>(bytes));
  });
}

void Server::Impl::start() {
  const tcp::endpoint endpoint(asio::ip::make_address(config.address), config.port);
  ErrorCode error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(1'024, error);
  if (error) {
    throw std::runtime_error("cannot listen on " + config.address + ":" +
                             std::to_string(config.port) + ": " + error.message());
  }
  sweep.every(kSweepNs, [this] { on_sweep(); });
  accept();
}

void Server::Impl::accept() {
  acceptor.async_accept(
      loop.impl().io.get_executor(),
      [self = shared_from_this()](const ErrorCode& error, TcpSocket socket) {
        if (!self->acceptor.is_open()) return;
        if (!error) {
          self->take(std::move(socket));
          self->accept();
        } else {
          // Out of file descriptors, most likely: others have to close first.
          log_warning("cannot accept", {{"error", error.message()}});
          self->accept_again.after(kAcceptPauseNs, [self] { self->accept(); });
        }
      });
}

void Server::Impl::take(TcpSocket socket) {
  ErrorCode error;
  const auto peer = socket.remote_endpoint(error);
  if (error) return;  // gone already
  socket.non_blocking(true, error);
  socket.set_option(tcp::no_delay(true), error);
  accepted_.add();
  const std::string address = peer.address().to_string();
  const std::size_t own = per_address.contains(address) ? per_address[address] : 0;
  const std::size_t most_own = config.max_connections_per_address;
  if (connections.size() + sockets.size() >= config.max_connections ||
      (most_own != 0 && own >= most_own)) {
    refused_.add();
    static const std::string kBody =
        "{\"error\":" + error_object("UNAVAILABLE", "too many connections") + "}";
    static const std::string kAnswer =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
        "Retry-After: 1\r\nConnection: close\r\nContent-Length: " +
        std::to_string(kBody.size()) + "\r\n\r\n" + kBody;
    socket.write_some(asio::buffer(kAnswer), error);
    return;
  }
  ++per_address[address];
  auto connection =
      std::make_shared<HttpConnection>(shared_from_this(), std::move(socket), address);
  connections.insert(connection);
  connection->start();
}

void Server::Impl::release_address(const std::string& address) {
  const auto found = per_address.find(address);
  if (found != per_address.end() && --found->second == 0) per_address.erase(found);
}

void Server::Impl::forget(const std::shared_ptr<HttpConnection>& connection) {
  if (connections.erase(connection) != 0) release_address(connection->remote_address());
}

void Server::Impl::on_sweep() {
  const TimeNs now_ns = MonotonicClock().now_ns();
  // Copies, because a time-out takes its connection out of the set.
  const std::vector<std::shared_ptr<HttpConnection>> all(connections.begin(), connections.end());
  for (const auto& connection : all) connection->tick(now_ns);
  const std::vector<std::shared_ptr<SocketStream>> streams(sockets.begin(), sockets.end());
  for (const auto& stream : streams) stream->tick(now_ns);
  if (!drained_) return;
  if (!(connections.empty() && sockets.empty()) && now_ns < drain_by_ns_) return;
  shut_down();
  const auto done = std::move(drained_);
  drained_ = nullptr;
  done();
}

void Server::Impl::drain(std::function<void()> done) {
  draining = true;
  if (!acceptor.is_open()) return loop.post(std::move(done));  // was never started
  drained_ = std::move(done);
  drain_by_ns_ = MonotonicClock().now_ns() + config.drain_timeout_ns;
  ErrorCode ignored;
  acceptor.close(ignored);
  const std::vector<std::shared_ptr<HttpConnection>> all(connections.begin(), connections.end());
  for (const auto& connection : all) connection->drain();
  for (const auto& stream : sockets) stream->close(kCloseGoingAway, "the service stops");
}

void Server::Impl::shut_down() {
  ErrorCode ignored;
  acceptor.close(ignored);
  sweep.cancel();
  accept_again.cancel();
  const auto all = std::move(connections);
  connections.clear();
  for (const auto& connection : all) connection->cut();
  const auto streams = std::move(sockets);
  sockets.clear();
  for (const auto& stream : streams) stream->drop();
  per_address.clear();
}

std::string Server::Impl::client_address(const Request& request) const {
  const std::string_view forwarded = last_element(request.header("x-forwarded-for"));
  const auto& proxies = config.trusted_proxies;
  const bool believed =
      request.from_service() ||
      std::find(proxies.begin(), proxies.end(), request.remote_address()) != proxies.end();
  if (!believed || forwarded.empty() || forwarded.size() > 64) return request.remote_address();
  return std::string(forwarded);
}

bool Server::Impl::shows_service_token(const Request& request, bool bearer_too) const {
  if (service_token.empty()) return false;
  return equal_secrets(request.header("x-saker-service"), service_token) ||
         (bearer_too && equal_secrets(request.bearer(), service_token));
}

std::optional<ApiError> Server::Impl::check_access(Request& request, Access access) {
  const bool needs_service = access == Access::Service || access == Access::ServiceUser;
  if (needs_service && !shows_service_token(request, access == Access::Service)) {
    return unauthenticated("this is for services of the venue");
  }
  if (access != Access::User && access != Access::ServiceUser) return std::nullopt;
  const auto now_s = static_cast<std::int64_t>(loop.utc_ns() / 1'000'000'000);
  const auto identity = verifier ? verifier->verify(request.bearer(), now_s) : std::nullopt;
  if (!identity) return unauthenticated("sign in: there is no valid access token");
  request.identity_ = *identity;
  return std::nullopt;
}

bool Server::Impl::origin_welcome(const Request& request) const {
  if (origin_check) return origin_check(request);
  const std::string_view origin = request.header("origin");
  return origin.empty() || same_host(origin, request.header("host"));
}

const SocketRoute* Server::Impl::socket_route(const Route& route) const {
  const auto found = socket_routes.find(route.operation);
  return found == socket_routes.end() ? nullptr : &found->second;
}

void Server::Impl::upgrade(int fd, const std::string& raw_header, const Request& request,
                           std::shared_ptr<SocketHandler> handler) {
  struct Known {
    std::weak_ptr<SocketStream> stream;
    bool opened = false;
  };
  auto known = std::make_shared<Known>();
  StreamEvents events;
  events.on_open = [handler, known] {
    known->opened = true;
    if (const auto socket = known->stream.lock()) handler->on_open(socket);
  };
  events.on_text = [handler](std::string_view text) { handler->on_text(text); };
  // A socket whose handshake failed was never open, and its handler never knew it.
  events.on_close = [handler, known](std::uint16_t code, unsigned) {
    if (known->opened) handler->on_close(code);
  };
  events.on_gone = [self = shared_from_this(), known, address = request.remote_address()] {
    if (const auto socket = known->stream.lock()) self->sockets.erase(socket);
    self->release_address(address);
  };
  events.on_overflow = [self = shared_from_this()] { self->overflows_.add(); };
  ++per_address[request.remote_address()];
  const auto made = SocketStream::accept(loop, fd, raw_header, config.socket,
                                         request.client_address(), std::move(events));
  // Known before it is open, so that its time-outs are watched.
  known->stream = made;
  sockets.insert(made);
}

void Server::Impl::answered(const std::string& operation, unsigned status,
                            std::uint64_t duration_ns) {
  OperationMetrics& counted = operations_[operation];
  if (counted.duration == nullptr) {
    counted.duration = &metrics.histogram("request_seconds", "From first byte to answer",
                                          {{"operation", operation}});
  }
  Counter*& by_class = counted.by_class[std::min<std::size_t>(status / 100, 5)];
  if (by_class == nullptr) {
    by_class = &metrics.counter(
        "requests_total", "Answers given",
        {{"operation", operation}, {"status", std::to_string(status / 100) + "xx"}});
  }
  by_class->add();
  counted.duration->record_ns(duration_ns);
}

Server::Server(Loop& loop, ServerConfig config, Metrics& metrics)
    : impl_(std::make_shared<Impl>(loop, std::move(config), metrics)) {}
Server::~Server() { impl_->shut_down(); }

void Server::add(Route route) { impl_->router.add(std::move(route)); }

void Server::add(std::vector<Route> routes) {
  for (Route& route : routes) add(std::move(route));
}

void Server::add_socket(SocketRoute route) {
  add({Method::Get, route.path, route.access, route.operation, [](const Request&) -> Response {
         throw std::logic_error("a socket route has no handler");
       }});
  impl_->socket_routes.emplace(route.operation, std::move(route));
}

void Server::set_static_files(StaticFilesConfig config) {
  impl_->files = std::make_unique<StaticFiles>(std::move(config));
}
void Server::set_service_token(std::string token) { impl_->service_token = std::move(token); }
void Server::set_token_verifier(std::shared_ptr<TokenVerifier> verifier) {
  impl_->verifier = std::move(verifier);
}
void Server::set_gate(std::function<std::optional<ApiError>(const Request&, const Route&)> gate) {
  impl_->gate = std::move(gate);
}
void Server::set_origin_check(std::function<bool(const Request&)> allow) {
  impl_->origin_check = std::move(allow);
}

void Server::start() { impl_->start(); }
std::uint16_t Server::port() const { return impl_->acceptor.local_endpoint().port(); }
std::string Server::route_table() const { return impl_->router.table(); }
std::size_t Server::connections() const {
  return impl_->connections.size() + impl_->sockets.size();
}
std::size_t Server::sockets() const { return impl_->sockets.size(); }
void Server::drain(std::function<void()> done) { impl_->drain(std::move(done)); }
void Server::stop() { impl_->shut_down(); }

}  // namespace saker::web
