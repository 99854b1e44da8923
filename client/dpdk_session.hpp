// The SDK with order entry straight from the network card and questions to the follower through a
// socket, as the follower is an ordinary process. What docs/bare-metal.md calls a client of its
// own core.
//
//   DpdkLink link;
//   if (!link.open("client.toml", 40'000, error)) ...
//   load_session("secrets", 8, 8, "10.0.0.1", 3000, config, error);
//   auto queries = open_socket(config.follower, error);
//   DpdkSession<MyHandler> session(config, link.transport(), *queries, handler);
//   for (;;) session.poll(clock.now_ns());     // spins on its own core
#pragma once

#include <atomic>
#include <thread>

#include "client/socket_session.hpp"
#include "net/dpdk/dpdk_transport.hpp"

namespace saker::client {

template <class Handler>
using DpdkSession = TradingSession<net::DpdkTransport, Handler, net::UdpTransport>;

/// A DPDK transport and the thread that looks after its card about twice a second, which the owner
/// of the transport must not do itself.
class DpdkLink {
 public:
  DpdkLink() = default;
  ~DpdkLink();
  DpdkLink(const DpdkLink&) = delete;
  DpdkLink& operator=(const DpdkLink&) = delete;

  /// Opens the device that the table [dpdk] of a configuration file names, with this UDP port; see
  /// engine/engine_dpdk.toml for the keys. Once. False when that fails; `error` says why.
  bool open(const std::string& config_file, std::uint16_t port, std::string& error);
  /// After open() has succeeded.
  net::DpdkTransport& transport() { return *transport_; }

 private:
  std::unique_ptr<net::DpdkTransport> transport_;
  std::thread control_;
  std::atomic<bool> stop_{false};
};

}  // namespace saker::client
