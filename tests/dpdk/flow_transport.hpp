// What the flow client trades over: sockets or DPDK, with or without a network that misbehaves.
#pragma once

#include <string>

#include "tests/dpdk/floor.hpp"

namespace saker::tests {

struct TransportOptions {
  std::string dpdk;             // configuration file; empty: sockets
  std::uint32_t loss_ppm = 0;   // each way
  std::uint64_t seed = 1;
  bool stay = false;            // keep_wire
};

/// With `stay`: waits until standard input ends; before it, what was printed is written. When a
/// memif peer goes, DPDK's own thread unmaps the rings that the other end still polls, and that one
/// may die of it; so whoever started both ends the other one first.
void keep_wire(const TransportOptions& options);

/// Makes a transport for each party. Throws ConfigError for a bad file.
Floor::OpenTransport transport_maker(const TransportOptions& options);

/// The same over DPDK alone: all parties share the device of the file's table [dpdk]. In
/// dpdk_parties.cpp, or in no_dpdk.cpp for a build without it.
Floor::OpenTransport dpdk_transport_maker(const TransportOptions& options);

}  // namespace saker::tests
