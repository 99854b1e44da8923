// A WebSocket of the server. What is sent waits in a bounded queue; a client that does not read
// is cut when the queue is over its limit (close code 1013) and hurts nobody else.
//
//   class Session : public SocketHandler {
//     void on_open(std::shared_ptr<Socket> socket) override;
//     void on_text(std::string_view text) override;
//     void on_close(std::uint16_t code) override;
//   };
//   server.add_socket({"/ws", Access::Public, "socket",
//                      [this](const Request&) { return std::make_shared<Session>(*this); }});
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "web/router.hpp"

namespace saker::web {

inline constexpr std::uint16_t kCloseNormal = 1000;
inline constexpr std::uint16_t kCloseGoingAway = 1001;
inline constexpr std::uint16_t kCloseUnsupported = 1003;  // not text
inline constexpr std::uint16_t kCloseLost = 1006;         // never sent: the connection broke
inline constexpr std::uint16_t kClosePolicy = 1008;
inline constexpr std::uint16_t kCloseTooLarge = 1009;
inline constexpr std::uint16_t kCloseTryAgain = 1013;  // too slow, or too many sockets

class Socket {
 public:
  virtual ~Socket() = default;
  /// Sends a text message. The payload is shared, not copied, so one text can go to thousands.
  /// False when the socket is closed or was cut right now because its queue is full; on_close
  /// follows from the loop, never within this call.
  virtual bool send(std::shared_ptr<const std::string> text) = 0;
  bool send(std::string text) {
    return send(std::make_shared<const std::string>(std::move(text)));
  }
  /// Sends what is queued, then a close frame. on_close follows.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  virtual bool is_open() const = 0;
  /// Not yet taken by the kernel. Who can merge updates sends none while this is not small.
  virtual std::size_t queued_bytes() const = 0;
  virtual const std::string& remote_address() const = 0;
  /// Process-wide unique.
  virtual std::uint64_t id() const = 0;
};

/// The other end of it in a service; all calls come from the loop.
class SocketHandler {
 public:
  virtual ~SocketHandler() = default;
  /// The first call. Keep the socket until on_close, but not longer than the loop lives.
  virtual void on_open(std::shared_ptr<Socket> socket) = 0;
  /// `text` is valid UTF-8 within the size limit, and only valid during the call.
  virtual void on_text(std::string_view text) = 0;
  /// The last call, whoever closed; kCloseLost when it broke.
  virtual void on_close(std::uint16_t code) = 0;
};

struct SocketRoute {
  std::string path;
  Access access;
  std::string operation;
  /// Called when the upgrade request was accepted. May throw ApiError: then that is the answer.
  std::function<std::shared_ptr<SocketHandler>(const Request&)> open;
};

struct SocketLimits {
  std::size_t max_message_bytes = 64 * 1024;        // over it: 1009
  std::size_t output_queue_bytes = 1024 * 1024;     // over it: 1013
  std::size_t send_buffer_bytes = 256 * 1024;       // of the kernel; 0: it decides
  std::uint64_t idle_timeout_ns = 60'000'000'000;   // nothing heard, not even a pong; pings at half
  std::uint64_t stall_timeout_ns = 15'000'000'000;  // nothing of a pending write taken
  std::uint64_t close_timeout_ns = 2'000'000'000;   // for the peer to answer a close
};

}  // namespace saker::web
