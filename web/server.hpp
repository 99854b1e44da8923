// HTTP/1.1 and WebSocket server of a service. Every input is hostile until checked: the server
// itself enforces limits, time-outs and access before a handler runs.
//
// In order: connection limits, header, path (404/405), the gate (rate limits), access (401),
// body limit (413), then the handler. Connections are kept alive and may be pipelined; one request
// of a connection is handled at a time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/config.hpp"
#include "web/loop.hpp"
#include "web/metrics.hpp"
#include "web/router.hpp"
#include "web/socket.hpp"
#include "web/static_files.hpp"

namespace saker::web {

struct ServerConfig {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one
  std::size_t max_header_bytes = 16 * 1024;
  std::size_t max_body_bytes = 64 * 1024;
  std::size_t max_connections = 4'096;           // sockets included; over it: 503 and close
  std::size_t max_connections_per_address = 0;   // 0: no limit of its own
  std::uint64_t header_timeout_ns = 10'000'000'000;
  std::uint64_t body_timeout_ns = 20'000'000'000;
  std::uint64_t idle_timeout_ns = 60'000'000'000;   // between requests
  std::uint64_t answer_timeout_ns = 30'000'000'000;  // handler silent: 504 OUTCOME_UNKNOWN
  std::uint64_t write_timeout_ns = 20'000'000'000;
  std::uint64_t drain_timeout_ns = 5'000'000'000;
  // Peers whose X-Forwarded-For is believed: balancers before us.
  std::vector<std::string> trusted_proxies;
  SocketLimits socket;
};

/// Reads the keys of the section [server] of a service's file: every field above but the port.
ServerConfig read_server_config(const ConfigTable& section);

class Server {
 public:
  Server(Loop& loop, ServerConfig config, Metrics& metrics);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // All before start().
  void add(Route route);
  void add(std::vector<Route> routes);
  void add_socket(SocketRoute route);
  /// Answers GET and HEAD where no route matches. Optional.
  void set_static_files(StaticFilesConfig config);
  /// What Access::Service and Access::User are checked against. Without them such routes refuse.
  void set_service_token(std::string token);
  void set_token_verifier(std::shared_ptr<TokenVerifier> verifier);
  /// Runs for every request that found its route; an error is the answer (rate limits).
  void set_gate(std::function<std::optional<ApiError>(const Request&, const Route&)> gate);
  /// Whether a WebSocket upgrade with this Origin is welcome. By default it is when there is no
  /// Origin or its host is that of the Host header.
  void set_origin_check(std::function<bool(const Request&)> allow);

  /// Binds and listens. Throws std::runtime_error when the address is taken.
  void start();
  std::uint16_t port() const;
  /// The very table that dispatches, sockets included (method GET).
  std::string route_table() const;
  std::size_t connections() const;  // sockets included
  std::size_t sockets() const;

  /// Stops listening, closes idle connections, ends sockets with 1001, lets requests finish within
  /// drain_timeout_ns, then calls `done`.
  void drain(std::function<void()> done);
  /// Cuts every connection now; no handler is called any more.
  void stop();

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace saker::web
