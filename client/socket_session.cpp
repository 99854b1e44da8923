#include "client/socket_session.hpp"

#include <sodium.h>

#include "common/secret_store.hpp"
#include "net/endpoint.hpp"

namespace saker::client {

bool load_session(const std::string& directory, std::uint32_t session, std::uint32_t key_id,
                  const std::string& host, std::uint16_t port_base, SessionConfig& config,
                  std::string& error) {
  std::uint32_t address = 0;
  if (!net::parse_address(host, address)) {
    error = "not an IPv4 address: " + host;
    return false;
  }
  SecretStore secrets(directory);
  const bool all_read = secrets.load(error);
  const SecretStore::Secret* secret = secrets.find(key_id);
  if (secret == nullptr) {
    if (all_read) error = "no secret " + directory + "/key-" + std::to_string(key_id) + ".hex";
    return false;
  }
  config.session = session;
  config.secret = *secret;
  config.engine = {address, static_cast<std::uint16_t>(port_base + 1)};
  config.follower = {address, static_cast<std::uint16_t>(port_base + 2)};
  randombytes_buf(&config.nonce_seed, sizeof config.nonce_seed);
  error.clear();
  return true;
}

std::unique_ptr<net::UdpTransport> open_socket(net::Endpoint venue, std::string& error) {
  net::UdpConfig config;
  const bool local = (venue.address >> 24) == 127;
  config.bind.address = local ? net::kLoopbackAddress : 0;
  return net::UdpTransport::open(config, error);
}

proto::FeedSubscribe subscription(const net::UdpTransport& line_a,
                                  const net::UdpTransport& line_b) {
  return {0, 0, line_a.local().port, line_b.local().port, 0};
}

}  // namespace saker::client
