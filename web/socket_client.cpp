#include "web/socket_client.hpp"

#include "common/clock.hpp"
#include "web/asio.hpp"
#include "web/socket_stream.hpp"

namespace saker::web {

namespace {
constexpr std::uint64_t kTickNs = 100'000'000;
}

struct SocketClient::Impl : std::enable_shared_from_this<SocketClient::Impl> {
  Impl(Loop& event_loop, SocketClientConfig client_config, Events client_events)
      : loop(event_loop), config(std::move(client_config)), events(std::move(client_events)),
        socket(event_loop.impl().io.get_executor()), timer(event_loop) {}

  void connect() {
    ErrorCode error;
    const tcp::endpoint endpoint(asio::ip::make_address(config.address), config.port);
    socket.open(endpoint.protocol(), error);
    if (config.receive_buffer_bytes != 0) {
      const auto bytes = static_cast<int>(config.receive_buffer_bytes);
      socket.set_option(asio::socket_base::receive_buffer_size(bytes), error);
    }
    timer.after(config.connect_timeout_ns, [self = shared_from_this()] {
      ErrorCode ignored;
      self->socket.close(ignored);
    });
    socket.async_connect(endpoint, [self = shared_from_this()](const ErrorCode& failure) {
      self->timer.cancel();
      if (self->closed) return;
      if (failure) self->ended(kCloseLost, 0);
      else self->connected();
    });
  }

  void connected() {
    ErrorCode ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    SocketLimits limits;
    limits.max_message_bytes = config.max_message_bytes;
    limits.output_queue_bytes = 64 * 1024 * 1024;
    limits.send_buffer_bytes = 0;
    limits.idle_timeout_ns = UINT64_MAX / 4;  // the server watches
    limits.stall_timeout_ns = UINT64_MAX / 4;
    StreamEvents stream_events;
    const auto self = shared_from_this();
    stream_events.on_open = [self] {
      if (self->events.on_open) self->events.on_open();
    };
    stream_events.on_text = [self](std::string_view text) {
      if (self->events.on_text) self->events.on_text(text);
    };
    stream_events.on_close = [self](std::uint16_t code, unsigned status) {
      self->ended(code, status);
    };
    const std::string host = config.address + ":" + std::to_string(config.port);
    stream = SocketStream::connect(loop, socket.release(), host, config.target, config.headers,
                                   limits, std::move(stream_events));
    if (paused) stream->pause();
    timer.every(kTickNs, [self] { self->stream->tick(MonotonicClock().now_ns()); });
  }

  void ended(std::uint16_t code, unsigned status) {
    timer.cancel();
    if (!closed && events.on_close) events.on_close(code, status);
    closed = true;
  }

  void cut() {
    closed = true;
    timer.cancel();
    ErrorCode ignored;
    if (stream) stream->drop();
    else socket.close(ignored);
  }

  Loop& loop;
  SocketClientConfig config;
  Events events;
  TcpSocket socket;
  Timer timer;
  std::shared_ptr<SocketStream> stream;
  bool closed = false, paused = false;
};

SocketClient::SocketClient(Loop& loop, SocketClientConfig config, Events events)
    : impl_(std::make_shared<Impl>(loop, std::move(config), std::move(events))) {
  impl_->connect();
}
SocketClient::~SocketClient() { impl_->cut(); }

bool SocketClient::is_open() const { return impl_->stream && impl_->stream->is_open(); }

void SocketClient::send(std::string text) {
  if (impl_->stream) impl_->stream->send(std::make_shared<const std::string>(std::move(text)));
}
void SocketClient::close(std::uint16_t code) {
  if (impl_->stream) impl_->stream->close(code, "");
}
void SocketClient::pause() {
  impl_->paused = true;
  if (impl_->stream) impl_->stream->pause();
}
void SocketClient::resume() {
  impl_->paused = false;
  if (impl_->stream) impl_->stream->resume();
}

}  // namespace saker::web
