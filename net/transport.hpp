// The transport port: bursts of datagrams in, bursts out. Sockets, DPDK and the simulator
// implement it; the loop is a template over it, so no call per packet is virtual.
#pragma once

#include <compare>
#include <concepts>
#include <span>

#include "common/types.hpp"

namespace saker::net {

/// IPv4 address and UDP port, host byte order.
struct Endpoint {
  std::uint32_t address = 0;
  std::uint16_t port = 0;
  auto operator<=>(const Endpoint&) const = default;
};

/// Largest datagram of the project, bytes of UDP payload.
inline constexpr std::size_t kMaxDatagram = 1400;

/// One received datagram. `data` belongs to the transport until the next receive() and may be
/// written to (the tag check works in place). `size` may exceed kMaxDatagram only as a marker
/// that the datagram was truncated; such a datagram must be counted and dropped.
struct Datagram {
  std::byte* data = nullptr;
  std::uint32_t size = 0;
  Endpoint peer;
  TimeNs received_ns = 0;            // UTC
  std::uint8_t received_source = 0;  // proto::TimestampSource
};

template <class T>
concept Transport = requires(T transport, Endpoint to, std::span<const std::byte> bytes) {
  /// Up to a burst of datagrams, oldest first; empty when nothing waits. Never blocks.
  { transport.receive() } -> std::same_as<std::span<Datagram>>;
  /// Queues a copy for the next flush; false (and counted) when the burst is full and the
  /// driver takes nothing: a datagram may be lost, never half sent.
  { transport.send(to, bytes) } -> std::same_as<bool>;
  /// Hands everything queued to the driver.
  { transport.flush() } -> std::same_as<void>;
};

}  // namespace saker::net
