// Two transports at the ends of a wire inside this process, for tests.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>

#include <memory>
#include <string>

#include "common/bytes.hpp"
#include "common/clock.hpp"
#include "net/dpdk/dpdk_transport.hpp"
#include "net/dpdk/process_wire.hpp"

namespace saker::net::testing {

inline constexpr Endpoint kA{kWireAddress, 3'000};
inline constexpr Endpoint kB{kWireAddress + 1, 4'000};

/// An end with a port and few buffers.
inline DpdkConfig small_end(DpdkConfig config) {
  config.port = config.address == kA.address ? kA.port : kB.port;
  config.receive_descriptors = 256;
  config.send_descriptors = 256;
  return config;
}
/// Of side a or b of the wire `name`.
inline DpdkConfig wire_config(const std::string& name, bool side_a) {
  return small_end(wire_end(name, side_a));
}

/// Expects that it opens, and that this thread may run where it could before.
inline std::unique_ptr<DpdkTransport> open(const DpdkConfig& config) {
  std::string error;
  cpu_set_t before;
  cpu_set_t after;
  EXPECT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  auto transport = DpdkTransport::open(config, error);
  EXPECT_NE(transport, nullptr) << error;
  EXPECT_EQ(::sched_getaffinity(0, sizeof after, &after), 0);
  EXPECT_TRUE(CPU_EQUAL(&before, &after));
  return transport;
}

struct Pair {
  std::unique_ptr<DpdkTransport> a;
  std::unique_ptr<DpdkTransport> b;

  /// What `at` receives next; `other` polls too, to answer ARP. Empty when plainly nothing comes.
  static std::span<Datagram> await(DpdkTransport& at, DpdkTransport& other) {
    for (int tries = 0; tries < 10'000; ++tries) {
      const std::span<Datagram> got = at.receive();
      at.flush();
      if (!got.empty()) return got;
      other.receive();
      other.flush();
    }
    return {};
  }
  std::span<Datagram> await_at_a() { return await(*a, *b); }
  std::span<Datagram> await_at_b() { return await(*b, *a); }
};

/// Each asks for the other's MAC address.
inline Pair open_wire(const std::string& name) {
  return {open(wire_config(name, true)), open(wire_config(name, false))};
}

/// Each knows the other's MAC address.
template <class Change>
Pair open_static(const std::string& name, Change&& change) {
  DpdkConfig a = small_end(acquainted_wire_end(name, true));
  DpdkConfig b = small_end(acquainted_wire_end(name, false));
  change(a);
  change(b);
  return {open(a), open(b)};
}
inline Pair open_static(const std::string& name) {
  return open_static(name, [](DpdkConfig&) {});
}

inline Bytes text(std::string_view text) { return std::as_bytes(std::span(text)); }
inline std::string text_of(const Datagram& datagram) {
  return {reinterpret_cast<const char*>(datagram.data), datagram.size};
}

}  // namespace saker::net::testing
