// For the tests of web/: a real server on a real port, driven by the test's own loop, and a client
// that sends whatever bytes it is told.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

#include "web/http_client.hpp"
#include "web/server.hpp"

namespace saker::web {

inline constexpr std::uint64_t kMs = 1'000'000;
inline constexpr std::uint64_t kPatienceNs = 10'000 * kMs;  // sanitizers on a busy machine

class TemporaryFolder {
 public:
  TemporaryFolder() {
    char name[] = "/tmp/saker_web_test.XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Bytes in, bytes out, on a plain TCP connection to the server.
class RawClient {
 public:
  RawClient(Loop& loop, std::uint16_t port) : loop_(loop) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in peer{};
    peer.sin_family = AF_INET;
    peer.sin_port = htons(port);
    peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&peer), sizeof peer), 0);
    watch_ = std::make_unique<Watch>(loop, fd_, [this] { read(); });
  }
  ~RawClient() {
    watch_.reset();
    ::close(fd_);
  }
  RawClient(const RawClient&) = delete;

  RawClient& send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t size = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (size > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(size));
      } else if (errno == EAGAIN) {
        loop_.run_for(kMs);  // the server takes some
      } else {
        break;
      }
    }
    return *this;
  }
  /// Reads nothing until resume().
  void pause() { watch_.reset(); }
  void resume() {
    if (!closed_) watch_ = std::make_unique<Watch>(loop_, fd_, [this] { read(); });
  }
  void end_sending() { ::shutdown(fd_, SHUT_WR); }

  /// Waits until `text` has come `times` times.
  bool wait_for(std::string_view text, std::size_t times = 1) {
    return loop_.run_until([&] { return count(text) >= times; }, kPatienceNs);
  }
  bool wait_closed(std::uint64_t longest_ns = kPatienceNs) {
    return loop_.run_until([&] { return closed_; }, longest_ns);
  }
  std::size_t count(std::string_view text) const {
    std::size_t times = 0;
    for (std::size_t at = 0; (at = received.find(text, at)) != std::string::npos; ++times) {
      at += text.size();
    }
    return times;
  }
  bool closed() const { return closed_; }
  /// The status of the first answer; 0 when there is none.
  int status() const {
    return received.starts_with("HTTP/1.1 ") ? std::atoi(received.c_str() + 9) : 0;
  }

  std::string received;

 private:
  void read() {
    char buffer[16 * 1024];
    const ssize_t size = ::recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
    if (size > 0) received.append(buffer, static_cast<std::size_t>(size));
    if (size == 0 || (size < 0 && errno != EAGAIN)) {
      closed_ = true;
      watch_.reset();
    }
  }

  Loop& loop_;
  int fd_;
  std::unique_ptr<Watch> watch_;
  bool closed_ = false;
};

/// A server with impatient limits. Add routes, then start().
class Rig {
 public:
  static ServerConfig impatient() {
    ServerConfig config;
    config.max_header_bytes = 4 * 1024;
    config.max_body_bytes = 8 * 1024;
    config.header_timeout_ns = 300 * kMs;
    config.body_timeout_ns = 300 * kMs;
    config.idle_timeout_ns = 400 * kMs;
    config.answer_timeout_ns = 400 * kMs;
    config.drain_timeout_ns = 500 * kMs;
    return config;
  }

  explicit Rig(ServerConfig config = impatient()) : server(loop, std::move(config), metrics) {
    server.set_service_token(kServiceToken);
    server.set_token_verifier(std::make_shared<TokenVerifier>(folder.path()));
  }

  std::string token(std::int64_t expires_in_s = 600) {
    const auto now_s = static_cast<std::int64_t>(loop.utc_ns() / 1'000'000'000);
    return signer.sign({7, 1'007, 99, now_s + expires_in_s});
  }

  /// One request on a connection of its own; the whole answer, as text.
  std::string ask(std::string_view request) {
    RawClient client(loop, server.port());
    client.send(request);
    client.end_sending();
    EXPECT_TRUE(client.wait_closed()) << request;
    return client.received;
  }
  int status(std::string_view request) {
    const std::string answer = ask(request);
    return answer.starts_with("HTTP/1.1 ") ? std::atoi(answer.c_str() + 9) : 0;
  }
  static std::string get(std::string_view target, std::string_view headers = "") {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: venue\r\n" + std::string(headers) +
           "\r\n";
  }

  static constexpr const char* kServiceToken = "service-token-of-this-test";
  TemporaryFolder folder;
  TokenSigner signer{folder.path()};
  Loop loop;
  Metrics metrics{"test"};
  Server server;
};

}  // namespace saker::web
