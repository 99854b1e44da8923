// WebSocket client, for tests, load tests and tools. No reconnecting: who wants it makes a new one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "web/loop.hpp"
#include "web/request.hpp"

namespace saker::web {

struct SocketClientConfig {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  std::string target = "/ws";
  Headers headers;
  std::uint64_t connect_timeout_ns = 10'000'000'000;
  std::size_t max_message_bytes = 16 * 1024 * 1024;
  std::size_t receive_buffer_bytes = 0;  // of the kernel; 0: it decides
};

class SocketClient {
 public:
  struct Events {
    std::function<void()> on_open;
    std::function<void(std::string_view text)> on_text;
    /// The last call: the peer's close code, or kCloseLost; `status` is the HTTP status when the
    /// server refused the upgrade, else 0.
    std::function<void(std::uint16_t code, unsigned status)> on_close;
  };

  SocketClient(Loop& loop, SocketClientConfig config, Events events);
  /// Cuts the connection without further calls.
  ~SocketClient();
  SocketClient(const SocketClient&) = delete;
  SocketClient& operator=(const SocketClient&) = delete;

  bool is_open() const;
  void send(std::string text);
  void close(std::uint16_t code = 1000);
  /// Stops reading, and goes on: to be a slow client.
  void pause();
  void resume();

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace saker::web
