// Inside web/ only: a WebSocket on a connected TCP socket, either end of it. The only file that
// compiles Beast's WebSocket is socket_stream.cpp.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "web/loop.hpp"
#include "web/socket.hpp"

namespace saker::web {

struct StreamEvents {
  std::function<void()> on_open;
  std::function<void(std::string_view)> on_text;
  std::function<void(std::uint16_t code, unsigned status)> on_close;  // the last of the three
  std::function<void()> on_gone;  // the TCP connection is closed: forget the stream
  std::function<void()> on_overflow;  // it was cut because its queue was full
};

class SocketStream : public Socket {
 public:
  /// `fd` is taken over. `raw_header` is the upgrade request, already checked.
  static std::shared_ptr<SocketStream> accept(Loop& loop, int fd, const std::string& raw_header,
                                              const SocketLimits& limits,
                                              std::string remote_address, StreamEvents events);
  static std::shared_ptr<SocketStream> connect(Loop& loop, int fd, const std::string& host,
                                               const std::string& target, const Headers& headers,
                                               const SocketLimits& limits, StreamEvents events);

  /// To be called every 100 ms or so: pings and time-outs. Monotonic time.
  virtual void tick(TimeNs now_ns) = 0;
  /// Closes the TCP connection now, without any further event.
  virtual void drop() = 0;
  virtual void pause() = 0;
  virtual void resume() = 0;
};

}  // namespace saker::web
