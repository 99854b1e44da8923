#include "web/socket_stream.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>

#include "common/clock.hpp"
#include "web/asio.hpp"
#include "web/log.hpp"
#include "web/percent.hpp"

namespace saker::web {

namespace {

namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;

constexpr std::size_t kKeptReadBuffer = 8 * 1024;
constexpr std::uint16_t kCloseNotUtf8 = 1007;
constexpr std::uint16_t kCloseInternal = 1011;
std::uint64_t next_socket_id = 1;

/// What a failed read or write means as a close code.
std::uint16_t code_of(const ErrorCode& error, const websocket::close_reason& reason) {
  if (error == websocket::error::closed) {
    return reason.code == websocket::close_code::none ? 1005 : reason.code;
  }
  if (error == websocket::error::message_too_big || error == websocket::error::buffer_overflow) {
    return kCloseTooLarge;
  }
  if (error == websocket::error::bad_frame_payload) return kCloseNotUtf8;
  if (error == websocket::condition::protocol_violation) return 1002;
  return kCloseLost;
}

class Stream final : public SocketStream, public std::enable_shared_from_this<Stream> {
 public:
  Stream(Loop& loop, int fd, const SocketLimits& limits, std::string remote_address,
         StreamEvents events, std::uint64_t handshake_timeout_ns)
      : loop_(loop), limits_(limits), ws_(TcpSocket(loop.impl().io.get_executor())),
        remote_address_(std::move(remote_address)), events_(std::move(events)) {
    ws_.next_layer().assign(tcp::v4(), fd);
    if (limits_.send_buffer_bytes != 0) {
      ErrorCode ignored;  // the kernel's own size does as well
      ws_.next_layer().set_option(
          asio::socket_base::send_buffer_size(static_cast<int>(limits_.send_buffer_bytes)),
          ignored);
    }
    // Time-outs are ours (tick), but for the handshakes inside Beast's own operations.
    ws_.set_option(websocket::stream_base::timeout{
        std::chrono::nanoseconds(handshake_timeout_ns), websocket::stream_base::none(), false});
    ws_.read_message_max(limits_.max_message_bytes);
    ws_.auto_fragment(false);
    ws_.text(true);
    ws_.control_callback([this](websocket::frame_type, beast::string_view) { heard(); });
    heard();
  }

  using Socket::send;
  bool send(std::shared_ptr<const std::string> text) override {
    if (!open_ || closing_) return false;
    if (queued_bytes_ + text->size() > limits_.output_queue_bytes) {
      overflow();
      return false;
    }
    queued_bytes_ += text->size();
    out_.push_back(std::move(text));
    pump();
    return true;
  }

  void close(std::uint16_t code, std::string_view reason) override {
    if (!open_ || closing_) return;
    closing_ = true;
    set_reason(code, reason);
    if (!writing_) begin_close();
  }

  bool is_open() const override { return open_ && !closing_; }
  std::size_t queued_bytes() const override { return queued_bytes_; }
  const std::string& remote_address() const override { return remote_address_; }
  std::uint64_t id() const override { return id_; }

  void tick(TimeNs now_ns) override {
    if (!alive_) return;
    if (close_by_ns_ != 0) {
      if (now_ns > close_by_ns_) gone(reason_.code);
      return;
    }
    if (!open_) return;  // Beast's own time-out watches the handshake
    if (now_ns > heard_ns_ + limits_.idle_timeout_ns) return gone(kCloseLost);
    if (writing_ && now_ns > write_since_ns_ + limits_.stall_timeout_ns) {
      return gone(kCloseTryAgain);
    }
    if (!pinging_ && now_ns > heard_ns_ + limits_.idle_timeout_ns / 2) ping();
  }

  void drop() override {
    told_ = true;
    events_ = {};
    gone(kCloseLost);
  }
  void pause() override { paused_ = true; }
  void resume() override {
    paused_ = false;
    if (is_open()) read();
  }

  void start_accept(const std::string& raw_header) {
    beast::http::request_parser<beast::http::empty_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(raw_header.size()) + 1);
    ErrorCode error;
    parser.put(asio::buffer(raw_header), error);
    if (error) return gone(kCloseLost);
    ws_.async_accept(parser.get(), [self = shared_from_this()](const ErrorCode& failure) {
      if (failure) self->gone(kCloseLost);
      else self->opened();
    });
  }

  void start_connect(const std::string& host, const std::string& target, const Headers& headers) {
    ws_.set_option(
        websocket::stream_base::decorator([headers](websocket::request_type& request) {
          for (const auto& [name, value] : headers) request.set(name, value);
        }));
    ws_.async_handshake(answer_, host, target, [self = shared_from_this()](const ErrorCode& error) {
      if (error) self->gone(kCloseLost, self->answer_.result_int());
      else self->opened();
    });
  }

 private:
  void set_reason(std::uint16_t code, std::string_view reason) {
    reason = reason.substr(0, 120);  // what a control frame has room for
    reason_ = websocket::close_reason(static_cast<websocket::close_code>(code),
                                      beast::string_view(reason.data(), reason.size()));
  }

  void heard() { heard_ns_ = MonotonicClock().now_ns(); }

  void opened() {
    if (!alive_) return;
    open_ = true;
    heard();
    // A service may close, or throw, at any of its calls.
    guarded([on_open = events_.on_open] {
      if (on_open) on_open();
    });
    if (is_open()) read();
  }

  template <class Call>
  void guarded(Call&& call) {
    try {
      call();
    } catch (const std::exception& error) {
      log_error("socket handler failed", {{"error", error.what()}});
      close(kCloseInternal, "internal error");
    }
  }

