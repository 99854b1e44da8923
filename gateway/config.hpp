// gateway.toml as values; every key has a default and unknown ones are errors.
#pragma once

#include <string>
#include <vector>

#include "common/config.hpp"
#include "gateway/order_desk.hpp"
#include "gateway/public_channels.hpp"
#include "gateway/token_bucket.hpp"
#include "gateway/venue_link.hpp"

namespace saker::gateway {

struct GatewayConfig {
  VenueConfig venue;                  // secrets and port base come from the command line
  std::uint16_t accounts_port = 0;    // 0: port base + 3
  std::uint16_t marketdata_port = 0;  // 0: port base + 4
  std::uint64_t service_timeout_ns = 10'000'000'000;
  std::string page;                   // directory of the built page; empty: none
  std::string evidence;               // directory of the signed heads; empty: DATA/evidence
  OrderDeskLimits orders;
  AccountLimits accounts;
  PublicLimits channels;
  RateLimit order_rate{50, 100};      // of one account
  RateLimit request_rate{50, 200};    // of one address, all but static files
  RateLimit socket_rate{50, 100};     // requests of one socket
  std::size_t channels_per_socket = 64;
  std::size_t sockets_per_account = 16;
  std::vector<Asset> assets;          // that no market trades
};

/// Throws ConfigError. Does not read [server], which is web's.
GatewayConfig read_gateway_config(const ConfigTable& file);

}  // namespace saker::gateway
