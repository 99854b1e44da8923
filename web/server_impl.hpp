// Inside web/ only: what the server and its connections share.
#pragma once

#include <map>
#include <unordered_map>
#include <unordered_set>

#include "web/asio.hpp"
#include "web/http_parser.hpp"
#include "web/server.hpp"
#include "web/socket_stream.hpp"

namespace saker::web {

class HttpConnection;

struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
  Impl(Loop& loop, ServerConfig config, Metrics& metrics);

  void start();
  void shut_down();
  void drain(std::function<void()> done);

  // Asked by connections.
  std::string client_address(const Request& request) const;
  bool shows_service_token(const Request& request, bool bearer_too) const;
  std::optional<ApiError> check_access(Request& request, Access access);
  bool origin_welcome(const Request& request) const;
  const SocketRoute* socket_route(const Route& route) const;
  void forget(const std::shared_ptr<HttpConnection>& connection);
  /// Makes a WebSocket of the connection that `request` came by; `fd` is taken over.
  void upgrade(int fd, const std::string& raw_header, const Request& request,
               std::shared_ptr<SocketHandler> handler);
  void answered(const std::string& operation, unsigned status, std::uint64_t duration_ns);

  Loop& loop;
  ServerConfig config;
  Metrics& metrics;
  Router router;
  std::map<std::string, SocketRoute> socket_routes;  // by operation
  std::unique_ptr<StaticFiles> files;
  Route files_route;  // stands for the static files at the gate and in metrics
  std::string service_token;
  std::shared_ptr<TokenVerifier> verifier;
  std::function<std::optional<ApiError>(const Request&, const Route&)> gate;
  std::function<bool(const Request&)> origin_check;
  bool draining = false;
  std::array<char, 64 * 1024> scratch;  // every connection reads through it

  TcpAcceptor acceptor;
  Timer sweep, accept_again;
  std::unordered_set<std::shared_ptr<HttpConnection>> connections;
  std::unordered_set<std::shared_ptr<SocketStream>> sockets;
  std::unordered_map<std::string, std::size_t> per_address;

 private:
  struct OperationMetrics {
    std::array<Counter*, 6> by_class{};
    Histogram* duration = nullptr;
  };
  void accept();
  void take(TcpSocket socket);
  void release_address(const std::string& address);
  void on_sweep();

  std::map<std::string, OperationMetrics> operations_;
  Counter& accepted_;
  Counter& refused_;
  Counter& overflows_;
  std::function<void()> drained_;
  TimeNs drain_by_ns_ = 0;
};

}  // namespace saker::web
