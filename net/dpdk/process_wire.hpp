// The two ends of a wire inside this process, as configurations: for tests and benchmarks that
// need a network and no card.
#pragma once

#include <string>

#include "net/dpdk/dpdk_config.hpp"

namespace saker::net {

/// Side a of the wire `name` (at most 16 characters) has this address, side b the next one. The
/// caller chooses the ports.
inline constexpr std::uint32_t kWireAddress = 0x0A000001;

inline DpdkConfig wire_end(const std::string& name, bool side_a) {
  DpdkConfig config;
  config.device = "ring:" + name + (side_a ? ":a" : ":b");
  config.address = kWireAddress + (side_a ? 0 : 1);
  config.memory = DpdkMemory::plain;
  config.memory_mb = 256;
  return config;
}

/// The same of an end that knows the other's MAC address and need not ask for it.
inline DpdkConfig acquainted_wire_end(const std::string& name, bool side_a) {
  DpdkConfig config = wire_end(name, side_a);
  const std::uint32_t other = kWireAddress + (side_a ? 1 : 0);
  // What a device without an address of its own is given.
  config.static_arp = {{other, {{0x02, 0x53, 10, 0, 0, static_cast<std::uint8_t>(other)}}}};
  return config;
}

}  // namespace saker::net
