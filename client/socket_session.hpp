// The SDK over UDP sockets: what a program that just wants to trade starts from.
#pragma once

#include <memory>
#include <string>

#include "client/feed_client.hpp"
#include "client/trading_session.hpp"
#include "common/clock.hpp"
#include "net/socket_fallback/udp_transport.hpp"

namespace saker::client {

template <class Handler>
using SocketSession = TradingSession<net::UdpTransport, Handler>;
template <class Handler>
using SocketFeed = FeedClient<net::UdpTransport, Handler>;

/// Ports of a venue on one host: the engine's at base + 1, the follower's at base + 2.
inline constexpr std::uint16_t kDefaultPortBase = 3000;

/// Reads the session's secret from `directory`/key-<key_id>.hex, fills in the endpoints (`host` is
/// an IPv4 address in text) and a random nonce seed. False when that fails; `error` says why.
bool load_session(const std::string& directory, std::uint32_t session, std::uint32_t key_id,
                  const std::string& host, std::uint16_t port_base, SessionConfig& config,
                  std::string& error);

/// A socket on any free port, for the session or a feed line; on the loopback interface when the
/// venue is there. nullptr when that fails.
std::unique_ptr<net::UdpTransport> open_socket(net::Endpoint venue, std::string& error);

/// The subscription that brings the feed to these two sockets.
proto::FeedSubscribe subscription(const net::UdpTransport& line_a,
                                  const net::UdpTransport& line_b);

}  // namespace saker::client
