// What the flow client trades over: sockets or DPDK, with or without a network that misbehaves.
#pragma once

#include <string>

#include "tests/dpdk/floor.hpp"

namespace saker::tests {

struct TransportOptions {
  std::string dpdk;             // configuration file; empty: sockets
  std::uint32_t loss_ppm = 0;   // each way
  std::uint64_t seed = 1;
};

/// Makes a transport for each party. Throws ConfigError for a bad file.
Floor::OpenTransport transport_maker(const TransportOptions& options);

}  // namespace saker::tests