  void read() {
    if (reading_ || paused_ || !alive_) return;
    reading_ = true;
    ws_.async_read(in_, [self = shared_from_this()](const ErrorCode& error, std::size_t) {
      self->reading_ = false;
      self->on_read(error);
    });
  }

  void on_read(const ErrorCode& error) {
    if (!alive_) return;
    if (error) {
      if (close_by_ns_ == 0) gone(code_of(error, ws_.reason()));
      return;  // else the closing operation says when it is over
    }
    heard();
    if (!is_open()) return;
    if (!ws_.got_text()) return close(kCloseUnsupported, "text messages only");
    const std::string_view text(static_cast<const char*>(in_.data().data()), in_.size());
    // Beast looks no more when a last frame without content ends a message inside a character.
    if (!is_utf8(text)) return close(kCloseNotUtf8, "a text must be UTF-8");
    guarded([&] {
      const auto keep = events_.on_text;  // it may end the stream, and with it the events
      if (keep) keep(text);
    });
    in_.consume(in_.size());
    if (in_.capacity() > kKeptReadBuffer) in_.shrink_to_fit();
    if (is_open()) read();
  }

  void pump() {
    if (writing_ || out_.empty() || !open_) return;
    writing_ = true;
    write_since_ns_ = MonotonicClock().now_ns();
    current_ = std::move(out_.front());
    out_.pop_front();
    ws_.async_write(asio::buffer(*current_),
                    [self = shared_from_this()](const ErrorCode& error, std::size_t) {
                      self->on_written(error);
                    });
  }

  void on_written(const ErrorCode& error) {
    writing_ = false;
    queued_bytes_ -= current_->size();
    current_.reset();
    if (!alive_ || close_by_ns_ != 0) return;
    if (error) return gone(kCloseLost);
    if (closing_ && out_.empty()) return begin_close();
    pump();
  }

  void ping() {
    pinging_ = true;
    ws_.async_ping({}, [self = shared_from_this()](const ErrorCode&) { self->pinging_ = false; });
  }

  /// The peer does not take what we send: nothing more is kept for it, and its handler is told at
  /// once. It gets the code if it starts to read again soon.
  void overflow() {
    for (const auto& text : out_) queued_bytes_ -= text->size();
    out_.clear();
    closing_ = true;
    set_reason(kCloseTryAgain, "reading too slowly");
    if (events_.on_overflow) events_.on_overflow();
    tell_close(kCloseTryAgain, 0);
    begin_close();
  }

  void begin_close() {
    if (close_by_ns_ != 0 || !alive_) return;
    close_by_ns_ = MonotonicClock().now_ns() + limits_.close_timeout_ns;
    ws_.async_close(reason_, [self = shared_from_this()](const ErrorCode&) {
      self->gone(self->reason_.code);
    });
  }

  void tell_close(std::uint16_t code, unsigned status) {
    if (told_) return;
    told_ = true;
    open_ = false;
    loop_.post([self = shared_from_this(), code, status] {
      const auto on_close = std::move(self->events_.on_close);
      self->events_.on_open = nullptr;
      self->events_.on_text = nullptr;
      if (on_close) on_close(code, status);
    });
  }

  /// The end of the TCP connection, whatever led to it.
  void gone(std::uint16_t code, unsigned status = 0) {
    if (!alive_) return;
    alive_ = false;
    tell_close(code, status);
    open_ = false;
    out_.clear();
    ErrorCode ignored;
    auto& socket = beast::get_lowest_layer(ws_);
    // Unsent bytes of a stalled peer are thrown away with the connection, not kept by the kernel.
    if (writing_) socket.set_option(asio::socket_base::linger(true, 0), ignored);
    socket.close(ignored);
    if (events_.on_gone) loop_.post(std::move(events_.on_gone));
  }

  Loop& loop_;
  SocketLimits limits_;
  websocket::stream<TcpSocket, false> ws_;
  std::string remote_address_;
  StreamEvents events_;
  websocket::response_type answer_;
  websocket::close_reason reason_;
  beast::flat_buffer in_;
  std::deque<std::shared_ptr<const std::string>> out_;
  std::shared_ptr<const std::string> current_;  // being written
  std::size_t queued_bytes_ = 0;
  TimeNs heard_ns_ = 0, write_since_ns_ = 0;
  TimeNs close_by_ns_ = 0;  // not 0: the close handshake is under way
  const std::uint64_t id_ = next_socket_id++;
  bool alive_ = true;  // the TCP connection is
  bool open_ = false, closing_ = false, told_ = false;
  bool reading_ = false, writing_ = false, pinging_ = false, paused_ = false;
};

}  // namespace

std::shared_ptr<SocketStream> SocketStream::accept(Loop& loop, int fd,
                                                   const std::string& raw_header,
                                                   const SocketLimits& limits,
                                                   std::string remote_address,
                                                   StreamEvents events) {
  auto stream = std::make_shared<Stream>(loop, fd, limits, std::move(remote_address),
                                         std::move(events), limits.close_timeout_ns);
  stream->start_accept(raw_header);
  return stream;
}

std::shared_ptr<SocketStream> SocketStream::connect(Loop& loop, int fd, const std::string& host,
                                                    const std::string& target,
                                                    const Headers& headers,
                                                    const SocketLimits& limits,
                                                    StreamEvents events) {
  auto stream = std::make_shared<Stream>(loop, fd, limits, host, std::move(events),
                                         std::uint64_t{10'000'000'000});
  stream->start_connect(host, target, headers);
  return stream;
}

}  // namespace saker::web
